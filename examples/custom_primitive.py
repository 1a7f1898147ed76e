"""A primitive of one's own as a candidate next to the published ones.

A ghost convolution (Han et al., 2020) makes half of its channels by an
ordinary convolution and the other half by cheap depthwise ones of those.

    python examples/custom_primitive.py [--smoke]
"""

import argparse
import os
import time

import keras_darts as kd

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
kd.configure_cpu()

import keras  # noqa: E402  (after configure_cpu)
from keras import ops  # noqa: E402


# Registered with Keras, so that networks of it can be saved and loaded.
@keras.saving.register_keras_serializable("examples")
class GhostConv(keras.layers.Layer):
    def __init__(self, filters, stride=1, affine=True, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.stride = stride
        self.affine = affine
        half = filters // 2
        self.whole = keras.layers.Conv2D(half, 1, stride, use_bias=False)
        self.cheap = keras.layers.DepthwiseConv2D(
            3, padding="same", use_bias=False
        )
        self.bn = kd.primitives.BatchNormalization(affine)

    def build(self, input_shape):
        self.whole.build(input_shape)
        self.cheap.build((*input_shape[:-1], self.filters // 2))
        self.bn.build((*input_shape[:-1], self.filters))

    def call(self, inputs, training=None):
        ordinary = self.whole(ops.relu(inputs))
        outputs = ops.concatenate([ordinary, self.cheap(ordinary)], axis=-1)
        return self.bn(outputs, training=training)


kd.register_primitive("ghost_conv")(GhostConv)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--smoke", action="store_true", help="tiny, for tests")
    options = parser.parse_args()
    start = time.time()

    # Whatever is asked of a primitive, asked of this one.
    kd.testing.run_primitive_test("ghost_conv")

    candidates = ("none", "skip_connect", "sep_conv_3x3", "ghost_conv")
    size = {"filters": 4, "num_cells": 3, "num_nodes": 1}
    if not options.smoke:
        size = {"filters": 8, "num_cells": 5, "num_nodes": 3}
    search = kd.DartsSearch(
        kd.search_spaces.darts_cnn(**size, primitives=candidates)
    )
    data = kd.datasets.load("digits")
    search.fit(
        data.train.take(256 if options.smoke else data.num_train).batch(64),
        epochs=1 if options.smoke else options.epochs,
        verbose=2,
    )
    print(search.genotype().to_text())
    network = search.derived_network(filters=size["filters"], num_cells=3)
    print(f"{kd.analysis.count_parameters(network):,} weights to be trained")
    print(f"Done in {time.time() - start:.0f} s.")


if __name__ == "__main__":
    main()
