"""A step of the architecture and one of the weights draw other numbers."""

import numpy as np
import tensorflow as tf

import keras_darts as kd
from keras_darts.search.bilevel_problem import random_states
from keras_darts.testing.small import small_search

SPACE = kd.search_spaces.darts_cnn(
    2, 1, num_nodes=1, primitives=("none", "skip_connect", "avg_pool_3x3")
)


def gumbel_search():
    relaxation = kd.relaxations.GumbelSoftmax(seed=0)
    search = small_search(SPACE, kd.SearchStrategy(relaxation=relaxation))
    search.compile(run_eagerly=True)
    return search


def batch(seed=0):
    x = np.random.default_rng(seed).normal(size=(4, 8, 8, 1))
    return tf.constant(x, "float32"), tf.constant([0, 1, 2, 0])


def test_the_states_of_a_supernet_are_found_and_told_apart():
    supernet = gumbel_search().supernet
    ((variable, same),) = random_states(supernet, 0)
    ((_, other),) = random_states(supernet, 1)
    np.testing.assert_array_equal(same, variable)
    assert np.any(other != same)


def test_the_search_loss_draws_numbers_of_its_own():
    search = gumbel_search()
    search.compile_for()
    problem = search.problem

    def loss(searching):
        point = (problem.weight_values(), problem.arch_values())
        gradients = problem.gradients(
            batch(), *point, wrt="arch", searching=searching
        )
        return float(gradients.loss)

    assert loss(False) == loss(False)
    assert loss(True) == loss(True)
    assert loss(True) != loss(False)


def test_numbers_change_from_step_to_step_and_come_back_with_the_seed():
    def course():
        search = gumbel_search()
        losses = search.fit(
            *map(np.array, batch()), batch_size=2, epochs=2, verbose=0
        ).history["arch_loss"]
        ((variable, _),) = random_states(search.supernet, 0)
        return losses, variable.numpy().tolist()

    first, second = course(), course()
    assert first == second
    assert first[0][0] != first[0][1]
