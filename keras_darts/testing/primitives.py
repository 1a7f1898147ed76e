"""Contract tests of primitives."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from keras_darts.primitives import make_primitive
from keras_darts.primitives import ranks
from keras_darts.search_spaces import CellSpec
from keras_darts.search_spaces import SearchSpace
from keras_darts.supernet import MixedOp
from keras_darts.testing.layers import assert_finite
from keras_darts.testing.layers import images
from keras_darts.testing.layers import run_layer_test
from keras_darts.testing.small import small_batch
from keras_darts.testing.small import small_search

_SIDE = 8
_MODALITIES = {
    4: {"task": "image_classification"},
    3: {"task": "text_classification", "embedding_size": 6},
}


def run_primitive_test(name: str, filters: int = 8) -> None:
    """A registered primitive works wherever a primitive is used.

    It keeps the channels and divides height and width, or the length, by the
    stride, stands `run_layer_test`, is weighed as a candidate of a mixed
    operation, and learns in a small supernet: of images, of text or of both,
    by the ranks that it is registered for.

    Args:
        name: String, a registered primitive.
        filters: Integer, channels it is tried with. Defaults to `8`.

    Raises:
        AssertionError: if one of these does not hold.

    Example:

    >>> run_primitive_test("skip_connect")
    """
    for rank in ranks(name):
        inputs = images((*[_SIDE] * (rank - 2), filters))
        for stride in (1, 2):
            _run_shape_test(name, inputs, stride)
            _run_candidate_test(name, inputs, stride)
            layer = make_primitive(name, filters, stride=stride)
            run_layer_test(layer, inputs.shape[1:])
        _run_supernet_test(name, filters, _MODALITIES[rank])


def _run_shape_test(name, inputs, stride):
    count, *sides, filters = inputs.shape
    expected = (count, *[side // stride for side in sides], filters)
    for affine in (True, False):
        layer = make_primitive(name, filters, stride=stride, affine=affine)
        outputs = layer(inputs)
        assert outputs.shape == expected, f"{outputs.shape} at stride {stride}"


def _run_candidate_test(name, inputs, stride):
    """The edge is linear in the mixing weights."""
    edge = MixedOp(_candidates(name), inputs.shape[-1], stride)
    edge.build(inputs.shape)
    state = [v.numpy() for v in edge.non_trainable_variables]

    def call(weights):
        # What a candidate draws is the same each time.
        for variable, value in zip(
            edge.non_trainable_variables, state, strict=True
        ):
            variable.assign(value)
        return keras.ops.convert_to_numpy(edge(inputs, weights))

    basis = np.eye(len(edge.primitives), dtype="float32")
    alone = [call(row) for row in basis]
    weights = np.array([0.25, 0.75], "float32")[: len(alone)]
    expected = sum(w * o for w, o in zip(weights, alone, strict=True))
    np.testing.assert_allclose(call(weights), expected, rtol=1e-4, atol=1e-5)


def _run_supernet_test(name, filters, task):
    candidates = _candidates(name)
    space = SearchSpace(
        normal=CellSpec.uniform(candidates, num_nodes=1),
        reduce=CellSpec.uniform(candidates, num_nodes=1, reduction=True),
        filters=filters,
        num_cells=3,
        **task,
    )
    supernet = small_search(space).supernet
    inputs, _ = small_batch(space)
    with tf.GradientTape() as tape:
        logits = supernet(inputs, training=True)
        loss = tf.reduce_sum(tf.square(logits))
    assert_finite(logits)
    variables = supernet.trainable_variables
    gradients = tape.gradient(loss, [v.value for v in variables])
    for variable, gradient in zip(variables, gradients, strict=True):
        assert gradient is not None, f"no gradient reaches {variable.path}"
        assert_finite(gradient)


def _candidates(name):
    return tuple(dict.fromkeys((name, "skip_connect")))
