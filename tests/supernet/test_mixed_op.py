"""An edge: the weighted sum of its candidates."""

import numpy as np
import pytest

from keras_darts.primitives import Identity
from keras_darts.primitives import MaxPool3x3
from keras_darts.supernet import MixedOp
from keras_darts.supernet.mixed_op import NormalizedPool

NAMES = ("none", "max_pool_3x3", "skip_connect", "sep_conv_3x3")


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("stride", [1, 2])
def test_an_edge_is_the_weighted_sum_of_its_candidates(
    images, stride, training
):
    edge, x = MixedOp(NAMES, 4, stride), images((8, 8, 4))
    edge.build(x.shape)
    weights = np.array([0.4, 0.3, 0.2, 0.1], "float32")
    candidates = list(edge.candidates.values())
    assert len(candidates) == 3
    expected = sum(
        weight * candidate(x, training=training)
        for weight, candidate in zip(weights[1:], candidates, strict=True)
    )
    np.testing.assert_allclose(
        edge(x, weights, training=training), expected, rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("stride", [1, 2])
def test_an_edge_of_nothing_but_none_gives_zeros(images, stride):
    edge = MixedOp(("none",), 4, stride)
    outputs = edge(images((8, 8, 4)), np.ones(1, "float32"))
    assert outputs.shape == (4, 8 // stride, 8 // stride, 4)
    assert not np.any(outputs)


def test_none_takes_weight_from_the_others_and_gives_nothing(images):
    edge, x = MixedOp(("none", "skip_connect"), 4), images((8, 8, 4))
    outputs = edge(x, np.array([0.75, 0.25], "float32"))
    np.testing.assert_array_equal(outputs, 0.25 * x)


def test_weights_of_columns_that_an_edge_lacks_are_ignored(images):
    edge, x = MixedOp(("skip_connect",), 4), images((8, 8, 4))
    outputs = edge(x, np.array([0.5, 9.0, 9.0], "float32"))
    np.testing.assert_array_equal(outputs, 0.5 * x)


def test_nothing_in_a_search_edge_has_a_trained_scale_or_offset(images):
    edge = MixedOp(NAMES, 4, stride=2)
    edge.build((None, 8, 8, 4))
    assert {len(v.shape) for v in edge.trainable_variables} == {4}


def test_a_pool_is_normalized_in_the_search(images):
    edge, x = MixedOp(("max_pool_3x3",), 4), images((8, 8, 4))
    outputs = edge(x, np.ones(1, "float32"), training=True).numpy()
    np.testing.assert_allclose(outputs.mean((0, 1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(outputs.var((0, 1, 2)), 1, atol=1e-3)


def test_without_normalization_there_is_no_state():
    edge = MixedOp(NAMES, 4, normalization=None)
    edge.build((None, 8, 8, 4))
    assert edge.non_trainable_variables == []


@pytest.mark.parametrize(
    "layer",
    [MixedOp(NAMES, 4, 2, None), NormalizedPool(MaxPool3x3(2), None)],
)
def test_a_config_gives_an_equal_layer(layer):
    config = layer.get_config()
    copy = type(layer).from_config(config)
    assert copy.get_config() == config


def test_an_unknown_primitive_is_refused_with_the_nearest_name():
    with pytest.raises(ValueError, match="Did you mean skip_connect"):
        MixedOp(("skip_conect",), 4)


def test_an_identity_costs_no_variable():
    edge = MixedOp(("skip_connect",), 4)
    edge.build((None, 8, 8, 4))
    assert isinstance(edge.candidates["0"], Identity)
    assert edge.variables == []
