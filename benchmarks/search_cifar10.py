"""Small searches on CIFAR-10, and whether they beat chance.

Searches with each strategy and seed, trains every found cell and as many
randomly drawn ones under one recipe, and writes each figure as it comes.

    python benchmarks/search_cifar10.py --data_dir=DATA --output=figures.json
"""

import argparse
import itertools
import statistics
import sys
import time

import keras_darts as kd

kd.configure_cpu()

import keras  # noqa: E402  (after configure_cpu)
import tensorflow as tf  # noqa: E402
from circumstances import circumstances  # noqa: E402
from circumstances import line_of  # noqa: E402
from circumstances import markdown  # noqa: E402

from keras_darts.files import write_json  # noqa: E402

STRATEGIES = ("darts", "darts_second_order")
RANDOM = "random"
SIZES = {
    "max_examples": (2000, "training images, half of them for the alphas"),
    "test_examples": (2000, "images on which the networks are compared"),
    "filters": (8, "channels of the first cells"),
    "num_cells": (5, "cells of the supernet and of the networks"),
    "batch_size": (64, "images in a step"),
    "search_epochs": (5, "epochs of a search"),
    "train_epochs": (10, "epochs of a training"),
}


def main():
    options = parse_options()
    # Many networks in one process look to TensorFlow like one traced anew.
    tf.get_logger().setLevel("ERROR")
    data = kd.datasets.load(
        "cifar10",
        options.data_dir,
        split=f"train[:{options.max_examples}]",
        test_split=f"test[:{options.test_examples}]",
    )
    paths = ("data_dir", "output")
    report = {
        **circumstances(),
        "settings": {k: v for k, v in vars(options).items() if k not in paths},
        "runs": [],
    }
    for seed, strategy in itertools.product(
        options.seeds, (*STRATEGIES, RANDOM)
    ):
        run = {"strategy": strategy, "seed": seed}
        genotype = found(run, data, options)
        run["genotype"] = genotype.to_text()
        trained(run, genotype, data, options)
        report["runs"].append(run)
        note(f"{strategy}, seed {seed}: {run['test_accuracy']:.4f}")
        if options.output:
            write_json(options.output, report)
    print(text_of(report))


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--data_dir", help="folder of TensorFlow Datasets; by default its own"
    )
    parser.add_argument(
        "--seeds",
        type=lambda text: [int(seed) for seed in text.split(",")],
        default=[0, 1],
        help="with commas between; defaults to 0,1",
    )
    for name, (default, meaning) in SIZES.items():
        parser.add_argument(
            f"--{name}",
            type=int,
            default=default,
            help=f"{meaning}; defaults to {default}",
        )
    parser.add_argument("--output", help="JSON file for the figures")
    return parser.parse_args()


def found(run, data, options):
    """The genotype of a run, whose figures are added to it."""
    if run["strategy"] == RANDOM:
        space = kd.search_spaces.get("darts_cnn")
        return space.random_genotype(run["seed"])
    search = kd.DartsSearch(
        strategy=run["strategy"],
        num_classes=data.num_classes,
        input_shape=data.image_shape,
        filters=options.filters,
        num_cells=options.num_cells,
        seed=run["seed"],
    )
    start = time.perf_counter()
    history = search.fit(
        data.train.batch(options.batch_size),
        epochs=options.search_epochs,
        verbose=0,
    )
    run["search_seconds"] = time.perf_counter() - start
    run["search_history"] = plain(history.history)
    return search.genotype()


def trained(run, genotype, data, options):
    """Trains a network of the genotype and adds its figures to the run."""
    keras.utils.set_random_seed(run["seed"])
    network = kd.networks.network_for(
        genotype,
        data.num_classes,
        data.image_shape,
        filters=options.filters,
        num_cells=options.num_cells,
        auxiliary=False,
    )
    # What regularises 600 epochs would only slow so short a training down.
    recipe = kd.training.cifar_recipe(
        network,
        data.num_train,
        epochs=options.train_epochs,
        batch_size=options.batch_size,
        learning_rate=0.1,
        cutout=0,
        drop_path=0.0,
        seed=run["seed"],
    )
    start = time.perf_counter()
    history = recipe.fit(network, data.train, verbose=0)
    run["train_seconds"] = time.perf_counter() - start
    run["train_history"] = plain(history.history)
    scores = network.evaluate(
        recipe.pipeline(data.test, training=False), verbose=0, return_dict=True
    )
    run["test_accuracy"] = float(scores["accuracy"])
    run["test_loss"] = float(scores["loss"])
    run["num_weights"] = sum(
        int(tf.size(variable)) for variable in network.trainable_variables
    )


def plain(history):
    return {
        name: [round(float(value), 6) for value in values]
        for name, values in history.items()
    }


def text_of(report):
    """The settings, the circumstances, the table and the found cells."""
    settings = report["settings"]
    sizes = ", ".join(f"{name} {settings[name]}" for name in SIZES)
    seeds = ", ".join(map(str, settings["seeds"]))
    genotypes = [
        f"- {run['strategy']}, seed {run['seed']}: `{run['genotype']}`"
        for run in report["runs"]
    ]
    return "\n".join(
        [
            f"{sizes}; seeds {seeds}.",
            line_of(report),
            "",
            markdown(rows_of(report["runs"]), num_left=1),
            "",
            *genotypes,
        ]
    )


def rows_of(runs):
    rows = [
        [
            "cells",
            "test accuracy, mean",
            "standard deviation",
            "min",
            "max",
            "n",
            "weights, mean",
            "search s, mean",
            "training s, mean",
        ]
    ]
    for strategy in (*STRATEGIES, RANDOM):
        group = [run for run in runs if run["strategy"] == strategy]
        scores = [run["test_accuracy"] for run in group]
        spread = statistics.stdev(scores) if len(scores) > 1 else None
        rows.append(
            [
                strategy,
                f"{statistics.mean(scores):.4f}",
                "-" if spread is None else f"{spread:.4f}",
                f"{min(scores):.4f}",
                f"{max(scores):.4f}",
                str(len(group)),
                mean(group, "num_weights"),
                mean(group, "search_seconds"),
                mean(group, "train_seconds"),
            ]
        )
    return rows


def mean(group, name):
    values = [run[name] for run in group if name in run]
    return f"{statistics.mean(values):,.0f}" if values else "-"


def note(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
