"""What a step of each method costs, next to first-order DARTS.

python benchmarks/strategy_costs.py
python benchmarks/strategy_costs.py --strategies=pc_darts,gdas --batch_size=64
"""

import argparse
import statistics

from circumstances import circumstances
from circumstances import cores
from circumstances import line_of
from circumstances import markdown
from step_workers import OURS
from step_workers import measured

import keras_darts as kd
from keras_darts.utils.files import write_json

BASE = "darts"
# Another name, and one whose channels must be divisible by twelve.
LEFT_OUT = {BASE, "auto", "dr_nas_progressive"}


def main():
    options = parse_options()
    names = options.strategies or strategy_names()
    report = {**circumstances(), "settings": vars(options), "results": {}}
    # The base comes first and last: the machine may have changed meanwhile.
    for name in [BASE, *(name for name in names if name != BASE), f"{BASE} "]:
        report["results"][name] = measured_strategy(name.strip(), options)
    if options.output:
        write_json(options.output, report)
    print(text_of(report))


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--strategies",
        type=lambda text: text.split(","),
        help="names with commas between; defaults to all there are",
    )
    sizes = {
        "filters": 16,
        "num_cells": 8,
        "num_nodes": 4,
        "num_primitives": 8,
        "batch_size": 16,
        "image_size": 32,
    }
    for name, value in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument(
        "--steps", type=int, default=3, help="after the first; defaults to 3"
    )
    parser.add_argument(
        "--plain", action="store_true", help="leave out kd.configure_cpu()"
    )
    parser.add_argument("--output", help="JSON file for the figures")
    options = parser.parse_args()
    if options.steps < 1:
        parser.error(f"--steps must be at least 1. Received: {options.steps}")
    return options


def strategy_names():
    return [name for name in kd.strategies.names() if name not in LEFT_OUT]


def measured_strategy(name, options):
    settings = {
        **vars(options),
        "step_type": name,
        "cores": cores(),
        "threads": "inter_op",
        "breakdown": False,
        "facts": False,
    }
    (figures,) = measured({OURS: "keras_darts_step"}, settings)
    return {
        "seconds": figures["seconds"],
        "peak_bytes": figures["peak_bytes"],
        "first_step_seconds": figures["first_step_seconds"],
    }


def text_of(report):
    settings, results = report["settings"], report["results"]
    bases = [results[BASE], results[f"{BASE} "]]
    base = statistics.mean(min(figures["seconds"]) for figures in bases)
    memory = max(figures["peak_bytes"] for figures in bases)
    rows = [
        ["strategy", "fastest step s", "to darts", "peak GB", "to darts"]
        + ["first step s"]
    ]
    for name, figures in results.items():
        seconds, peak = min(figures["seconds"]), figures["peak_bytes"]
        row = [f"{seconds:.3f}", f"{seconds / base:.2f}"]
        row += [f"{peak / 1e9:.2f}", f"{peak / memory:.2f}"]
        rows.append(
            [name.strip(), *row, f"{figures['first_step_seconds']:.1f}"]
        )
    title = (
        "{filters} filters, {num_cells} cells of {num_nodes} nodes, "
        "{num_primitives} primitives, batch {batch_size}, images "
        "{image_size}x{image_size}x3, the fastest of {steps} steps after the "
        "first, one strategy after the other."
    ).format(**settings)
    return "\n\n".join([f"{title}\n{line_of(report)}", markdown(rows, 1)])


if __name__ == "__main__":
    main()
