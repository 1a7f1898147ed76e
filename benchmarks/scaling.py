"""What 8 and 64 GPUs would give a search, from measured steps and sizes.

python benchmarks/scaling.py
python benchmarks/scaling.py --steps=gpu_steps.json --bandwidth=50 --latency=30

The step of one GPU is measured (`original_gpu_step.py`), what is transferred
is counted in the search itself, and the network is assumed: nothing here was
run on more than one GPU.
"""

import argparse
import json
import math
import pathlib
import typing

import numpy as np

import keras_darts as kd

STEPS = pathlib.Path(__file__).parent / "gpu_steps.json"
DEVICES = (1, 8, 64)
BATCHES = {
    "64 together": lambda devices: 64 // devices,
    "64 a GPU": lambda devices: 64,
    "256 a GPU": lambda devices: 256,
}
BYTES = 4


class Traffic(typing.NamedTuple):
    """All-reduces of a step: of all weights, and small ones."""

    vectors: int
    small: int
    evaluations: int


# A step of the weights reduces its gradient, and Keras' optimizer once more
# what it is given. Alphas come in two tensors; the second order reduces them
# at the shifted weights too.
TRAFFIC = {
    "weight": Traffic(vectors=2, small=0, evaluations=1),
    "first_order": Traffic(vectors=2, small=2, evaluations=2),
    "second_order": Traffic(vectors=4, small=4, evaluations=5),
}


def main():
    options = parse_options()
    report = json.loads(pathlib.Path(options.steps).read_text())
    weights, channels = sizes_of(report["filters"], report["num_cells"])
    print(
        f"{report['device']}, {report['filters']} filters, "
        f"{report['num_cells']} cells: {weights:,} weights, {len(channels)} "
        f"normalisations of {sum(channels):,} channels together"
    )
    for step_type, traffic in TRAFFIC.items():
        steps = {int(b): s for b, s in report["seconds"][step_type].items()}
        alone = transfer(64, traffic, weights, (), options)
        print(
            f"\n{step_type}: on 64 GPUs the gradients take "
            f"{1e3 * alone:.1f} ms, "
            "half of the time of a step that computes as long"
        )
        print(
            f"| images | sync BN |{''.join(f' {d} |' for d in DEVICES)}\n"
            f"| --- | --- |{' ---: |' * len(DEVICES)}"
        )
        for title, batch_of in BATCHES.items():
            for synchronised in (False, True):
                cells = [
                    cell(
                        devices,
                        batch_of(devices),
                        steps,
                        transfer(
                            devices,
                            traffic,
                            weights,
                            channels if synchronised else (),
                            options,
                        ),
                    )
                    for devices in DEVICES
                ]
                choice = "yes" if synchronised else "no"
                print(f"| {title} | {choice} | {' | '.join(cells)} |")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", default=STEPS, help="measured seconds")
    parser.add_argument(
        "--bandwidth",
        type=float,
        default=35.0,
        help="GB/s that a GPU sends in an all-reduce; defaults to 35, most "
        "of a link of 400 Gbit/s",
    )
    parser.add_argument(
        "--latency",
        type=float,
        default=20.0,
        help="microseconds that an all-reduce takes for each doubling of the "
        "devices; defaults to 20",
    )
    return parser.parse_args()


def sizes_of(filters, num_cells):
    """Weights of the supernet, and the channels of each normalisation."""
    search = kd.DartsSearch(
        "darts_cnn",
        filters=filters,
        num_cells=num_cells,
        num_classes=10,
        input_shape=(32, 32, 3),
    )
    weights = sum(math.prod(v.shape) for v in search.weight_variables)
    # Equal edges of a cell keep theirs in one variable, a row an edge.
    channels = [
        v.shape[-1]
        for v in search.supernet.non_trainable_variables
        if v.name.endswith("moving_mean")
        for _ in range(math.prod(v.shape[:-1]))
    ]
    return weights, channels


def transfer(devices, traffic, weights, statistics, options):
    """Seconds of all all-reduces of a step, none of them hidden."""
    if devices == 1:
        return 0.0
    latency = options.latency * 1e-6 * math.log2(devices)
    # The mean, the variance and the count, forward and backward.
    small = traffic.small + 2 * traffic.evaluations * len(statistics)
    sent = BYTES * traffic.vectors * weights
    sent += BYTES * 4 * traffic.evaluations * sum(statistics)
    ring = 2 * (devices - 1) / devices * sent / (options.bandwidth * 1e9)
    return ring + latency * (traffic.vectors + small)


def cell(devices, batch, steps, transferred):
    """Images a second, the seconds of a step, and its share of transfers."""
    step = compute(steps, batch) + transferred
    share = 100 * transferred / step
    return f"{devices * batch / step:,.0f} ({step:.2f} s, {share:.0f} %)"


def compute(steps, batch):
    """The measured seconds, between measured sizes on a line."""
    sizes = sorted(steps)
    return float(np.interp(batch, sizes, [steps[size] for size in sizes]))


if __name__ == "__main__":
    main()
