"""A network with every kind of operation that found networks are made of."""

import keras
import numpy as np
import pytest


def _build(outputs=4):
    layers = keras.layers
    image = keras.Input((16, 16, 3))
    x = layers.Conv2D(12, 3, padding="same", use_bias=False)(image)
    x = layers.BatchNormalization()(x)
    separable = layers.SeparableConv2D(16, 3, padding="same")(layers.ReLU()(x))
    dilated = layers.DepthwiseConv2D(3, padding="same", dilation_rate=2)(x)
    dilated = layers.BatchNormalization()(layers.Conv2D(16, 1)(dilated))
    pooled = layers.MaxPooling2D(3, strides=1, padding="same")(x)
    pooled = layers.AveragePooling2D(3, strides=1, padding="same")(pooled)
    x = layers.Concatenate()([separable, dilated, pooled])
    x = layers.Conv2D(64, 3, strides=2, padding="same")(layers.ReLU()(x))
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.GlobalAveragePooling2D()(x)
    network = keras.Model(image, layers.Dense(outputs)(x))
    _pretend_training(network)
    return network


def _pretend_training(network):
    # Statistics as of a trained network: fresh ones hide mistakes in the BN.
    rng = np.random.default_rng(1)
    for weight in network.weights:
        values = 0.3 * rng.standard_normal(weight.shape)
        if "variance" in weight.path or "gamma" in weight.path:
            values = 1 + np.abs(values)
        weight.assign(values)


@pytest.fixture(scope="session")
def network():
    return _build()


@pytest.fixture(scope="session")
def images():
    rng = np.random.default_rng(2)
    return rng.standard_normal((5, 16, 16, 3), "float32")


@pytest.fixture
def linear():
    """Makes networks that compute what a test says on 4x4 images.

    No file has two channels: exports of such networks, which do not decode
    files, are made in half the time.
    """

    def build(function=lambda x: x, outputs=2, channels=1):
        class Between(keras.layers.Layer):
            def call(self, x):
                return function(x)

        image = keras.Input((4, 4, channels))
        x = keras.layers.Dense(outputs)(keras.layers.Flatten()(image))
        return keras.Model(image, Between()(x))

    return build
