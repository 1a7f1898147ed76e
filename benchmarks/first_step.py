"""Seconds from the start of a program to the end of the first step.

python benchmarks/first_step.py --rounds=3
python benchmarks/first_step.py --original=../darts --json=first_step.json

Each first step is made by a process of its own, ours and the original's in
turns. The parts of ours: the imports, building the supernet, tracing the step,
and the rest, in which TensorFlow makes the graph ready and runs it once.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

from circumstances import circumstances
from circumstances import line_of
from circumstances import markdown

STEP_TYPES = ("first_order", "second_order")
PARTS = ("import", "build", "trace", "first run")
SIZES = (
    "filters",
    "num_cells",
    "batch_size",
    "image_size",
    "num_nodes",
    "cores",
)
HERE = pathlib.Path(__file__).parent


def ours(settings, start):
    """The parts of a first step of `DartsSearch`, in seconds."""
    import numpy as np

    import keras_darts as kd

    kd.configure_cpu(threads="inter_op")
    import keras_darts_step as benchmark

    imported = time.time()
    traced = []

    class Search(kd.DartsSearch):
        def train_step(self, data):
            begin = time.time()
            logs = super().train_step(data)
            traced.append((begin, time.time()))
            return logs

    kd.DartsSearch = Search
    search = benchmark.search_of(settings)
    search.compile()
    draw = np.random.default_rng(0)
    sizes = settings["batch_size"], settings["image_size"]
    pair = tuple(benchmark.batch(draw, *sizes) for _ in range(2))
    step, _ = benchmark.step_of(search, settings["step_type"], pair)
    built = time.time()
    step()
    end = time.time()
    ((begin, finish),) = traced
    seconds = (imported - start, built - imported, finish - begin)
    return dict(zip(PARTS, (*seconds, end - start - sum(seconds)), strict=True))


def original(settings, start):
    """That of the original, which has no such parts."""
    import original_step

    step, _ = original_step.build(settings)
    step()
    return {"all": time.time() - start}


CODES = {"keras_darts": ours, "original": original}


def in_a_process(settings):
    """The parts, measured by a process that does nothing else."""
    command = [sys.executable, str(HERE / "first_step.py"), "--child"]
    command.append(json.dumps({**settings, "start": time.time()}))
    result = subprocess.run(
        command, capture_output=True, text=True, cwd=HERE, check=False
    )
    if result.returncode:
        raise RuntimeError(result.stderr[-3000:])
    return json.loads(result.stdout.splitlines()[-1])


def measured(options):
    """For each code and type of step the parts in every round."""
    settings = {name: getattr(options, name) for name in SIZES}
    settings["num_primitives"] = 8
    codes = ["keras_darts"]
    if options.original:
        settings["original"] = str(pathlib.Path(options.original).resolve())
        codes.append("original")
    results = {}
    for number in range(options.rounds):
        for step_type in options.step_types.split(","):
            for code in codes:
                parts = in_a_process(
                    {**settings, "step_type": step_type, "code": code}
                )
                results.setdefault(f"{code} {step_type}", []).append(parts)
                seconds = sum(parts.values())
                print(f"round {number + 1}, {code}, {step_type}: {seconds:.1f}")
    return settings, results


def table(results):
    rows = [("code and step", *PARTS, "all (s)")]
    for name, rounds in results.items():
        medians = [
            f"{statistics.median(parts[part] for parts in rounds):.1f}"
            if part in rounds[0]
            else ""
            for part in PARTS
        ]
        whole = statistics.median(sum(parts.values()) for parts in rounds)
        rows.append((name, *medians, f"{whole:.1f}"))
    return markdown(rows, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--original", help="checkout of quark0/darts")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--step_types", default=",".join(STEP_TYPES))
    parser.add_argument("--filters", type=int, default=16)
    parser.add_argument("--num_cells", type=int, default=8)
    parser.add_argument("--batch_size", type=int, default=16)
    parser.add_argument("--image_size", type=int, default=32)
    parser.add_argument("--num_nodes", type=int, default=4)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--json", help="file for the figures")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        settings = json.loads(options.child)
        parts = CODES[settings["code"]](settings, settings["start"])
        print(json.dumps(parts))
        return
    report = circumstances()
    report["settings"], report["seconds"] = measured(options)
    print(line_of(report))
    print(table(report["seconds"]))
    if options.json:
        text = json.dumps(report, indent=1) + "\n"
        pathlib.Path(options.json).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
