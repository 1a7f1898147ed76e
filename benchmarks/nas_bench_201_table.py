"""Trains what searches in NAS-Bench-201 have found, and puts it in a table.

    python benchmarks/nas_bench_201_table.py --searches=FOLDER --data_dir=DATA \
        --output=nas_bench_201.json

FOLDER has the files that `nas_bench_201.py` wrote. Each cell of theirs, and as
many that are drawn at random, is trained once with one seed on images that are
the same for all. Equal cells are trained once, and those that an earlier file
has, with the same settings, not again. The file has the string, the minutes and
the accuracy of every search; the table goes to the output.
"""

import collections
import json
import pathlib
import statistics

import keras_darts as kd

kd.configure_cpu()

import comparison  # noqa: E402  (after configure_cpu)
import keras  # noqa: E402
import tensorflow as tf  # noqa: E402
from circumstances import line_of  # noqa: E402
from circumstances import markdown  # noqa: E402

RANDOM = "random"
SIZES = {
    "max_examples": (4000, "training images"),
    "test_examples": (2000, "images on which the networks are compared"),
    "filters": (8, "channels of the first stage"),
    "num_cells": (1, "cells of each of the three stages"),
    "batch_size": (64, "images in a step"),
    "train_epochs": (10, "epochs of a training"),
    "random_cells": (10, "cells that are drawn"),
}


def main():
    options = comparison.parse_options(
        __doc__,
        SIZES,
        data_help="folder of TensorFlow Datasets; by default its own",
        seeds=[0],
        choices=[("searches", ".")],
    )
    # Many networks in one process look to TensorFlow like one traced again.
    tf.get_logger().setLevel("ERROR")
    data = kd.datasets.load(
        "cifar10",
        options.data_dir,
        split=f"train[:{options.max_examples}]",
        test_split=f"test[:{options.test_examples}]",
    )
    searches = [*searches_in(options.searches), *drawn(options.random_cells)]
    scores = known_scores(options)
    report = comparison.measured(
        options,
        (scored(run, scores, data, options) for run in searches),
        score="test_accuracy",
    )
    print(text_of(report))


def known_scores(options):
    """String -> accuracy, of a file that was written with these settings."""
    path = options.output and pathlib.Path(options.output)
    if not path or not path.exists():
        return {}
    report = json.loads(path.read_text())
    if any(report["settings"][name] != vars(options)[name] for name in SIZES):
        return {}
    return {r["architecture"]: r["test_accuracy"] for r in report["runs"]}


def searches_in(folder):
    """The figures of each search, by strategy and seed."""
    runs = []
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        report = json.loads(path.read_text())
        settings = report["settings"]
        runs.append(
            {
                "cell": settings["strategy"],
                "seed": settings["seed"],
                "architecture": report["architecture"],
                "epochs": len(report["epochs"]),
                "ended_by": report["ended_by"],
                "minutes": round(report["seconds"] / 60, 2),
                "settings": settings,
            }
        )
    return sorted(runs, key=lambda run: (run["cell"], run["seed"]))


def drawn(count):
    space = kd.search_spaces.get("nas_bench_201")
    return [
        {
            "cell": RANDOM,
            "seed": seed,
            "architecture": space.random_genotype(seed).to_text(),
        }
        for seed in range(count)
    ]


def scored(run, scores, data, options):
    """The run with the accuracy of its cell, which is trained if it is new."""
    text = run["architecture"]
    if text not in scores:
        scores[text] = trained(text, data, options)
    return {**run, "test_accuracy": scores[text]}


def trained(text, data, options):
    """The test accuracy of a cell after the common training."""
    (seed,) = options.seeds
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    network = kd.networks.network_for(
        kd.NasBench201Genotype.from_text(text),
        data.num_classes,
        data.image_shape,
        filters=options.filters,
        num_cells=options.num_cells,
    )
    recipe = kd.training.cifar_recipe(
        network,
        data.num_train,
        epochs=options.train_epochs,
        batch_size=options.batch_size,
        learning_rate=0.1,
        cutout=0,
        drop_path=0.0,
        seed=seed,
    )
    recipe.fit(network, data.train, verbose=0)
    scores = network.evaluate(
        recipe.pipeline(data.test, training=False), verbose=0, return_dict=True
    )
    return round(float(scores["accuracy"]), 4)


def text_of(report):
    groups = collections.defaultdict(list)
    for run in report["runs"]:
        groups[run["cell"]].append(run)
    order = sorted(groups, key=lambda cell: -_mean(groups[cell]))
    head = ["strategy", "test accuracy, mean", "of each seed"]
    rows = [[*head, "skip-connects", "none", "convolutions", "minutes, mean"]]
    rows += [_row(cell, groups[cell]) for cell in order]
    return "\n".join([line_of(report), "", markdown(rows, num_left=1)])


def _row(cell, runs):
    minutes = [run["minutes"] for run in runs if "minutes" in run]
    return [
        cell,
        f"{_mean(runs):.3f}",
        " ".join(f"{run['test_accuracy']:.3f}" for run in runs),
        *[
            " ".join(str(run["architecture"].count(name)) for run in runs)
            for name in ("skip_connect", "none", "nor_conv")
        ],
        f"{statistics.mean(minutes):.1f}" if minutes else "-",
    ]


def _mean(runs):
    return statistics.mean(run["test_accuracy"] for run in runs)


if __name__ == "__main__":
    main()
