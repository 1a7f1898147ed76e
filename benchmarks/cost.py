"""Time and memory of a step of the search against its sizes, on one page.

python benchmarks/cost.py
python benchmarks/cost.py --step_type=weight --filters=8,16,32,64 --num_nodes=4
python benchmarks/cost.py --figures=cost.json --picture=cost.png
"""

import argparse
import importlib
import json
import pathlib

from circumstances import circumstances
from circumstances import cores
from circumstances import line_of
from cost_fit import AXES
from cost_fit import cost_text
from step_time import STEP_TYPES
from step_workers import OURS
from step_workers import measured

from keras_darts.utils.files import write_json

PICTURE = pathlib.Path(__file__).parents[1] / "docs" / "cost.svg"


def main():
    options = parse_options()
    # Measured first: the picture's module imports TensorFlow, and processes
    # that are spawned import what stands at the top here, too early for
    # `configure_cpu`.
    if options.figures:
        report = json.loads(pathlib.Path(options.figures).read_text())
    else:
        report = measured_costs(options)
    if options.output:
        write_json(options.output, report)
    print(cost_text(report, line_of(report)))
    draw_cost = importlib.import_module("cost_picture").draw_cost
    print(f"\nPicture: {draw_cost(report, options.picture).name}")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--step_type", choices=STEP_TYPES, default="first_order"
    )
    for name, axis in AXES.items():
        parser.add_argument(
            f"--{name}",
            type=integers,
            default=axis.values,
            help="values with commas between, or the one value of all points; "
            f"defaults to {','.join(map(str, axis.values))}",
        )
    parser.add_argument(
        "--steps", type=int, default=5, help="after the first; defaults to 5"
    )
    parser.add_argument(
        "--plain", action="store_true", help="leave out kd.configure_cpu()"
    )
    parser.add_argument("--picture", default=PICTURE, help=".svg or .png")
    parser.add_argument("--output", help="JSON file for the figures")
    parser.add_argument(
        "--figures", help="such a file, to be drawn instead of measured"
    )
    options = parser.parse_args()
    if options.steps < 1:
        parser.error(f"--steps must be at least 1. Received: {options.steps}")
    if all(len(getattr(options, name)) == 1 for name in AXES):
        parser.error("one size at least must have more than one value")
    return options


def integers(text):
    values = tuple(int(value) for value in text.split(","))
    if min(values) < 1 or len({*values}) < len(values):
        raise argparse.ArgumentTypeError(f"{text} are no sizes, each once")
    return values


def measured_costs(options):
    """The circumstances, and the figures of every point of every axis."""
    values = {name: getattr(options, name) for name in AXES}
    base = {name: base_of(name, values[name]) for name in AXES}
    settings = {
        "step_type": options.step_type,
        "steps": options.steps,
        "plain": options.plain,
    }
    report = {
        **circumstances(),
        "settings": settings,
        "base": base,
        "axes": {},
    }
    # The base is a point of every axis, and measured once.
    known = {}
    for name in [name for name in AXES if len(values[name]) > 1]:
        report["axes"][name] = points = []
        for value in values[name]:
            sizes = {**base, name: value}
            key = tuple(sizes.values())
            if key not in known:
                known[key] = measured_point({**settings, **sizes})
            points.append({"value": value, **known[key]})
    return report


def base_of(name, values):
    return AXES[name].base if AXES[name].base in values else values[0]


def measured_point(settings):
    more = {"cores": cores(), "threads": "inter_op"}
    more |= {"breakdown": False, "facts": False}
    (figures,) = measured({OURS: "keras_darts_step"}, {**settings, **more})
    return {
        # What else runs only ever adds to a step.
        "seconds": min(figures["seconds"]),
        "peak_bytes": figures["peak_bytes"],
        "first_step_seconds": figures["first_step_seconds"],
    }


if __name__ == "__main__":
    main()
