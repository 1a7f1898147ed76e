"""The share of a step's time that waits for input, in searches on CIFAR-10.

Searches through `fit`, with decoding, augmentation and batching: at the
published sizes, and with a small supernet, whose short steps leave the input
the least time.

    python benchmarks/input_wait.py --data_dir=DATA --output=figures.json
"""

import argparse
import sys

import keras_darts as kd

kd.configure_cpu()

import keras  # noqa: E402  (after configure_cpu)
from circumstances import circumstances  # noqa: E402
from circumstances import line_of  # noqa: E402
from circumstances import markdown  # noqa: E402

from keras_darts.training import DataWaitMonitor  # noqa: E402
from keras_darts.utils.files import write_json  # noqa: E402

SUPERNETS = {
    "published": {"filters": 16, "num_cells": 8},
    "small": {"filters": 4, "num_cells": 2},
}
COUNTS = {
    "train_examples": (25_000, "images for the weights"),
    "search_examples": (256, "images for the alphas, each judges an epoch too"),
    "batch_size": (16, "images in a step, for weights and alphas each"),
    "steps": (20, "steps of an epoch"),
    "epochs": (3, "epochs; the first one holds the tracing"),
}
COLUMNS = (
    "supernet",
    "filters",
    "cells",
    "epoch",
    "steps",
    "seconds a step",
    "waited s",
    "share waited",
)


def main():
    options = parse_options()
    end = options.train_examples
    data = kd.datasets.load(
        "cifar10",
        options.data_dir,
        split=f"train[:{end}]",
        test_split=f"train[{end}:{end + options.search_examples}]",
    )
    settings = {k: v for k, v in vars(options).items() if k in COUNTS}
    report = {**circumstances(), "settings": settings, "epochs": []}
    for name in options.supernets:
        report["epochs"] += measured(name, data, options)
    print(text_of(report))
    if options.output:
        write_json(options.output, report)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--data_dir", help="folder of TensorFlow Datasets; by default its own"
    )
    parser.add_argument(
        "--supernets",
        type=lambda text: text.split(","),
        default=list(SUPERNETS),
        help=f"with commas between; defaults to {','.join(SUPERNETS)}",
    )
    for name, (default, meaning) in COUNTS.items():
        parser.add_argument(
            f"--{name}",
            type=int,
            default=default,
            help=f"{meaning}; defaults to {default}",
        )
    parser.add_argument("--output", help="JSON file for the figures")
    return parser.parse_args()


def measured(name, data, options):
    """The figures of each epoch of a search."""
    rows, wait = [], DataWaitMonitor()

    def note(epoch, logs):
        rows.append(
            {
                "supernet": name,
                **SUPERNETS[name],
                "epoch": epoch + 1,
                "steps": options.steps,
                "seconds": wait.seconds,
                "data_wait_fraction": wait.share,
            }
        )
        # A long run tells how it goes.
        print(f"{name}, epoch {epoch + 1}: {wait.share:.4f}", file=sys.stderr)

    kd.DartsSearch(**SUPERNETS[name]).fit(
        data.train.batch(options.batch_size),
        validation_data=data.test.batch(options.batch_size),
        epochs=options.epochs,
        steps_per_epoch=options.steps,
        callbacks=[wait, keras.callbacks.LambdaCallback(on_epoch_end=note)],
        verbose=0,
    )
    return rows


def text_of(report):
    settings = report["settings"]
    rows = [
        (
            row["supernet"],
            str(row["filters"]),
            str(row["num_cells"]),
            str(row["epoch"]),
            str(row["steps"]),
            f"{row['seconds'] / row['steps']:.3f}",
            f"{row['seconds'] * row['data_wait_fraction']:.2f}",
            f"{100 * row['data_wait_fraction']:.2f} %",
        )
        for row in report["epochs"]
    ]
    return "\n".join(
        [
            f"CIFAR-10, {settings['train_examples']:,} images for the weights, "
            f"{settings['search_examples']:,} for the alphas, batch "
            f"{settings['batch_size']}, padded, cropped and mirrored.",
            line_of(report),
            "",
            markdown([COLUMNS, *rows], num_left=1),
        ]
    )


if __name__ == "__main__":
    main()
