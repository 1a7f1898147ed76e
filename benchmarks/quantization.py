"""Accuracy, size and latency of a LiteRT file in each precision.

Trains a published cell briefly on CIFAR-10, writes it in each precision with
training images to calibrate by, and judges each file on test images.

    python benchmarks/quantization.py --data_dir=DATA --output=A.json
"""

import argparse
import json
import pathlib
import tempfile
import time

import keras_darts as kd

kd.configure_cpu()

from keras_darts.utils.files import write_json  # noqa: E402  (after configure_cpu)

FILES = {
    "float32": {},
    "float16": {"quantization": "float16"},
    "dynamic": {"quantization": "dynamic"},
    "int8": {"quantization": "int8"},
    "int8, uint8 in and out": {"quantization": "int8", "io_dtype": "uint8"},
}


def main():
    options = parse_options()
    begin = time.monotonic()
    data = kd.datasets.load(
        "cifar10",
        options.data_dir,
        split=f"train[:{options.max_examples}]",
        test_split=f"test[:{options.test_examples}]",
    )
    network = trained(options, data)
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, choices in FILES.items():
            if "quantization" in choices and "int8" in name:
                images = data.train.shuffle(4096, seed=0).batch(256)
                choices = {**choices, "representative_data": images}
            file = kd.export.litert(
                network,
                pathlib.Path(folder) / "net.tflite",
                labels=data.label_names,
                samples=data.test.batch(100),
                validation_data=data.test.batch(100),
                **choices,
            )
            rows[name] = described(file)
            print(name, json.dumps(rows[name]), flush=True)
    sizes = {
        name: getattr(options, name)
        for name in (
            "genotype",
            "filters",
            "num_cells",
            "max_examples",
            "epochs",
            "seed",
        )
    }
    report = {
        "sizes": sizes,
        "files": rows,
        "seconds": round(time.monotonic() - begin),
    }
    write_json(options.output, report)


def trained(options, data):
    network = kd.networks.CifarNetwork(
        options.genotype,
        filters=options.filters,
        num_cells=options.num_cells,
        auxiliary=False,
    )
    statistics = kd.datasets.NORMALIZATIONS["cifar10"]
    # What regularises 600 epochs would only slow so short a training down.
    recipe = kd.training.cifar_recipe(
        network,
        data.num_train,
        mean=statistics.mean,
        variance=statistics.variance,
        epochs=options.epochs,
        learning_rate=0.1,
        cutout=0,
        drop_path=0.0,
        seed=options.seed,
    )
    recipe.fit(network, data.train, verbose=2)
    return network


def described(file):
    card = kd.export.model_card(file)
    figures = kd.profiling.benchmark(file, seconds=3.0)
    (measured,) = figures["measurements"]
    return {
        "accuracy": card["accuracy"]["export"],
        "accuracy_of_network": card["accuracy"]["network"],
        "test_images": card["accuracy"]["inputs"],
        "top1_agreement": card["parity"]["top1_agreement"],
        "max_logit_difference": card["parity"]["max_logit_difference"],
        "max_logit": card["parity"]["max_logit"],
        "kilobytes": round(card["size_bytes"] / 1e3),
        "p50_ms": measured["p50_ms"],
        "machine": figures["machine"],
        "runtime": measured["runtime"],
    }


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data_dir", help="by default that of TFDS")
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--genotype", default="darts_v2")
    for name, default, meaning in (
        ("filters", 16, "channels of the first cells"),
        ("num_cells", 8, "cells"),
        ("max_examples", 5000, "training images"),
        ("test_examples", 2000, "images of the test"),
        ("epochs", 6, "passes over them"),
        ("seed", 0, "decides the training"),
    ):
        parser.add_argument(
            f"--{name}", type=int, default=default, help=meaning
        )
    return parser.parse_args()


if __name__ == "__main__":
    main()
