"""What a primitive has to stand."""

import keras
import numpy as np
import tensorflow as tf

from keras_darts.primitives import make_primitive
from keras_darts.search_spaces import CellSpec
from keras_darts.search_spaces import SearchSpace
from keras_darts.strategies import SearchStrategy
from keras_darts.supernet import MixedOp
from keras_darts.supernet import Supernet
from keras_darts.testing.layers import assert_finite
from keras_darts.testing.layers import images
from keras_darts.testing.layers import run_layer_test

_SIDE = 8


def run_primitive_test(name, filters=8):
    """A registered primitive works wherever a primitive is used.

    It keeps the channels and divides height and width by the stride, stands
    `run_layer_test`, is weighed as a candidate of a mixed operation, and
    learns in a small supernet.

    Args:
        name: String, a registered primitive.
        filters: Integer, channels it is tried with. Defaults to `8`.

    Raises:
        AssertionError: if one of these does not hold.

    Example:

    >>> run_primitive_test("skip_connect")
    """
    for stride in (1, 2):
        _run_shape_test(name, filters, stride)
        _run_candidate_test(name, filters, stride)
        layer = make_primitive(name, filters, stride=stride)
        run_layer_test(layer, (_SIDE, _SIDE, filters))
    _run_supernet_test(name, filters)


def small_supernet(space, strategy=None, num_outputs=3, channels=1):
    """The supernet of a space for images of 8 x 8 pixels."""
    strategy = (strategy or SearchStrategy()).clone()
    return Supernet(
        space,
        num_outputs,
        (_SIDE, _SIDE, channels),
        relaxation=strategy.relaxation,
        connection=strategy.connection,
        initializer=strategy.initializer,
        edge_normalization=strategy.edge_normalization,
    )


def _run_shape_test(name, filters, stride):
    side = _SIDE // stride
    for affine in (True, False):
        layer = make_primitive(name, filters, stride=stride, affine=affine)
        outputs = layer(images((_SIDE, _SIDE, filters)))
        expected = (2, side, side, filters)
        assert outputs.shape == expected, f"{outputs.shape} at stride {stride}"


def _run_candidate_test(name, filters, stride):
    """The edge is linear in the mixing weights."""
    edge = MixedOp(_candidates(name), filters, stride)
    inputs = images((_SIDE, _SIDE, filters))
    edge.build(inputs.shape)
    basis = np.eye(len(edge.primitives), dtype="float32")
    alone = [keras.ops.convert_to_numpy(edge(inputs, row)) for row in basis]
    weights = np.array([0.25, 0.75], "float32")[: len(alone)]
    expected = sum(w * o for w, o in zip(weights, alone, strict=True))
    np.testing.assert_allclose(
        edge(inputs, weights), expected, rtol=1e-4, atol=1e-5
    )


def _run_supernet_test(name, filters):
    candidates = _candidates(name)
    supernet = small_supernet(
        SearchSpace(
            normal=CellSpec.uniform(candidates, num_nodes=1),
            reduce=CellSpec.uniform(candidates, num_nodes=1, reduction=True),
            filters=filters,
            num_cells=3,
        )
    )
    with tf.GradientTape() as tape:
        logits = supernet(images((_SIDE, _SIDE, 1)), training=True)
        loss = tf.reduce_sum(tf.square(logits))
    assert_finite(logits)
    variables = supernet.trainable_variables
    gradients = tape.gradient(loss, [v.value for v in variables])
    for variable, gradient in zip(variables, gradients, strict=True):
        assert gradient is not None, f"no gradient reaches {variable.path}"
        assert_finite(gradient)


def _candidates(name):
    return tuple(dict.fromkeys((name, "skip_connect")))
