"""The Hessian of the search loss in the architecture."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.search import steps

# With what has a gradient of its own making: wide filters, pools.
PRIMITIVES = ("skip_connect", "max_pool_3x3", "dil_conv_5x5")


@pytest.fixture
def double():
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])


@pytest.fixture
def batch():
    generator = np.random.default_rng(0)
    return generator.normal(size=(6, 8, 8, 1)), np.arange(6) % 3


def make_search(
    *, eager=True, strategy="darts", primitives=PRIMITIVES, num_cells=1
):
    space = kd.search_spaces.darts_cnn(
        2, num_cells, num_nodes=1, primitives=primitives
    )
    search = kd.DartsSearch(
        space, strategy, num_classes=3, input_shape=(8, 8, 1)
    )
    search.compile(run_eagerly=eager)
    generator = np.random.default_rng(1)
    for variable in search.arch_variables:
        variable.assign(generator.normal(size=variable.shape))
    return search


def dense(search, batch):
    product = search.hessian_product(batch)
    size = sum(np.prod(v.shape) for v in search.arch_variables)
    return np.stack([product(row) for row in np.eye(size)])


def assign(search, vector):
    ends = np.cumsum([np.prod(v.shape) for v in search.arch_variables])
    parts = np.split(vector, ends[:-1])
    for variable, part in zip(search.arch_variables, parts, strict=True):
        variable.assign(part.reshape(variable.shape))


def plain_loss(search, batch):
    """The gradient of the search loss at a vector of all alphas, by a tape."""
    images, labels = batch
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def gradient(vector):
        assign(search, vector)
        with tf.GradientTape() as tape:
            value = loss(labels, search.supernet(images, training=True))
        gradients = tape.gradient(
            value, [v.value for v in search.arch_variables]
        )
        return np.concatenate([np.ravel(g) for g in gradients])

    return gradient


def test_it_is_the_difference_of_gradients_in_double_precision(double, batch):
    # Three cells are of both kinds.
    search = make_search(
        strategy=kd.SearchStrategy(edge_normalization=True), num_cells=3
    )
    product = search.hessian_product(batch)
    gradient = plain_loss(search, batch)
    start = np.concatenate([np.ravel(v.numpy()) for v in search.arch_variables])
    assert len(start) == 2 * 2 * 3 + 2 * 2
    # So short that hardly a unit crosses a kink on the way.
    step = 1e-7
    for direction in np.random.default_rng(2).normal(size=(3, len(start))):
        result = product(direction)
        ahead, behind = (
            gradient(start + sign * step * direction) for sign in (1, -1)
        )
        expected = (ahead - behind) / (2 * step)
        size = np.abs(expected).max()
        assert size > 1e-4
        np.testing.assert_allclose(result, expected, atol=1e-5 * size)
        assign(search, start)


def test_the_eigenvalue_is_that_of_the_dense_hessian_and_nothing_moves(batch):
    search = make_search()
    before = [v.numpy() for v in search.variables]
    hessian = dense(search, batch).astype("float64")
    size = np.abs(hessian).max()
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-4 * size)
    assert search.arch_optimizer.weight_decay == 1e-3
    expected = np.linalg.eigvalsh(hessian)[-1] + 1e-3
    eigenvalue = steps.largest_eigenvalue(search, batch)
    assert eigenvalue == pytest.approx(expected, rel=1e-3)
    for value, variable in zip(before, search.variables, strict=True):
        np.testing.assert_array_equal(value, variable.numpy(), variable.path)


def test_the_traced_product_is_the_eager_one(batch):
    primitives = ("skip_connect", "max_pool_3x3")
    eager, traced = (
        make_search(eager=eager, primitives=primitives)
        for eager in (True, False)
    )
    vector = np.random.default_rng(2).normal(size=8)
    expected = eager.hessian_product(batch)(vector)
    result = traced.hessian_product(batch)(vector)
    np.testing.assert_allclose(result, expected, rtol=1e-3, atol=1e-6)


def test_a_recurrent_cell_is_bent_too(double):
    space = kd.search_spaces.darts_rnn(
        1, hidden_size=4, hidden_dropout=0.0, output_dropout=0.0
    )
    search = kd.DartsSearch(space, vocabulary_size=7)
    search.compile(run_eagerly=True)
    for variable in search.weight_variables:
        generator = np.random.default_rng(1)
        variable.assign(generator.normal(size=variable.shape) * 0.5)
    ids = np.random.default_rng(3).integers(0, 7, (3, 5))
    hessian = dense(search, (ids[:, :-1], ids[:, 1:]))
    # Masks stay the same from product to product.
    np.testing.assert_allclose(hessian, hessian.T, atol=1e-12)
    assert np.abs(hessian).max() > 1e-6
