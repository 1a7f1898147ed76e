"""Memory and time of a step with `rematerialize=True`, next to one without.

python benchmarks/rematerialize.py
python benchmarks/rematerialize.py --step_types=second_order --batch_size=32
"""

import argparse

from circumstances import circumstances
from circumstances import cores
from circumstances import line_of
from step_workers import OURS
from step_workers import measured

from keras_darts.utils.files import write_json

SIZES = {
    "filters": 16,
    "num_cells": 8,
    "batch_size": 64,
    "image_size": 32,
    "num_nodes": 4,
    "num_primitives": 8,
    "steps": 3,
}
STEP_TYPES = ("first_order", "second_order")


def main():
    options = parse_options()
    report = {**circumstances(), "settings": vars(options), "results": []}
    for step_type in options.step_types.split(","):
        for rematerialize in (False, True):
            point = {"step_type": step_type, "rematerialize": rematerialize}
            figures = measured_point({**vars(options), **point})
            report["results"].append({**point, **figures})
    if options.output:
        write_json(options.output, report)
    print(text_of(report))


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--step_types",
        default=",".join(STEP_TYPES),
        help="of steps, or names of strategies, with commas between",
    )
    for name, size in SIZES.items():
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument(
        "--plain", action="store_true", help="leave out kd.configure_cpu()"
    )
    parser.add_argument("--output", help="JSON file for the figures")
    return parser.parse_args()


def measured_point(settings):
    more = {"cores": cores(), "threads": "inter_op"}
    more |= {"breakdown": False, "facts": False}
    (figures,) = measured({OURS: "keras_darts_step"}, {**settings, **more})
    return {
        "seconds": min(figures["seconds"]),
        "peak_bytes": figures["peak_bytes"],
    }


def text_of(report):
    """The circumstances and a table."""
    rows = [
        f"| {row['step_type']} | {'yes' if row['rematerialize'] else 'no'} "
        f"| {row['peak_bytes'] / 1e9:.2f} | {row['seconds']:.2f} |"
        for row in report["results"]
    ]
    sizes = ", ".join(f"{k} {report['settings'][k]}" for k in SIZES)
    head = ["| step | rematerialize | peak GB | s |", "|---|---|---|---|"]
    return "\n".join([line_of(report), sizes, "", *head, *rows])


if __name__ == "__main__":
    main()
