"""Noise: what it is, and that it is the same again for a seed."""

import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.primitives import Noise
from keras_darts.utils.private_api import seeded


@pytest.mark.parametrize(("stride", "sides"), [(1, (5, 6)), (2, (3, 3))])
def test_noise_is_standard_normal_whatever_its_input(stride, sides):
    layer = Noise(stride, seed=0)
    outputs = layer(np.full((40, 5, 6, 8), 9.0, "float32")).numpy()
    assert outputs.shape == (40, *sides, 8)
    # Of more than 2,800 numbers, by five standard errors.
    assert abs(outputs.mean()) < 0.1
    assert abs(outputs.std() - 1) < 0.1


def test_noise_is_drawn_anew_in_training_and_at_inference():
    layer, x = Noise(seed=0), np.zeros((1, 4, 4, 2), "float32")
    drawn = [layer(x, training=flag).numpy() for flag in (True, False, False)]
    assert len({values.tobytes() for values in drawn}) == 3


def logits_of(seed):
    """Of a search on a noisy space, and of the network derived from it.

    For each the logits of two calls, the supernet's in training.
    """
    space = kd.search_spaces.darts_cnn(2, 2, num_nodes=1, primitives=("noise",))
    x = np.zeros((2, 8, 8, 1), "float32")
    search = kd.DartsSearch(
        space, num_classes=2, input_shape=(8, 8, 1), seed=seed
    )
    with seeded(seed):
        network = search.derived_network(filters=2, num_cells=2)
    call = tf.function(
        lambda: search.supernet(x, training=True), autograph=False
    )
    return [f().numpy() for f in (call, lambda: network(x)) for _ in range(2)]


def test_a_seed_decides_what_supernets_and_networks_draw():
    first, again, other = logits_of(0), logits_of(0), logits_of(1)
    for mine, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(mine, same)
        assert np.any(mine != different)
    assert np.any(first[0] != first[1])
    assert np.any(first[2] != first[3])
