"""Weights and multiplications, against hand counts and published networks."""

import subprocess
import sys

import keras
import pytest
import tensorflow as tf

from keras_darts import networks
from keras_darts.analysis import count_macs
from keras_darts.analysis import count_parameters

# All primitives that published cells have are in these.
PUBLISHED = [
    (networks.CifarNetwork, "darts_v2", 3_349_342, 528.4),
    (networks.CifarNetwork, "pc_darts_cifar", 3_634_678, 556.7),
    (networks.ImageNetNetwork, "p_darts", 4_944_352, 542.8),
]


def macs_of_layer(layer, input_shape):
    return count_macs(keras.Sequential([keras.Input(input_shape), layer]))


@pytest.mark.parametrize(("cls", "genotype", "weights", "millions"), PUBLISHED)
def test_published_networks_count_as_published(
    cls, genotype, weights, millions
):
    network = cls(genotype)
    assert count_parameters(network) == weights
    assert round(count_macs(network) / 1e6, 1) == millions


def test_auxiliary_head_of_the_published_network_counts_476426():
    # Its input has as many channels with three cells as with twenty.
    network = networks.CifarNetwork("darts_v2", num_cells=3)
    head = count_parameters(network, auxiliary=True) - count_parameters(network)
    assert head == 476_426


@pytest.mark.parametrize(
    ("options", "macs"),
    [
        ({"strides": 2, "padding": "valid"}, 3 * 3 * 9 * 2 * 5),
        ({"padding": "same"}, 7 * 7 * 9 * 2 * 5),
        ({"padding": "same", "dilation_rate": 2}, 7 * 7 * 9 * 2 * 5),
    ],
)
def test_convolution_multiplies_kernel_by_channels_at_each_pixel(options, macs):
    layer = keras.layers.Conv2D(5, 3, **options)
    assert macs_of_layer(layer, (7, 7, 2)) == macs


def test_grouped_convolution_counts_the_channels_of_a_group():
    layer = keras.layers.Conv2D(4, 3, padding="same", groups=2)
    assert macs_of_layer(layer, (4, 4, 8)) == 4 * 4 * 9 * 4 * 4


# Odd sides: the reordering for the dilation pads them, which counts nothing.
@pytest.mark.parametrize("dilation", [1, 2])
def test_depthwise_convolution_multiplies_kernel_at_each_pixel(dilation):
    layer = keras.layers.DepthwiseConv2D(
        3, padding="same", dilation_rate=dilation
    )
    assert macs_of_layer(layer, (7, 7, 2)) == 7 * 7 * 9 * 2


def test_attention_counts_its_products():
    layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)
    projections, scores = 4 * 5 * 8 * 8, 2 * 2 * 5 * 5 * 4
    macs = count_macs(lambda x: layer(x, x), (5, 8))
    assert macs == projections + scores


def test_traced_function_counts_each_time_it_is_called():
    @tf.function
    def linear(x):
        return tf.matmul(x, tf.ones((4, 4)))

    assert count_macs(lambda x: linear(linear(x)), (4,)) == 2 * 16


def test_model_of_unknown_size_needs_an_input_shape():
    model = keras.Sequential(
        [keras.Input((None, None, 3)), keras.layers.Conv2D(2, 1)]
    )
    with pytest.raises(ValueError, match=r"`input_shape` must be given"):
        count_macs(model)
    assert count_macs(model, (5, 4, 3)) == 5 * 4 * 3 * 2


def test_analysis_imports_without_tensorflow():
    code = (
        "import sys, keras_darts.analysis; print('tensorflow' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "tensorflow" not in answer.stdout.split()
