"""The protocol of several seeds, next to random genotypes in the same time.

Searches with each seed, trains each found cell briefly and keeps the best by
validation, all by `DartsTuner`; then trains as many random genotypes as take
as long. What was chosen by validation is then measured on the test set. A
benchmark that was cut continues where it was.

    python benchmarks/tuning.py --data=cifar10 --data_dir=DATA --output=A.json
    python benchmarks/tuning.py --data=sst2 --data_dir=FOLDER --output=B.json
"""

import json
import tempfile
import time

import keras_darts as kd

kd.configure_cpu()

import comparison  # noqa: E402  (after configure_cpu)
import tensorflow as tf  # noqa: E402

CELLS = ("searched", "random")
SCORES = ("validation_accuracy", "test_accuracy")
SIZES = {
    "max_examples": (2500, "training images, a fifth of them to validate on"),
    "test_examples": (2000, "images of the test"),
    "filters": (8, "channels of the first cells"),
    "num_cells": (5, "cells of the supernet and of the networks"),
    "batch_size": (64, "examples in a step"),
    "search_epochs": (5, "epochs of a search"),
    "train_epochs": (10, "epochs of a training"),
}
# What regularises 600 epochs would only slow so short a training down.
RECIPES = {
    "cifar10": {"learning_rate": 0.1, "cutout": 0, "drop_path": 0.0},
    "sst2": {},
}


def main():
    options = comparison.parse_options(
        __doc__,
        SIZES,
        data_help="folder of the data set; by default that of TFDS",
        seeds=[0, 1, 2, 3],
        choices=[
            ("data", "cifar10"),
            ("strategy", "darts"),
            ("project", ""),
            ("baseline", "time"),
        ],
    )
    if options.data == "sst2":
        # All sentences, which are few.
        del options.max_examples, options.test_examples
    # Many networks in one process look to TensorFlow like one traced again.
    tf.get_logger().setLevel("ERROR")
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        data = loaded(options)
        tuner = tuned(data, options, options.project or folder)
        report = comparison.measured(
            options,
            runs_of(tuner, data),
            score="test_accuracy",
            seconds=round(time.monotonic() - begin),
        )
    print(text_of(report))


def loaded(options):
    """`ImageData` or `SentenceData`."""
    if options.data == "sst2":
        return kd.datasets.load_text_classification(options.data_dir)
    return kd.datasets.load(
        options.data,
        options.data_dir,
        split=f"train[:{options.max_examples}]",
        test_split=f"test[:{options.test_examples}]",
    )


def tuned(data, options, folder):
    """The tuner, when it is done."""
    is_text = options.data == "sst2"
    sizes = {"filters": options.filters, "num_cells": options.num_cells}
    facts = (
        {"vocabulary_size": len(data.vocabulary)}
        if is_text
        else {"input_shape": data.image_shape}
    )
    hypermodel = kd.DartsHyperModel(
        "text_cnn" if is_text else "darts_cnn",
        options.strategy,
        seed=options.seeds,
        num_classes=data.num_classes,
        **sizes,
        **facts,
    )
    tuner = kd.DartsTuner(
        hypermodel,
        "val_accuracy",
        oracle="grid",
        network_args={} if is_text else {"auxiliary": False},
        directory=folder,
        project_name=options.data,
        train_epochs=options.train_epochs,
        recipe=RECIPES[options.data],
        random_baseline=(options.baseline == "time" or int(options.baseline)),
    )
    tuner.search(
        data.train.batch(options.batch_size),
        validation_data=data.valid.batch(100) if is_text else None,
        epochs=options.search_epochs,
        verbose=0,
    )
    return tuner


def runs_of(tuner, data):
    """The figures of each network that was trained."""
    project = tuner.project
    for trial in tuner.completed_trials():
        (execution,) = json.loads(
            (project.trial_folder(trial.trial_id) / "results.json").read_text()
        )["executions"]
        seed = trial.hyperparameters.values["seed"]
        yield figures("searched", seed, execution, tuner, data)
    for row in project.baseline():
        yield figures("random", row["seed"], row, tuner, data)


def figures(cell, seed, genotypes, tuner, data):
    """Those of one network, with its accuracy on the test set."""
    network = kd.training.load_network(
        tuner.project.networks / genotypes["network"]
    )
    test = kd.training.evaluate_classifier(
        network.predict_on_batch, data.test.batch(100)
    )
    return {
        "cell": cell,
        "seed": seed,
        "genotype": genotypes["genotype"],
        "num_weights": kd.analysis.count_parameters(network),
        "validation_accuracy": genotypes["figures"]["val_accuracy"],
        "test_accuracy": test["accuracy"],
        **{f"{k}_seconds": v for k, v in genotypes["seconds"].items()},
    }


def text_of(report):
    (head, *validation), (_, *test) = (
        comparison.rows_of(
            report["runs"],
            CELLS,
            score=score,
            form="{:.4f}".format,
            seconds=("search_seconds", "training_seconds"),
        )
        for score in SCORES
    )
    rows = [
        [f"{cell}, {part}", *row]
        for part, rows in (("validation", validation), ("test", test))
        for cell, *row in rows
    ]
    settings = report["settings"]
    return comparison.text_of(
        report,
        [name for name in SIZES if name in settings],
        introduction=f"{settings['data']}; {settings['strategy']}",
        rows=[[head[0], "accuracy, mean", *head[2:]], *rows],
        remarks=[chosen_in_words(cell, report["runs"]) for cell in CELLS],
    )


def chosen_in_words(cell, runs):
    """What choosing by validation gave."""
    best = max(
        (run for run in runs if run["cell"] == cell),
        key=lambda run: run["validation_accuracy"],
    )
    return (
        f"{cell}, best by validation: seed {best['seed']}, "
        f"{best['validation_accuracy']:.4f}, test "
        f"{best['test_accuracy']:.4f}; `{best['genotype']}`"
    )


if __name__ == "__main__":
    main()
