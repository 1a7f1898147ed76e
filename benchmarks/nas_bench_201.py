"""A search on CIFAR-10 in the space of NAS-Bench-201, on a budget of minutes.

    python benchmarks/nas_bench_201.py --strategy=darts --seed=0 --minutes=20 \
        --data_dir=DATA --output=darts_0.json

The published searches have 16 channels, 5 cells a stage and all 50,000
training images, half of them for the alphas, for 50 epochs of batches of 64.
The defaults here are a tenth of the images and a twentieth of the work on
each, so that two cores do an epoch in half a minute or less; `--filters=16
--num_cells=5 --max_examples=50000` are the published sizes. Alphas so make a
tenth of the steps, for which their learning rate makes up, unless
`--published_rates` or `--arch_learning_rate` says otherwise. All else is the
strategy's own. The learning rate of the weights falls over `--epochs`; a
search that runs out of minutes ends before, after the epoch that it is in.
The file has the string, the alphas and the logs of each epoch; the last
string is what the benchmark's tables are asked for.
"""

import argparse
import dataclasses
import time

import keras_darts as kd

kd.configure_cpu(threads="inter_op")

import keras  # noqa: E402  (after configure_cpu)
from circumstances import circumstances  # noqa: E402
from comparison import note  # noqa: E402
from comparison import plain  # noqa: E402

from keras_darts import strategies  # noqa: E402
from keras_darts.supernet import arch_parameters  # noqa: E402
from keras_darts.training.tensorboard import rate_of  # noqa: E402
from keras_darts.utils.files import write_json  # noqa: E402

SIZES = {
    "filters": (8, "channels of the first stage"),
    "num_cells": (1, "cells of each of the three stages"),
    "max_examples": (5000, "training images, half of them for the alphas"),
    "batch_size": (64, "images in a step"),
    "epochs": (50, "the epochs over which the learning rate falls"),
}
# What authors have chosen for this space, where it is not the default.
PUBLISHED = {
    "dr_nas_progressive": {"k": (4, 2), "candidates": 3},
    "enas": {"recipe": "nas_bench_201"},
    "random_sharing": {"recipe": "nas_bench_201"},
}
_PATHS = ("data_dir", "output")


def main():
    options = parse_options()
    data = kd.datasets.load(
        "cifar10",
        options.data_dir,
        split=f"train[:{options.max_examples}]",
    )
    search = kd.DartsSearch(
        "nas_bench_201",
        strategy_of(options),
        num_classes=data.num_classes,
        input_shape=data.image_shape,
        filters=options.filters,
        num_cells=options.num_cells,
        seed=options.seed,
    )
    course = Course(options)
    search.fit(
        data.train.batch(options.batch_size),
        epochs=options.epochs,
        callbacks=[course],
        published_rates=options.published_rates,
        verbose=0,
    )
    print(course.report["architecture"])


def strategy_of(options):
    published = PUBLISHED.get(options.strategy, {})
    strategy = strategies.get(options.strategy)
    if published:
        strategy = getattr(strategies.methods, options.strategy)(**published)
    if options.arch_learning_rate is None:
        return strategy
    recipe = dataclasses.replace(
        strategy.recipe_for("image_classification"),
        arch_learning_rate=options.arch_learning_rate,
    )
    return dataclasses.replace(strategy, recipe=recipe)


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--strategy",
        choices=strategies.names(),
        default="darts",
        help="the strategy; defaults to darts",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of the search; defaults to 0"
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=20.0,
        help="after which no further epoch begins; defaults to 20",
    )
    parser.add_argument(
        "--arch_learning_rate",
        type=float,
        help="of the alphas; by default the strategy's, by its steps",
    )
    parser.add_argument(
        "--published_rates",
        action="store_true",
        help="take the strategy's rate of the alphas as it was published",
    )
    for name, (default, meaning) in SIZES.items():
        parser.add_argument(
            f"--{name}",
            type=int,
            default=default,
            help=f"{meaning}; defaults to {default}",
        )
    parser.add_argument(
        "--data_dir", help="folder of TensorFlow Datasets; by default its own"
    )
    parser.add_argument("--output", help="JSON file for the figures")
    return parser.parse_args()


class Course(keras.callbacks.Callback):
    """Keeps what was found after each epoch, and ends the search in time."""

    def __init__(self, options):
        super().__init__()
        self.output, self.minutes = options.output, options.minutes
        settings = {k: v for k, v in vars(options).items() if k not in _PATHS}
        self.report = {
            **circumstances(),
            "settings": settings,
            "architecture": None,
            "ended_by": None,
            "seconds": 0.0,
            "epochs": [],
        }
        self._start = time.perf_counter()

    def on_train_begin(self, logs=None):
        # The traces of the first step count as part of the search, which may
        # have several stages.
        if not self.report["epochs"]:
            self._start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        seconds = time.perf_counter() - self._start
        architecture = self.model.genotype().to_text()
        logs = plain({name: [value] for name, value in (logs or {}).items()})
        self.report["epochs"].append(
            {
                "architecture": architecture,
                "alphas": {
                    variable.name: variable.numpy().tolist()
                    for variable in self.model.arch_variables
                },
                "seconds": seconds,
                "arch_learning_rate": rate_of(self.model.arch_optimizer),
                "entropy_of_uniform": round(self._entropy(), 4),
                **{name: value for name, (value,) in logs.items()},
            }
        )
        self.report["architecture"] = architecture
        self.report["seconds"] = seconds
        note(f"epoch {epoch + 1}, {seconds:.0f} s: {architecture}")
        if seconds >= 60 * self.minutes:
            self.report["ended_by"] = "minutes"
            self.model.stop_training = True
        self._write()

    def _entropy(self):
        cells = self.model.search_space.cells
        weights = self.model.mixing_weights()
        return arch_parameters.normalized_entropy(weights, cells)

    def on_train_end(self, logs=None):
        self.report["ended_by"] = self.report["ended_by"] or "epochs"
        self._write()

    def _write(self):
        if self.output:
            write_json(self.output, self.report)


if __name__ == "__main__":
    main()
