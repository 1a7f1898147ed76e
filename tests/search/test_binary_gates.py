"""A step of ProxylessNAS moves two logits an edge, and no other share."""

import dataclasses

import numpy as np
import tensorflow as tf

import keras_darts as kd
from keras_darts import strategies
from keras_darts.testing.small import small_batch
from keras_darts.testing.small import small_search

SPACE = kd.search_spaces.darts_cnn(
    4,
    3,
    num_nodes=1,
    primitives=(
        "avg_pool_3x3",
        "skip_connect",
        "max_pool_3x3",
        "sep_conv_3x3",
        "dil_conv_3x3",
    ),
)
RECIPE = strategies.get("proxyless").recipe_for("image_classification")


def proxyless_search(cost, arch_learning_rate=1e-3):
    """The strategy, with alphas that differ, and draws that come back."""
    recipe = dataclasses.replace(RECIPE, arch_learning_rate=arch_learning_rate)
    strategy = dataclasses.replace(
        strategies.methods.proxyless(cost),
        relaxation=kd.relaxations.BinaryGates(seed=0),
        initializer="random_normal",
        callbacks=(),
        recipe=recipe,
    )
    search = small_search(SPACE, strategy)
    search.compile(run_eagerly=True)
    return search


def shares(logits):
    return tf.nn.softmax(tf.cast(logits, "float64")).numpy()


def test_the_shares_of_others_stay_and_the_two_keep_their_difference():
    relaxation = kd.relaxations.BinaryGates()
    before = np.random.default_rng(0).normal(size=(50, 5)).astype("float32")
    after = before.copy()
    after[:, 1] += 0.3
    after[:, 4] -= 0.7
    result = relaxation.rescale_logits(
        tf.constant(before), tf.constant(after)
    ).numpy()
    others = [0, 2, 3]
    np.testing.assert_array_equal(result[:, others], before[:, others])
    np.testing.assert_allclose(
        shares(result)[:, others], shares(before)[:, others], atol=1e-6
    )
    sums = [np.exp(a[:, [1, 4]]).sum(axis=-1) for a in (before, result)]
    np.testing.assert_allclose(*sums, rtol=1e-6)
    np.testing.assert_allclose(
        result[:, 1] - result[:, 4], after[:, 1] - after[:, 4], rtol=1e-5
    )


def test_an_edge_that_did_not_move_stays():
    relaxation = kd.relaxations.BinaryGates()
    logits = tf.constant([[0.5, -1.0, 2.0]])
    np.testing.assert_array_equal(
        relaxation.rescale_logits(logits, logits), logits
    )


def test_a_step_moves_two_logits_an_edge_even_where_candidates_cost():
    search = proxyless_search(cost=10.0, arch_learning_rate=0.1)
    before = [v.numpy() for v in search.arch_variables]
    batch = small_batch(SPACE, count=8)
    search.fit(*batch, batch_size=4, epochs=1, verbose=0)
    for variable, start in zip(search.arch_variables, before, strict=True):
        moved = variable.numpy() != start
        np.testing.assert_array_equal(moved.sum(axis=-1), 2)
        change = shares(variable.numpy()) - shares(start)
        assert np.abs(change[~moved]).max() < 1e-6
        assert np.abs(change[moved]).min() > 1e-3


def test_the_price_of_two_moves_them_by_their_difference():
    batch = small_batch(SPACE, count=4)
    plain, priced = (
        proxyless_search(cost).architecture_gradients(batch, batch)
        for cost in (0.0, 10.0)
    )
    search = proxyless_search(10.0)
    (term,) = search.strategy.regularizers
    term.prepare(search.supernet)
    highest = sum(t.max(axis=-1).sum() for t in term.costs.values())
    for cell_type, of_loss, of_both in zip(
        SPACE.cells, plain, priced, strict=True
    ):
        logits = search.supernet.arch.alphas[cell_type].numpy()
        costs = 10.0 * term.costs[cell_type] / highest
        for edge, row in enumerate((of_both - of_loss).numpy()):
            i, j = np.flatnonzero(of_loss[edge])
            p = shares(logits[edge, [i, j]])
            expected = np.zeros(5)
            slope = p[0] * p[1] * (costs[edge, i] - costs[edge, j])
            expected[[i, j]] = slope, -slope
            np.testing.assert_allclose(row, expected, rtol=1e-3, atol=1e-6)
