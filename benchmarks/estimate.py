"""The memory that a search is estimated to need, next to what steps take.

python benchmarks/estimate.py
python benchmarks/estimate.py --points=first_order:16:8:64,gdas:8:3:32:bfloat16

Points are step types or strategies, filters, cells and batch size; after
these may stand "rematerialize", "bfloat16", "parts=2" for the parts that a
batch is computed in, and "space=text_cnn".
"""

import argparse

from circumstances import circumstances
from circumstances import cores
from circumstances import line_of
from step_workers import OURS
from step_workers import measured

from keras_darts.utils.files import write_json

# Constants were fitted to these, and not to the others.
FITTED = (
    "exact:8:3:16",
    "exact:8:2:32",
    "gdas:16:3:32",
    "gdas:16:2:96",
    "first_order:16:3:32:space=text_cnn",
    "first_order:16:3:128:space=text_cnn",
    "first_order:16:2:32:space=nas_bench_201",
    "first_order:16:2:128:space=nas_bench_201",
    "pc_darts:16:3:32",
)
POINTS = (
    *FITTED,
    "pc_darts:16:3:64",
    "exact:8:2:64",
    "exact:8:5:16",
    "exact:16:3:32",
    "first_order:16:2:32:space=text_cnn",
    "first_order:16:6:64:space=text_cnn",
    "first_order:16:3:32:space=rdarts_s2",
    "first_order:8:3:32:bfloat16",
    "first_order:8:3:64:bfloat16",
    "first_order:8:3:64:parts=2",
    "first_order:8:3:64:rematerialize",
)
# Beyond it the prediction would mislead.
BOUND = 0.25
MORE = {"rematerialize": False, "bfloat16": False, "parts": 1}
SPACE = "darts_cnn"


def main():
    options = parse_options()
    names = options.points.split(",")
    points = [point_of(name) for name in names]
    # All measured before TensorFlow is imported here, as spawned processes
    # import what this one has imported at the top.
    peaks = [measured_peak(point, options.steps) for point in points]
    rows = [
        {"point": name, "measured": peak, "estimated": estimated_peak(point)}
        for name, point, peak in zip(names, points, peaks, strict=True)
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
    step_type, filters, num_cells, batch_size, *more = text.split(":")
    point = {
        "step_type": step_type,
        "filters": int(filters),
        "num_cells": int(num_cells),
        "batch_size": int(batch_size),
        "image_size": 32,
        "space": SPACE,
        **MORE,
    }
    for setting in more:
        name, _, value = setting.partition("=")
        if name not in point:
            raise SystemExit(f"Unknown in a point: {setting}")
        known = type(point[name])
        point[name] = True if known is bool else known(value)
    return point


def measured_peak(point, steps):
    more = {"cores": cores(), "threads": "inter_op", "plain": False}
    more |= {"steps": steps, "breakdown": False, "facts": False}
    (figures,) = measured({OURS: "estimate_step"}, {**point, **more})
    return figures["peak_bytes"]


def estimated_peak(point):
    # Late, as `main` says.
    import estimate_step

    from keras_darts.search.memory import estimate_peak_memory

    return estimate_peak_memory(
        estimate_step.search_of(point), point["batch_size"]
    )


def text_of(report):
    """The circumstances, a table, and the worst of it."""
    head = [
        "| point | fitted | measured GB | estimated GB | error |",
        "|" + "---|" * 5,
    ]
    rows = [
        f"| `{r['point']}` | {'yes' if r['point'] in FITTED else 'no'} "
        f"| {r['measured'] / 1e9:.2f} | {r['estimated'] / 1e9:.2f} "
        f"| {error_of(r):+.0%} |"
        for r in report["results"]
    ]
    worst = max(abs(error_of(r)) for r in report["results"])
    verdict = "intra_op" if worst <= BOUND else "BEYOND"
    last = f"Worst error {worst:.0%}, {verdict} the bound of {BOUND:.0%}."
    return "\n".join([line_of(report), "", *head, *rows, "", last])


def error_of(row):
    return row["estimated"] / row["measured"] - 1


if __name__ == "__main__":
    main()
