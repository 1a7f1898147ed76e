"""The supernet of NAS-Bench-201: its size, and what it is once decided."""

import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.primitives import BatchNormalization
from keras_darts.supernet import NasBench201Supernet
from keras_darts.utils.private_api import seeded

CONVOLUTIONS = ("nor_conv_1x1", "nor_conv_3x3")


def make(space, input_shape=(8, 8, 3), outputs=3, seed=0):
    strategy = kd.SearchStrategy().clone()
    with seeded(seed):
        return NasBench201Supernet(
            space,
            outputs,
            input_shape,
            relaxation=strategy.relaxation,
            connection=strategy.connection,
            initializer=strategy.initializer,
        )


def small(**settings):
    return kd.search_spaces.nas_bench_201(4, 1, **settings)


def size(variables):
    return sum(int(np.prod(v.shape)) for v in variables)


def test_the_supernet_has_the_size_of_all_candidates():
    supernet = make(kd.search_spaces.nas_bench_201(), (32, 32, 3), outputs=10)
    (alphas,) = supernet.arch_variables
    assert (alphas.name, alphas.shape) == ("alphas_cell", (6, 5))
    # What the network of no primitive has, and of each edge both kernels,
    # without biases, scales and offsets.
    kernels = sum(5 * 6 * (1 + 9) * width**2 for width in (16, 32, 64))
    assert size(supernet.trainable_variables) - 30 == 73_306 + kernels


def decide(supernet, edges):
    names = supernet.space.cell.primitives[0]
    rows = [100.0 * np.eye(5)[names.index(name)] for name in edges]
    supernet.arch_variables[0].assign(rows)


def copy_weights(supernet, network):
    """To the network of a genotype those of its primitives."""
    for mine, theirs in zip(supernet.blocks, network.blocks, strict=True):
        if not hasattr(mine, "edge_location"):
            for v, w in zip(mine.weights, theirs.weights, strict=True):
                w.assign(v)
            continue
        operations = iter(theirs.ops)
        for edge, name in enumerate(network.genotype.edges):
            operation = None if name == "none" else next(operations)
            if name in CONVOLUTIONS:
                stack, place = mine.edge_location(edge)
                kernels = stack.stacked_weights[CONVOLUTIONS.index(name)]
                operation.kernel.assign(kernels[place])
    for part in ("stem", "bn", "classifier"):
        mine, theirs = getattr(supernet, part), getattr(network, part)
        for v, w in zip(mine.weights, theirs.weights, strict=True):
            w.assign(v)


@pytest.mark.parametrize("seed", [1, 4])
def test_a_supernet_that_has_decided_is_the_network(images, seed):
    space = small()
    genotype = space.random_genotype(seed)
    supernet = make(space)
    network = kd.networks.NasBench201Network(
        genotype, 3, 4, 1, input_shape=(8, 8, 3)
    )
    decide(supernet, genotype.edges)
    copy_weights(supernet, network)
    x = images()
    np.testing.assert_allclose(
        supernet(x, training=True), network(x, training=True), atol=2e-5
    )


def normalizations(cell):
    layers = cell._flatten_layers(include_self=False, recursive=True)
    return [layer for layer in layers if isinstance(layer, BatchNormalization)]


@pytest.mark.parametrize(
    ("normalization", "in_cell", "outside"),
    [("batch_except_pooling", 2, 6), ("batch", 3, 6), (None, 0, 0)],
)
def test_the_space_says_what_is_normalised(normalization, in_cell, outside):
    supernet = make(small(normalization=normalization))
    result = normalizations(supernet)
    assert sum(layer.affine for layer in result) == outside
    cell = supernet.blocks[0]
    template = cell.stacks[0].template()
    assert len(normalizations(template)) == in_cell
    # Running means and variances, stacked for the six edges.
    assert len(cell.stacks[0].stacked_state) == 2 * in_cell


def test_a_trace_changes_nothing(images):
    supernet, x = make(small()), images()
    eager = supernet(x, training=True)
    before = [v.numpy() for v in supernet.non_trainable_variables]
    again = make(small())
    traced = tf.function(lambda x: again(x, training=True), autograph=False)(x)
    np.testing.assert_allclose(traced, eager, atol=1e-5)
    for variable, value in zip(
        again.non_trainable_variables, before, strict=True
    ):
        np.testing.assert_allclose(variable, value, atol=1e-5)


def test_images_that_can_not_be_halved_twice_are_refused():
    with pytest.raises(ValueError, match="`input_shape` must have .* by 4"):
        make(small(), (6, 8, 3))
