"""Alphas and betas, and the mixing weights they give."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.supernet import ArchParameters


def make(cells=None, edge_normalization=False, stddev=1.0):
    names = ("none", "skip_connect", "max_pool_3x3")
    cells = cells or {
        "normal": kd.CellSpec.uniform(names, 3),
        "reduce": kd.CellSpec.uniform(names, 3, reduction=True),
    }
    return ArchParameters(
        cells,
        kd.relaxations.Softmax(),
        keras.initializers.RandomNormal(stddev=stddev),
        edge_normalization,
    )


def test_variables_come_in_order_alphas_before_betas():
    arch = make(edge_normalization=True)
    assert [v.name for v in arch.arch_variables] == [
        "alphas_normal",
        "alphas_reduce",
        "betas_normal",
        "betas_reduce",
    ]
    assert [tuple(v.shape) for v in arch.arch_variables] == [
        (9, 3),
        (9, 3),
        (9,),
        (9,),
    ]


def test_kinds_of_cells_have_first_values_of_their_own():
    normal, reduce = make().arch_variables
    assert np.any(normal.numpy() != reduce.numpy())


def test_mixing_weights_are_the_softmax_of_each_edge():
    arch = make()
    weights, betas, sampled = arch()["normal"]
    logits = arch.alphas["normal"].numpy()
    expected = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    np.testing.assert_allclose(weights, expected, rtol=1e-5)
    assert betas is None
    assert sampled is None


def test_edge_weights_sum_to_one_over_the_inputs_of_each_node():
    arch = make(edge_normalization=True)
    for cell_type, spec in arch.cells.items():
        edge_weights = arch()[cell_type].edge_weights
        betas = np.exp(arch.betas[cell_type].numpy())
        for node in range(2, 5):
            edges = spec.edges_into(node)
            np.testing.assert_allclose(
                edge_weights.numpy()[edges],
                betas[edges] / betas[edges].sum(),
                rtol=1e-5,
            )


def test_a_gradient_reaches_each_beta():
    arch = make(edge_normalization=True)
    projection = np.random.default_rng(0).normal(size=9).astype("float32")
    with tf.GradientTape() as tape:
        loss = sum(
            tf.reduce_sum(mixing.edge_weights * projection)
            for mixing in arch().values()
        )
    variables = [v.value for v in arch.betas.values()]
    for gradient in tape.gradient(loss, variables):
        assert np.all(gradient)


def test_candidates_that_an_edge_lacks_have_no_weight_and_no_gradient():
    spec = kd.CellSpec([("skip_connect",), ("none", "skip_connect")])
    arch = make({"normal": spec})
    with tf.GradientTape() as tape:
        weights = arch()["normal"].weights
        loss = tf.reduce_sum(weights**2)
    np.testing.assert_array_equal(weights[0], [1, 0])
    gradient = tape.gradient(loss, arch.alphas["normal"].value).numpy()
    assert gradient[0, 1] == 0
    assert np.all(gradient[1])


@pytest.mark.parametrize("policy", ["mixed_float16", "float16"])
def test_alphas_are_mixed_in_full_precision(policy):
    relaxation = kd.relaxations.Softmax(dtype=policy)
    logits = tf.constant([[1.0, 1.0 + 2e-4]])
    weights = relaxation(logits)
    assert weights.dtype == tf.float32
    assert weights[0, 0] < weights[0, 1]
