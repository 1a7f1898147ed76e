"""What a relaxation must do, a user's as well as ours."""

import numpy as np
import tensorflow as tf

from keras_darts import search_spaces
from keras_darts.search.precision import default_policy
from keras_darts.strategies.relaxations import Policy
from keras_darts.testing.layers import assert_finite
from keras_darts.testing.layers import from_config
from keras_darts.testing.layers import images
from keras_darts.testing.layers import run_config_test

_CANDIDATES = ("none", "skip_connect", "dil_conv_3x3")


def run_relaxation_test(relaxation):
    """Logits become finite weights, and the gradient comes back.

    A `Policy` draws architectures that a genotype could be.

    Args:
        relaxation: Layer from logits (E, K) to weights (E, K), or `Policy`.

    Raises:
        AssertionError: if a weight is negative or not finite, that of an
            absent candidate is not zero, an edge gets no gradient or an
            absent candidate one, what is drawn has not all of the weight,
            chance plays a part outside of training, or a mixed precision
            changes that of the weights; for a policy, if it draws too many
            edges or `none`, or leaves something to chance outside of
            training.

    Example:

    >>> run_relaxation_test(kd.relaxations.Softmax(temperature=0.5))
    """
    run_config_test(relaxation)
    if isinstance(relaxation, Policy):
        _run_policy_test(relaxation)
        return
    logits = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    logits[1, 2] = -1e9
    logits = tf.constant(logits)
    projection = images((3,), count=5)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        weights = relaxation(logits, training=True)
        along = tf.reduce_sum(weights * projection)
    assert weights.shape == logits.shape
    assert_finite(weights)
    assert np.min(weights) >= 0
    assert weights[1, 2] == 0, "an absent candidate has a weight"
    gradient = tape.gradient(along, logits).numpy()
    assert_finite(gradient)
    assert np.any(gradient, axis=1).all(), "an edge gets no gradient"
    assert gradient[1, 2] == 0, "an absent candidate gets a gradient"
    expected = relaxation(logits, training=False)
    assert_finite(expected)
    assert np.array_equal(relaxation(logits, training=False), expected)
    if getattr(relaxation, "draws", False):
        _run_draw_test(relaxation, logits)
    with default_policy("mixed_bfloat16"):
        half = from_config(type(relaxation), relaxation.get_config())
        for training in (False, True):
            assert half(logits, training=training).dtype == "float32"


def _run_draw_test(relaxation, logits):
    for searching in (False, True):
        weights, drawn = relaxation.draw(logits, searching)
        rows = np.zeros(logits.shape)
        np.put_along_axis(rows, np.asarray(drawn), 1, axis=-1)
        assert rows[1, 2] == 0, "an absent candidate was drawn"
        assert np.array_equal(weights * rows, weights)
        assert np.allclose(np.sum(weights, axis=-1), 1)


def _run_policy_test(policy):
    cells = search_spaces.darts_cnn(num_nodes=3, primitives=_CANDIDATES).cells
    policy.prepare(cells)
    logits = {
        kind: tf.constant(images((3,), count=len(spec.edges)))
        for kind, spec in cells.items()
    }
    sample = policy.sample(logits)
    assert sample.log_probability <= 0 <= sample.entropy
    expected = policy(logits, training=False)
    for kind, spec in cells.items():
        weights, drawn = sample.weights[kind].numpy(), sample.drawn[kind]
        np.testing.assert_array_equal(weights, np.eye(4)[drawn[:, 0]][:, :3])
        assert not np.any(weights[:, 0]), "none was drawn"
        for node in spec.nodes:
            kept = weights[spec.edges_into(node)].sum()
            assert kept == spec.edges_per_node, f"{kept} edges into {node}"
        assert_finite(expected[kind])
        assert np.min(expected[kind]) >= 0
        again = policy(logits, training=False)[kind]
        np.testing.assert_array_equal(again, expected[kind])
    policy.choose(sample.drawn)
    for kind, weights in policy(logits, training=False).items():
        np.testing.assert_array_equal(weights, sample.weights[kind])
