"""Searches that draw candidates, as graphs and as Python runs them."""

import numpy as np
import pytest

import keras_darts as kd
from keras_darts.testing.small import small_search

SPACE = kd.search_spaces.darts_cnn(
    2,
    1,
    num_nodes=1,
    primitives=("none", "skip_connect", "max_pool_3x3", "dil_conv_3x3"),
)
RELAXATIONS = {
    "gdas": lambda: kd.relaxations.GumbelSoftmax(1.0, hard=True, seed=0),
    "proxyless": lambda: kd.relaxations.BinaryGates(seed=0),
}


def course(relaxation, run_eagerly):
    """Alphas and a weight after two steps."""
    strategy = kd.SearchStrategy(
        relaxation=relaxation, initializer="random_normal"
    )
    search = small_search(SPACE, strategy)
    search.compile(run_eagerly=run_eagerly)
    before = [v.numpy() for v in search.arch_variables]
    x = np.random.default_rng(0).normal(size=(16, 8, 8, 1))
    history = search.fit(
        x, np.arange(16) % 3, batch_size=4, epochs=1, verbose=0
    ).history
    moved = [
        v.numpy() - b
        for v, b in zip(search.arch_variables, before, strict=True)
    ]
    return history["loss"], moved


@pytest.mark.parametrize("name", RELAXATIONS)
def test_a_graph_draws_and_learns_as_python_does(name):
    make = RELAXATIONS[name]
    by_graph, alphas = course(make(), False)
    by_python, same_alphas = course(make(), True)
    np.testing.assert_allclose(by_graph, by_python, rtol=1e-4)
    for one, other in zip(alphas, same_alphas, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-7)
        assert np.any(one)
