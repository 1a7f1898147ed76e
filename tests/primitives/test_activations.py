"""The activations of recurrent cells by name, the user's own among them."""

import keras
import numpy as np
import pytest

import keras_darts as kd
from keras_darts.primitives import activation
from keras_darts.primitives import activation_names
from keras_darts.primitives import register_activation

X = np.linspace(-3, 3, 13)
DARTS = {
    "none": np.zeros_like(X),
    "tanh": np.tanh(X),
    "relu": np.maximum(X, 0),
    "sigmoid": 1 / (1 + np.exp(-X)),
    "identity": X,
}


@register_activation("test_swish")
def swish(x):
    return keras.ops.silu(x)


@pytest.mark.parametrize("name", DARTS)
def test_the_activations_of_darts(name):
    result = activation(name)(keras.ops.convert_to_tensor(X))
    np.testing.assert_allclose(result, DARTS[name], rtol=1e-6, atol=1e-12)


def test_names_are_those_of_darts_and_of_users():
    names = activation_names()
    assert {*DARTS, "test_swish"} <= set(names)
    assert names == sorted(names)
    # Of images and sentences are others.
    assert not {"tanh", "test_swish"} & set(kd.primitives.names())


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(ValueError, match="Did you mean sigmoid"):
        activation("sigmoyd")


@pytest.mark.parametrize("name", ["two words", "", 3, None])
def test_a_name_must_be_an_identifier(name):
    with pytest.raises(ValueError, match="`name` must be an identifier"):
        register_activation(name)


def test_a_users_activation_is_searched_and_trained_with():
    space = kd.search_spaces.darts_rnn(
        2, ("none", "test_swish"), hidden_size=4, normalization=None
    )
    search = kd.DartsSearch(space, vocabulary_size=7)
    assert search(np.zeros((2, 3), "int32")).shape == (2, 3, 7)
    genotype = search.genotype()
    assert genotype.primitives() == ("test_swish",)
    network = search.derived_network(hidden_size=4)
    assert network(np.zeros((2, 3), "int32")).shape == (2, 3, 7)
