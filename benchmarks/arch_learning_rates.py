"""Published learning rates of the alphas, next to those that the steps ask for.

    python benchmarks/arch_learning_rates.py --folder=RUNS --data_dir=DATA \
        --judge=band.py --output=benchmarks/arch_learning_rates.json

Runs `nas_bench_201.py` for each strategy, with each seed, at both rates: some
500 steps on 640 images of CIFAR-10. Each search is a process of its own and
leaves a file in `--folder`; one that is there is not run again, so that the
script can be cut and run again. `--judge` is a program that takes a file of
`nas_bench_201.py` and prints, as the first word of the line of an
architecture, the band of accuracy that the benchmark's tables put it in;
without it the figures come without bands.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

from circumstances import circumstances
from circumstances import markdown
from comparison import note

from keras_darts import strategies
from keras_darts.utils.files import write_json

RATES = ("scaled", "published")
SETTINGS = {
    "filters": 8,
    "num_cells": 1,
    "max_examples": 640,
    "batch_size": 32,
    "epochs": 50,
}
# The name of another one, and those that have no alphas that learn.
LEFT_OUT = {"auto", "enas", "random_sharing"}
_SEARCH = pathlib.Path(__file__).with_name("nas_bench_201.py")


def main():
    options = parse_options()
    folder = pathlib.Path(options.folder)
    folder.mkdir(parents=True, exist_ok=True)
    report = {
        "question": "What do learning rates of the alphas that grow as steps "
        "become fewer do to searches of some 500 steps?",
        **circumstances(),
        "settings": {"search_space": "nas_bench_201", **SETTINGS},
        "runs": [],
    }
    for seed in options.seeds:
        for strategy in options.strategies:
            for rates in RATES:
                report["runs"].append(run(strategy, rates, seed, options))
                if options.output:
                    write_json(options.output, report)
    print(text_of(report["runs"]))


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", required=True, help="of the searches")
    parser.add_argument(
        "--strategies",
        type=lambda text: text.split(","),
        default=[n for n in strategies.names() if n not in LEFT_OUT],
        help="with commas between; defaults to all whose alphas learn",
    )
    parser.add_argument(
        "--seeds",
        type=lambda text: [int(seed) for seed in text.split(",")],
        default=[0, 1],
        help="with commas between; defaults to 0,1",
    )
    parser.add_argument(
        "--minutes", type=float, default=10.0, help="of each; defaults to 10"
    )
    parser.add_argument("--judge", help="program that knows the bands")
    parser.add_argument(
        "--data_dir", help="folder of TensorFlow Datasets; by default its own"
    )
    parser.add_argument("--output", help="JSON file for the figures")
    return parser.parse_args()


def run(strategy, rates, seed, options):
    """The figures of one search, which is made if its file isn't there."""
    path = pathlib.Path(options.folder, f"{strategy}_{rates}_{seed}.json")
    if not _finished(path):
        command = [sys.executable, str(_SEARCH), f"--strategy={strategy}"]
        command += [f"--seed={seed}", f"--minutes={options.minutes}"]
        command += [f"--{name}={value}" for name, value in SETTINGS.items()]
        command += [f"--output={path}"]
        command += ["--published_rates"] * (rates == "published")
        if options.data_dir:
            command += [f"--data_dir={options.data_dir}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    search = json.loads(path.read_text("utf-8"))
    last = search["epochs"][-1]
    figures = {
        "strategy": strategy,
        "rates": rates,
        "arch_learning_rate": last["arch_learning_rate"],
        "seed": seed,
        "architecture": search["architecture"],
        "accuracy_band": band_of(path, options.judge),
        "entropy_of_uniform": last["entropy_of_uniform"],
        "epochs": len(search["epochs"]),
        "ended_by": search["ended_by"],
        "seconds": round(search["seconds"], 1),
    }
    note(f"{strategy} {rates} {seed}: {figures['accuracy_band']}")
    return figures


def _finished(path):
    return path.exists() and json.loads(path.read_text("utf-8"))["ended_by"]


def band_of(path, judge):
    """One letter for the last architecture of a search, or `None`."""
    if not judge:
        return None
    out = subprocess.run(
        [sys.executable, judge, str(path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    # The file's own architecture comes before those of its epochs.
    return out.split()[0]


def text_of(runs):
    rows = [["strategy", "rates", "rate", "bands", "entropy of uniform"]]
    for strategy in dict.fromkeys(run["strategy"] for run in runs):
        for rates in RATES:
            group = [
                run
                for run in runs
                if (run["strategy"], run["rates"]) == (strategy, rates)
            ]
            bands = " ".join(run["accuracy_band"] or "-" for run in group)
            entropies = [run["entropy_of_uniform"] for run in group]
            mean = f"{statistics.mean(entropies):.3f}"
            rate = f"{group[0]['arch_learning_rate']:.4g}"
            rows.append([strategy, rates, rate, bands, mean])
    return markdown(rows, num_left=2)


if __name__ == "__main__":
    main()
