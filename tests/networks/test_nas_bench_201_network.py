"""NAS-Bench-201's network: its published sizes, and what its parts compute."""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts import analysis
from keras_darts import networks
from keras_darts.genotypes import NasBench201Genotype

RESNET = (
    "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|"
    "+|skip_connect~0|none~1|skip_connect~2|"
)
# Parameters and multiply-accumulates in millions, as the benchmark gives them.
PUBLISHED = {
    "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|": (0.073306, 7.78305),
    RESNET: (0.559386, 78.56193),
    "|skip_connect~0|+|none~0|nor_conv_3x3~1|"
    "+|avg_pool_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|": (0.802426, 113.95137),
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|"
    "+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|": (1.531546, 220.11969),
}


def small(genotype, **options):
    options = {"filters": 3, "num_cells": 1, **options}
    return networks.NasBench201Network(genotype, 5, **options)


def by_hand(edges):
    """The number of weights, from the layers."""

    def conv(size, inputs, outputs, normalized=True):
        return size * size * inputs * outputs + 2 * outputs * normalized

    count = conv(3, 3, 16)
    for width in (16, 32, 64):
        sizes = [{"nor_conv_1x1": 1, "nor_conv_3x3": 3}.get(e) for e in edges]
        count += 5 * sum(conv(size, width, width) for size in sizes if size)
    for before, after in ((16, 32), (32, 64)):
        count += conv(3, before, after) + conv(3, after, after)
        count += conv(1, before, after, normalized=False)
    return count + 2 * 64 + 64 * 10 + 10


@pytest.mark.parametrize("text", PUBLISHED, ids=["none", "resnet", "3", "all"])
def test_sizes_are_the_published_ones(text):
    parameters, macs = PUBLISHED[text]
    network = networks.NasBench201Network(text)
    count = analysis.count_parameters(network)
    assert count == round(parameters * 1e6)
    assert count == by_hand(network.genotype.edges)
    # The benchmark counts the ten additions of the last bias as well.
    assert analysis.count_macs(network) == pytest.approx(macs * 1e6 - 10, abs=1)


def test_primitives_of_any_kind_have_their_weights():
    text = (
        "|nor_conv_1x1~0|+|avg_pool_3x3~0|nor_conv_1x1~1|"
        "+|skip_connect~0|nor_conv_3x3~1|none~2|"
    )
    network = networks.NasBench201Network(text)
    assert analysis.count_parameters(network) == by_hand(network.genotype.edges)


def mean_of_neighbours(x):
    """Of each pixel and those around it that are there."""
    height, width = x.shape[1:3]
    rows = [slice(max(i - 1, 0), i + 2) for i in range(height)]
    columns = [slice(max(j - 1, 0), j + 2) for j in range(width)]
    return np.stack(
        [
            np.stack([x[:, i, j].mean((1, 2)) for j in columns], axis=1)
            for i in rows
        ],
        axis=1,
    )


def test_nodes_sum_their_edges(images):
    text = (
        "|avg_pool_3x3~0|+|skip_connect~0|none~1|"
        "+|none~0|skip_connect~1|avg_pool_3x3~2|"
    )
    cell, x = networks.NasBench201Cell(text, 3), images((4, 6, 3))
    pooled = mean_of_neighbours(x)
    for training in (False, True):
        outputs = cell([x], training=training)
        np.testing.assert_allclose(outputs, 2 * pooled, rtol=1e-4, atol=1e-5)


def test_a_cell_of_nothing_gives_zeros(images):
    cell = networks.NasBench201Cell("|none~0|", 3)
    assert not np.any(cell([images((4, 4, 3))]))


def convolved(x, kernel, stride=1):
    size = kernel.shape[0]
    x = np.pad(x, [(0, 0), *[(size // 2, size // 2)] * 2, (0, 0)])
    return tf.nn.conv2d(x, kernel, stride, "VALID").numpy()


def normalized(x):
    return (x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2)) + 1e-5)


def test_a_reduction_is_two_convolutions_beside_a_shortcut(images):
    layer, x = networks.ResidualReduction(5), images((6, 6, 3))
    outputs = layer(x, training=True)
    first, second, third = [
        v.numpy() for v in layer.trainable_variables if v.name == "kernel"
    ]
    assert [k.shape[0] for k in (first, second, third)] == [3, 3, 1]
    inside = normalized(convolved(np.maximum(x, 0), first, 2))
    inside = normalized(convolved(np.maximum(inside, 0), second))
    means = x.reshape(len(x), 3, 2, 3, 2, 3).mean((2, 4))
    expected = inside + convolved(means, third)
    np.testing.assert_allclose(outputs, expected, rtol=1e-3, atol=1e-4)


def test_stages_halve_the_sides_and_double_the_channels(images):
    network = small(RESNET, num_cells=2, input_shape=(8, 12, 1))
    widths = [block.filters for block in network.blocks]
    assert widths == [3, 3, 6, 6, 6, 12, 12, 12]
    assert network(images((8, 12, 1))).shape == (4, 5)


@pytest.mark.parametrize("text", [RESNET, "|nor_conv_1x1~0|+|none~0|none~1|"])
def test_every_weight_has_a_gradient_though_it_leads_nowhere(images, text):
    network = small(text, input_shape=(8, 8, 3))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(network(images((8, 8, 3)), training=True) ** 2)
    variables = [v.value for v in network.trainable_variables]
    assert all(g is not None for g in tape.gradient(loss, variables))


def test_a_saved_network_is_the_same(images, tmp_path):
    network = small(RESNET, input_shape=(8, 8, 3))
    network(images((8, 8, 3)), training=True)
    with warnings.catch_warnings():
        # Keras' way to NumPy arrays, which is not for us to mend.
        warnings.filterwarnings("ignore", "__array__ implementation")
        network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    x = images((8, 8, 3), seed=1)
    np.testing.assert_array_equal(network(x), loaded(x))
    assert loaded.genotype == NasBench201Genotype.from_text(RESNET)


def test_the_network_of_a_genotype_is_found_by_its_kind():
    genotype = NasBench201Genotype.from_text(RESNET)
    settings = {"filters": 2, "num_cells": 1}
    network = networks.network_for(
        genotype, 3, (8, 8, 1), auxiliary=False, **settings
    )
    assert isinstance(network, networks.NasBench201Network)
    assert network.num_classes == 3
    with pytest.raises(ValueError, match="`auxiliary` must be left out"):
        networks.network_for(
            genotype, 3, (32, 32, 3), auxiliary=True, **settings
        )


@pytest.mark.parametrize(
    ("genotype", "options", "error", "message"),
    [
        ("darts_v2", {}, ValueError, "`text` must be like"),
        (3, {}, TypeError, "`genotype` must be a `NasBench201Genotype`"),
        (RESNET, {"input_shape": (6, 8, 3)}, ValueError, "`input_shape` must"),
        (RESNET, {"num_cells": 0}, ValueError, "`num_cells` must be"),
        (RESNET, {"filters": 1.5}, ValueError, "`filters` must be"),
    ],
)
def test_what_makes_no_network_is_refused(genotype, options, error, message):
    with pytest.raises(error, match=message):
        small(genotype, **options)
