"""Small searches on labelled sentences, beside drawn cells and a plain CNN.

Searches with each seed, then trains the found cell, randomly drawn ones and
a plain convolutional network of as many weights under one recipe, and writes
each figure as it comes.

    python benchmarks/search_sentences.py --data_dir=SST2 --output=figures.json
"""

import argparse
import statistics
import sys
import time

import keras_darts as kd

kd.configure_cpu()

import keras  # noqa: E402  (after configure_cpu)
from circumstances import circumstances  # noqa: E402
from circumstances import line_of  # noqa: E402
from circumstances import markdown  # noqa: E402

from keras_darts.files import write_json  # noqa: E402

EMBEDDING = 64
WIDTHS = (3, 5, 7)
CELLS = ("found", "random", "plain CNN")
SIZES = {
    "filters": (16, "channels of the first cells"),
    "num_cells": (3, "cells of the supernet and of the networks"),
    "batch_size": (64, "sentences in a step"),
    "search_epochs": (8, "epochs of a search"),
    "train_epochs": (6, "epochs of a training"),
}


def main():
    options = parse_options()
    data = kd.datasets.load_sentences(options.data_dir)
    paths = ("data_dir", "output")
    report = {
        **circumstances(),
        "settings": {k: v for k, v in vars(options).items() if k not in paths},
        "data": data.description,
        "runs": [],
    }
    for seed in options.seeds:
        for run in runs_of(seed, data, options):
            report["runs"].append(run)
            note(f"{run['cell']}, {seed}: {run['test_accuracy']:.4f}")
            if options.output:
                write_json(options.output, report)
    print(text_of(report))


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--data_dir", required=True, help="folder with the files of sentences"
    )
    parser.add_argument("--strategy", default="darts", help="defaults to darts")
    parser.add_argument(
        "--seeds",
        type=lambda text: [int(seed) for seed in text.split(",")],
        default=[0, 1, 2],
        help="with commas between; defaults to 0,1,2",
    )
    for name, (default, meaning) in SIZES.items():
        parser.add_argument(
            f"--{name}",
            type=type(default),
            default=default,
            help=f"{meaning}; defaults to {default}",
        )
    parser.add_argument("--output", help="JSON file for the figures")
    return parser.parse_args()


def runs_of(seed, data, options):
    """The figures of each kind of network, one after the other."""
    search, searched = found(seed, data, options)
    genotypes = {
        "found": search.genotype(),
        "random": search.search_space.random_genotype(seed),
    }
    for cell, genotype in genotypes.items():
        keras.utils.set_random_seed(seed)
        network = kd.networks.TextNetwork(
            genotype,
            data.num_classes,
            len(data.vocabulary),
            embedding_size=EMBEDDING,
            filters=options.filters,
            num_cells=options.num_cells,
            sequence_length=data.sequence_length,
        )
        run = {
            "cell": cell,
            "seed": seed,
            "num_weights": kd.analysis.count_parameters(network),
            "genotype": genotype.to_text(),
        }
        if cell == "found":
            weights = run["num_weights"]
        run |= searched if cell == "found" else {}
        yield run | trained(network, data, seed, options)
    keras.utils.set_random_seed(seed)
    network = plain_network(weights, data)
    run = {
        "cell": "plain CNN",
        "seed": seed,
        "num_weights": kd.analysis.count_parameters(network),
    }
    yield run | trained(network, data, seed, options)


def found(seed, data, options):
    """The search on the training sentences, and its figures."""
    search = kd.DartsSearch(
        kd.search_spaces.text_cnn(embedding_size=EMBEDDING),
        options.strategy,
        num_classes=data.num_classes,
        vocabulary_size=len(data.vocabulary),
        filters=options.filters,
        num_cells=options.num_cells,
        seed=seed,
    )
    start = time.perf_counter()
    history = search.fit(
        data.train.batch(options.batch_size),
        epochs=options.search_epochs,
        verbose=0,
    )
    seconds = time.perf_counter() - start
    note(f"search {seed}: {history.history['val_accuracy'][-1]:.4f}")
    return search, {
        "search_seconds": seconds,
        "search_history": plain(history.history),
    }


def plain_network(num_weights, data):
    """Convolutions of three widths side by side, and the largest of each.

    Reference: Kim, 2014, Convolutional neural networks for sentence
    classification.
    """
    embedding = (len(data.vocabulary)) * EMBEDDING
    each = sum(width * EMBEDDING + 1 + data.num_classes for width in WIDTHS)
    filters = max(1, round((num_weights - embedding) / each))
    ids = keras.Input((data.sequence_length,), dtype="int32")
    embedded = keras.layers.Embedding(len(data.vocabulary), EMBEDDING)(ids)
    features = [
        keras.layers.GlobalMaxPooling1D()(
            keras.layers.Conv1D(filters, width, activation="relu")(embedded)
        )
        for width in WIDTHS
    ]
    dropped = keras.layers.Dropout(0.5)(keras.layers.concatenate(features))
    network = keras.Model(ids, keras.layers.Dense(data.num_classes)(dropped))
    network.num_classes = data.num_classes
    return network


def trained(network, data, seed, options):
    """The figures of a training."""
    recipe = kd.training.sentence_recipe(
        network,
        data.num_train,
        epochs=options.train_epochs,
        batch_size=options.batch_size,
        seed=seed,
    )
    start = time.perf_counter()
    history = recipe.fit(network, data.train, data.valid, verbose=0)
    seconds = time.perf_counter() - start
    figures = kd.training.classification_figures(
        lambda ids: network.predict_on_batch(ids.astype("int32")),
        recipe.pipeline(data.test, training=False),
    )
    return {
        "train_seconds": seconds,
        "train_history": plain(history.history),
        "test_accuracy": figures["accuracy"],
    }


def plain(history):
    return {
        name: [round(float(value), 6) for value in values]
        for name, values in history.items()
    }


def text_of(report):
    """The settings, the circumstances, the table and the found cells."""
    settings, runs = report["settings"], report["runs"]
    sizes = ", ".join(f"{name} {settings[name]}" for name in SIZES)
    searches = [
        f"- seed {run['seed']}: validation accuracy of the search by epoch "
        f"{', '.join(f'{a:.3f}' for a in course(run))}; "
        f"{run['search_seconds']:.0f} s; `{run['genotype']}`"
        for run in runs
        if run["cell"] == "found"
    ]
    return "\n".join(
        [
            f"{report['data']}; {settings['strategy']}; {sizes}; "
            f"seeds {', '.join(map(str, settings['seeds']))}.",
            line_of(report),
            "",
            markdown(rows_of(runs), num_left=1),
            "",
            *searches,
        ]
    )


def course(run):
    return run["search_history"]["val_accuracy"]


def rows_of(runs):
    head = ["network", "test accuracy, mean", "standard deviation", "min"]
    rows = [[*head, "max", "n", "weights, mean", "s"]]
    for cell in CELLS:
        group = [run for run in runs if run["cell"] == cell]
        scores = [run["test_accuracy"] for run in group]
        spread = f"{statistics.stdev(scores):.4f}" if len(scores) > 1 else "-"
        weights = statistics.mean(run["num_weights"] for run in group)
        seconds = statistics.mean(run["train_seconds"] for run in group)
        rows.append(
            [
                cell,
                f"{statistics.mean(scores):.4f}",
                spread,
                f"{min(scores):.4f}",
                f"{max(scores):.4f}",
                str(len(group)),
                f"{weights:,.0f}",
                f"{seconds:.0f}",
            ]
        )
    return rows


def note(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
