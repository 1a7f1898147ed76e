"""Memory and time of a step with `rematerialize=True`, beside one without.

python benchmarks/rematerialize.py
python benchmarks/rematerialize.py --kinds=second_order --batch_size=32
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
KINDS = ("first_order", "second_order")


def main():
    options = parse_options()
    report = {**circumstances(), "settings": vars(options), "results": []}
    for kind in options.kinds.split(","):
        for rematerialize in (False, True):
            point = {"kind": kind, "rematerialize": rematerialize}
            figures = measured_point({**vars(options), **point})
            report["results"].append({**point, **figures})
    if options.output:
        write_json(options.output, report)
    print(text_of(report))


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--kinds",
        default=",".join(KINDS),
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
        f"| {row['kind']} | {'yes' if row['rematerialize'] else 'no'} "
        f"| {row['peak_bytes'] / 1e9:.2f} | {row['seconds']:.2f} |"
        for row in report["results"]
    ]
    sizes = ", ".join(f"{k} {report['settings'][k]}" for k in SIZES)
    head = ["| step | rematerialize | peak GB | s |", "|---|---|---|---|"]
    return "\n".join([line_of(report), sizes, "", *head, *rows])


if __name__ == "__main__":
    main()
