"""The memory that a search is foretold to need, beside what steps take.

python benchmarks/plan.py
python benchmarks/plan.py --points=first_order:16:8:64,pc_darts:16:8:64

Points are kinds of steps or strategies, filters, cells and batch size; with
":rematerialize" after these cells are computed again.
"""

import argparse

from circumstances import circumstances
from circumstances import cores
from circumstances import line_of
from step_workers import OURS
from step_workers import measured

from keras_darts.files import write_json

POINTS = (
    "first_order:4:3:16",
    "first_order:8:5:32",
    "second_order:8:5:16",
    "first_order:16:8:16",
    "second_order:8:8:32",
    "first_order:8:8:64",
    "pc_darts:8:5:16",
    "pc_darts:16:8:64",
    "gdas:8:5:32",
    "first_order:8:5:64:rematerialize",
)
# Beyond it the prediction would mislead.
BOUND = 0.25
FIXED = {"image_size": 32, "num_nodes": 4, "num_primitives": 8}


def main():
    options = parse_options()
    points = [point_of(text) for text in options.points.split(",")]
    # All measured before TensorFlow is imported here, as spawned processes
    # import what this one has imported at the top.
    peaks = [measured_peak(point, options.steps) for point in points]
    rows = [
        {**point, "measured": peak, "foretold": foretold_peak(point)}
        for point, peak in zip(points, peaks, strict=True)
    ]
    report = {**circumstances(), "results": rows}
    if options.output:
        write_json(options.output, report)
    print(text_of(report))


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--points", default=",".join(POINTS))
    parser.add_argument("--steps", type=int, default=1, help="after the first")
    parser.add_argument("--output", help="JSON file for the figures")
    return parser.parse_args()


def point_of(text):
    kind, filters, num_cells, batch_size, *more = text.split(":")
    return {
        "kind": kind,
        "filters": int(filters),
        "num_cells": int(num_cells),
        "batch_size": int(batch_size),
        "rematerialize": more == ["rematerialize"],
    }


def measured_peak(point, steps):
    more = {"cores": cores(), "threads": "across", "plain": False}
    more |= {"steps": steps, "breakdown": False, "facts": False}
    (figures,) = measured(
        {OURS: "keras_darts_step"}, {**FIXED, **point, **more}
    )
    return figures["peak_bytes"]


def foretold_peak(point):
    # Late, as `main` says.
    import keras_darts_step as module

    from keras_darts.search.memory_check import foretold

    search = module.search_of({**FIXED, **point})
    return foretold(search, point["batch_size"])


def text_of(report):
    """The circumstances, a table, and the worst of it."""
    head = [
        "| step | filters | cells | batch | rematerialize | measured GB "
        "| foretold GB | error |",
        "|" + "---|" * 8,
    ]
    rows = [
        f"| {r['kind']} | {r['filters']} | {r['num_cells']} "
        f"| {r['batch_size']} | {'yes' if r['rematerialize'] else 'no'} "
        f"| {r['measured'] / 1e9:.2f} | {r['foretold'] / 1e9:.2f} "
        f"| {error_of(r):+.0%} |"
        for r in report["results"]
    ]
    worst = max(abs(error_of(r)) for r in report["results"])
    verdict = "within" if worst <= BOUND else "BEYOND"
    last = f"Worst error {worst:.0%}, {verdict} the bound of {BOUND:.0%}."
    return "\n".join([line_of(report), "", *head, *rows, "", last])


def error_of(row):
    return row["foretold"] / row["measured"] - 1


if __name__ == "__main__":
    main()
