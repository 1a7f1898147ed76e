"""A method of one's own: pieces of published ones, and a new one.

Gates as in FairDARTS and part of the channels as in PC-DARTS, with a term of
one's own that asks for few open gates on an edge, and a warm-up of the weights.

    python examples/custom_strategy.py [--smoke]
"""

import argparse
import os
import time

import keras_darts as kd

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
kd.configure_cpu()

import keras  # noqa: E402  (after configure_cpu)
from keras import ops  # noqa: E402


@kd.regularizers.register("few_gates")
@keras.saving.register_keras_serializable("examples")
class FewGates(kd.regularizers.Regularizer):
    """Mean over all edges of the square of what is open on them."""

    def __init__(self, weight=0.1, **kwargs):
        super().__init__(weight, **kwargs)

    def term(self, logits, weights):
        opened = [ops.sum(gates, axis=-1) for gates in weights.values()]
        return ops.mean(ops.square(ops.concatenate(opened)))


@kd.register_strategy("sparse_gates")
def sparse_gates():
    return kd.SearchStrategy(
        relaxation="sigmoid",
        connection=kd.connections.PartialConnection(2),
        initializer="zeros",
        exclude=["none"],
        regularizers=[FewGates(0.1), kd.regularizers.ZeroOne(10.0)],
        callbacks=[
            kd.callbacks.WeightWarmUp(1),
            kd.callbacks.ScheduleVariable(
                "few_gates_weight", kd.schedules.Linear(0.0, 0.1)
            ),
        ],
        discretizer=kd.discretizers.Threshold(0.5, form="edge"),
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--smoke", action="store_true", help="tiny, for tests")
    options = parser.parse_args()
    start = time.time()

    size = {"filters": 8, "num_cells": 5, "num_nodes": 3}
    if options.smoke:
        size = {"filters": 4, "num_cells": 3, "num_nodes": 1}
    data = kd.datasets.load("digits")
    search = kd.DartsSearch(
        kd.search_spaces.darts_cnn(**size), strategy="sparse_gates"
    )
    history = search.fit(
        data.train.take(256 if options.smoke else data.num_train).batch(64),
        epochs=2 if options.smoke else options.epochs,
        verbose=2,
    ).history
    print("entropy of the gates:", history["alpha_entropy"])
    print(search.genotype().to_text())
    print(f"Done in {time.time() - start:.0f} s.")


if __name__ == "__main__":
    main()
