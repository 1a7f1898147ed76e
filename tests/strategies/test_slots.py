"""Relaxations, connections and regularizers by their values."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd

LOGITS = np.array([[0.0, 1.0, 2.0], [3.0, 3.0, 3.0]], "float32")


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_softmax_divides_by_its_temperature(temperature):
    weights = kd.relaxations.Softmax(temperature)(LOGITS)
    expected = np.exp(LOGITS / temperature)
    expected /= expected.sum(-1, keepdims=True)
    np.testing.assert_allclose(weights, expected, rtol=1e-5)


def test_the_temperature_moves_without_a_new_trace():
    layer = kd.relaxations.Softmax()
    call = tf.function(layer)
    before = call(tf.constant(LOGITS))
    layer.temperature.assign(1e-3)
    np.testing.assert_allclose(call(tf.constant(LOGITS))[0], [0, 0, 1])
    assert np.any(before[0] != [0, 0, 1])


@pytest.mark.parametrize("temperature", [0, -1.0])
def test_a_temperature_must_be_positive(temperature):
    with pytest.raises(ValueError, match="`temperature` must be positive"):
        kd.relaxations.Softmax(temperature)


def test_softmax_is_saved_with_its_temperature():
    layer = kd.relaxations.Softmax(0.5)
    config = keras.saving.serialize_keras_object(layer)
    copy = keras.saving.deserialize_keras_object(config)
    assert float(copy.temperature) == 0.5


def test_entropy_is_the_mean_over_all_edges_of_all_cells():
    weights = {
        "normal": np.array([[0.5, 0.5], [1.0, 0.0]], "float32"),
        "reduce": np.array([[0.25, 0.75]], "float32"),
    }
    quarter = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    expected = (np.log(2) + 0 + quarter) / 3
    for weight in (1.0, -0.3):
        result = kd.regularizers.Entropy(weight)({}, weights)
        assert float(result) == pytest.approx(weight * expected, rel=1e-5)


def test_going_down_the_entropy_decides():
    logits = tf.Variable([[0.1, 0.0, -0.1]])
    for _ in range(200):
        with tf.GradientTape() as tape:
            weights = {"normal": tf.nn.softmax(logits)}
            loss = kd.regularizers.Entropy()({}, weights)
        logits.assign_sub(tape.gradient(loss, logits))
    assert float(tf.reduce_max(tf.nn.softmax(logits))) > 0.9


def test_full_connection_gives_a_mixed_op_with_its_settings():
    edge = kd.connections.FullConnection().make_edge(
        ("none", "skip_connect"), 4, 2
    )
    assert edge.get_config()["stride"] == 2
    assert edge.get_config()["filters"] == 4
    outputs = edge(np.ones((1, 4, 4, 4), "float32"), np.ones(2, "float32"))
    assert outputs.shape == (1, 2, 2, 4)
