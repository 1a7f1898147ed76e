"""Small searches on CIFAR-10, and whether they beat chance.

Searches with each strategy and seed, trains every found cell and as many
randomly drawn ones under one recipe, and writes each figure as it comes.

    python benchmarks/search_cifar10.py --data_dir=DATA --output=figures.json
"""

import itertools
import time

import keras_darts as kd

kd.configure_cpu()

import comparison  # noqa: E402  (after configure_cpu)
import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

RANDOM = "random"
CELLS = ("darts", "darts_second_order", RANDOM)
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
    options = comparison.parse_options(
        __doc__,
        SIZES,
        data_help="folder of TensorFlow Datasets; by default its own",
        seeds=[0, 1],
    )
    # Many networks in one process look to TensorFlow like one traced again.
    tf.get_logger().setLevel("ERROR")
    data = kd.datasets.load(
        "cifar10",
        options.data_dir,
        split=f"train[:{options.max_examples}]",
        test_split=f"test[:{options.test_examples}]",
    )
    report = comparison.measured(
        options, runs_of(data, options), score="test_accuracy"
    )
    print(text_of(report))


def runs_of(data, options):
    """The figures of each cell type, one after the other."""
    for seed, cell in itertools.product(options.seeds, CELLS):
        run = {"cell": cell, "seed": seed}
        genotype = run_search(run, data, options)
        run["genotype"] = genotype.to_text()
        trained(run, genotype, data, options)
        yield run


def run_search(run, data, options):
    """The genotype of a run, whose figures are added to it."""
    if run["cell"] == RANDOM:
        space = kd.search_spaces.get("darts_cnn")
        return space.random_genotype(run["seed"])
    search = kd.DartsSearch(
        strategy=run["cell"],
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
    run["search_history"] = comparison.plain(history.history)
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
    run["train_history"] = comparison.plain(history.history)
    scores = network.evaluate(
        recipe.pipeline(data.test, training=False), verbose=0, return_dict=True
    )
    run["test_accuracy"] = float(scores["accuracy"])
    run["test_loss"] = float(scores["loss"])
    run["num_weights"] = sum(
        int(tf.size(variable)) for variable in network.trainable_variables
    )


def text_of(report):
    return comparison.text_of(
        report,
        SIZES,
        introduction="CIFAR-10",
        rows=comparison.rows_of(
            report["runs"],
            CELLS,
            score="test_accuracy",
            form="{:.4f}".format,
            seconds=("search_seconds", "train_seconds"),
        ),
        remarks=[
            f"{run['cell']}, seed {run['seed']}: `{run['genotype']}`"
            for run in report["runs"]
        ],
    )


if __name__ == "__main__":
    main()
