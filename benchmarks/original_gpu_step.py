"""Seconds of a step of the original code on a GPU, for each batch size.

python benchmarks/original_gpu_step.py --original=../darts --output=steps.json

It needs PyTorch with CUDA and the checkout of quark0/darts, and no TensorFlow:
`scaling.py` takes its figures for what one device of many has to do.
"""

import argparse
import importlib
import json
import pathlib
import statistics
import sys
import time

import torch
from original_step import LEARNING_RATE
from original_step import NUM_CLASSES
from original_step import SETTINGS
from original_step import descend
from original_step import sgd
from original_step import supply_views_of_any_layout

STEP_TYPES = ("weight", "first_order", "second_order")
WARM_UP = 3


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--original", required=True, help="the checkout")
    parser.add_argument("--filters", type=int, default=16)
    parser.add_argument("--num_cells", type=int, default=8)
    parser.add_argument("--batch_sizes", default="1,2,4,8,16,32,64,128,256")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--output", required=True, help="JSON file")
    options = parser.parse_args()
    sys.path.insert(0, str(pathlib.Path(options.original, "cnn")))
    supply_views_of_any_layout()
    torch.backends.cudnn.benchmark = True
    sizes = [int(size) for size in options.batch_sizes.split(",")]
    report = {
        "device": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "filters": options.filters,
        "num_cells": options.num_cells,
        "steps": options.steps,
        "seconds": {
            step_type: {
                size: seconds_of(step_type, size, options) for size in sizes
            }
            for step_type in STEP_TYPES
        },
    }
    pathlib.Path(options.output).write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report))


def seconds_of(step_type, size, options):
    """The median of the steps after the first ones."""
    torch.manual_seed(0)
    criterion = torch.nn.CrossEntropyLoss().cuda()
    network = importlib.import_module("model_search").Network
    model = network(
        options.filters, NUM_CLASSES, options.num_cells, criterion
    ).cuda()
    optimizer = sgd(model)
    architect = importlib.import_module("architect").Architect(model, SETTINGS)
    train, search = (batch(size) for _ in range(2))
    seconds = []
    for _ in range(WARM_UP + options.steps):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        if step_type != "weight":
            architect.step(
                *train,
                *search,
                LEARNING_RATE,
                optimizer,
                unrolled=step_type == "second_order",
            )
        descend(optimizer, lambda: model._loss(*train), 5.0)
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - begin)
    median = statistics.median(seconds[WARM_UP:])
    print(f"{step_type}, batch {size}: {median:.4f} s", flush=True)
    return median


def batch(size):
    images = torch.randn(size, 3, 32, 32, device="cuda")
    return images, torch.randint(0, NUM_CLASSES, (size,), device="cuda")


if __name__ == "__main__":
    main()
