"""Small searches on labelled sentences, next to drawn cells and a plain CNN.

Searches with each seed, then trains the found cell, randomly drawn ones and
a plain convolutional network of as many weights under one recipe, and writes
each figure as it comes.

    python benchmarks/search_sentences.py --data_dir=SST2 --output=figures.json
"""

import time

import keras_darts as kd

kd.configure_cpu()

import comparison  # noqa: E402  (after configure_cpu)
import keras  # noqa: E402

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
    options = comparison.parse_options(
        __doc__,
        SIZES,
        data_help="folder with the files of sentences",
        seeds=[0, 1, 2],
        choices=[("strategy", "darts")],
    )
    data = kd.datasets.load_text_classification(options.data_dir)
    report = comparison.measured(
        options,
        (run for seed in options.seeds for run in runs_of(seed, data, options)),
        score="test_accuracy",
        data=data.description,
    )
    print(text_of(report))


def runs_of(seed, data, options):
    """The figures of each kind of network, one after the other."""
    search, searched = run_search(seed, data, options)
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


def run_search(seed, data, options):
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
    comparison.note(f"search {seed}: {history.history['val_accuracy'][-1]:.4f}")
    return search, {
        "search_seconds": seconds,
        "search_history": comparison.plain(history.history),
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
    recipe = kd.training.text_classification_recipe(
        network,
        data.num_train,
        epochs=options.train_epochs,
        batch_size=options.batch_size,
        seed=seed,
    )
    start = time.perf_counter()
    history = recipe.fit(network, data.train, data.valid, verbose=0)
    seconds = time.perf_counter() - start
    figures = kd.training.evaluate_classifier(
        lambda ids: network.predict_on_batch(ids.astype("int32")),
        recipe.pipeline(data.test, training=False),
    )
    return {
        "train_seconds": seconds,
        "train_history": comparison.plain(history.history),
        "test_accuracy": figures["accuracy"],
    }


def text_of(report):
    return comparison.text_of(
        report,
        SIZES,
        introduction=f"{report['data']}; {report['settings']['strategy']}",
        rows=comparison.rows_of(
            report["runs"], CELLS, score="test_accuracy", form="{:.4f}".format
        ),
        remarks=[
            "seed {seed}: validation accuracy of the search by epoch {course}; "
            "{seconds:.0f} s; `{genotype}`".format(
                seed=run["seed"],
                course=", ".join(f"{a:.3f}" for a in course(run)),
                seconds=run["search_seconds"],
                genotype=run["genotype"],
            )
            for run in report["runs"]
            if run["cell"] == "found"
        ],
    )


def course(run):
    return run["search_history"]["val_accuracy"]


if __name__ == "__main__":
    main()
