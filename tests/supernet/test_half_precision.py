"""Supernets of every kind of piece under a mixed precision."""

import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts import connections
from keras_darts import relaxations
from keras_darts.search.mixed_precision import default_policy
from keras_darts.utils.private_api import seeded


def gradients(supernet, x, projection):
    """Of a projection of the logits, for all that is trained."""
    variables = supernet.trainable_variables
    values = [variable.value for variable in variables]
    with tf.GradientTape() as tape, supernet.arch.within(searching=True):
        logits = supernet(x, training=True)
        assert logits.dtype == "float32"
        along = tf.reduce_sum(logits * projection)
    return tape.gradient(
        along, values, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )


@pytest.mark.parametrize(
    ("relaxation", "connection"),
    [
        *[("softmax", name) for name in connections.registry.names()],
        *[(name, "drop_path") for name in relaxations.registry.names()],
        (kd.relaxations.GumbelSoftmax(hard=True), "partial"),
    ],
)
def test_edges_compute_in_half_precision_and_alphas_in_full(
    make_supernet, make_space, images, relaxation, connection
):
    pieces = {"relaxation": relaxation, "connection": connection}
    if isinstance(relaxations.get(relaxation), relaxations.Policy):
        # No gradient goes through its draws.
        pieces["architect"] = "frozen"
    with default_policy("mixed_bfloat16"), seeded(0):
        strategy = kd.SearchStrategy(**pieces)
        supernet = make_supernet(make_space(num_nodes=1), strategy=strategy)
    assert supernet.cells[0].compute_dtype == "bfloat16"
    assert {v.dtype for v in supernet.trainable_variables} == {"float32"}
    result = gradients(supernet, images(), np.eye(4, 3, dtype="float32"))
    for variable, gradient in zip(
        supernet.trainable_variables, result, strict=True
    ):
        assert gradient.dtype == "float32"
        assert np.isfinite(gradient).all(), variable.path
        if "alphas" in variable.name and "architect" not in pieces:
            assert np.any(gradient), variable.path
