"""Searches in threads are those that each seed gives alone."""

import concurrent.futures
import random
import threading

import numpy as np
import tensorflow as tf

import keras_darts as kd
from keras_darts.utils.private_api import seeded
from keras_darts.utils.tf_config import grappler

SPACE = kd.search_spaces.darts_cnn(
    2, 1, num_nodes=1, primitives=("skip_connect", "dil_conv_3x3")
)
LABELS = np.arange(32) % 2
IMAGES = np.random.default_rng(0).random((32, 8, 8, 1), "float32")
SWITCH = "disable_meta_optimizer"


def searched(seed, strategy, start=None):
    """Alphas and logits of a search, which begins with all others."""
    if start is not None:
        start.wait()
    search = kd.DartsSearch(SPACE, strategy, seed=seed)
    search.fit(IMAGES, LABELS, batch_size=8, epochs=1, verbose=0)
    return [
        *[variable.numpy() for variable in search.arch_variables],
        search.supernet(IMAGES[:4]).numpy(),
    ]


def test_searches_in_threads_are_those_of_their_seeds():
    # It draws in each step, too.
    strategy = "gdas"
    alone = searched(3, strategy)
    start = threading.Barrier(2)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(searched, 3, strategy, start) for _ in range(2)]
        results = [each.result() for each in asked]
    for each in results:
        for value, expected in zip(each, alone, strict=True):
            np.testing.assert_array_equal(value, expected)


def test_first_values_in_threads_are_those_of_their_seeds():
    def drawn(seed):
        with seeded(seed):
            return [random.random() for _ in range(20_000)]

    state = random.getstate()
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        results = [*pool.map(drawn, [1, 2, 1, 2])]
    assert results[0] == results[2] != results[1] == results[3]
    assert random.getstate() == state


def test_the_graph_optimizer_is_as_before_once_all_threads_are_done():
    before = tf.config.optimizer.get_experimental_options().get(SWITCH, False)
    first, second = grappler(False), grappler(False)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert tf.config.optimizer.get_experimental_options()[SWITCH]
    second.__exit__(None, None, None)
    after = tf.config.optimizer.get_experimental_options()[SWITCH]
    assert after == before
