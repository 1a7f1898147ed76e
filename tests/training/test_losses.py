"""Losses and metrics on logits."""

import keras
import numpy as np
import pytest

from keras_darts.training import SmoothedCrossentropy
from keras_darts.training import loss_for
from keras_darts.training import metrics_for

LABELS = {
    "sparse": np.array([0, 2]),
    "one_hot": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    "multi_label": np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]),
    "regression": np.array([[0.5, 1.0, -1.0], [0.0, 2.0, 1.0]]),
}
LOGITS = np.array([[3.0, -1.0, 0.5], [2.0, 1.0, -0.5]], "float32")


def probabilities(logits):
    exponentials = np.exp(logits)
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def test_losses_take_logits():
    log = np.log(probabilities(LOGITS))
    sigmoid = 1 / (1 + np.exp(-LOGITS))
    of_labels = LABELS["multi_label"]
    expected = {
        "sparse": -(log[0, 0] + log[1, 2]) / 2,
        "one_hot": -(log[0, 0] + log[1, 2]) / 2,
        "multi_label": -np.mean(
            np.log(np.where(of_labels == 1, sigmoid, 1 - sigmoid))
        ),
        "regression": np.mean((LOGITS - LABELS["regression"]) ** 2),
    }
    for label_type, value in expected.items():
        loss = loss_for(label_type)(LABELS[label_type], LOGITS)
        np.testing.assert_allclose(loss, value, rtol=1e-5, err_msg=label_type)


def test_smoothing_spreads_its_share_evenly():
    log = np.log(probabilities(LOGITS))
    target = 0.7 * LABELS["one_hot"] + 0.3 / 3
    expected = -np.mean(np.sum(target * log, axis=1))
    for label_type in ("sparse", "one_hot"):
        loss = loss_for(label_type, label_smoothing=0.3)(
            LABELS[label_type], LOGITS
        )
        np.testing.assert_allclose(
            loss, expected, rtol=1e-5, err_msg=label_type
        )


def test_smoothed_loss_takes_columns_and_sample_weights():
    loss = SmoothedCrossentropy(0.2)
    column = loss(LABELS["sparse"][:, None], LOGITS)
    np.testing.assert_allclose(column, loss(LABELS["sparse"], LOGITS))
    weighted = loss(LABELS["sparse"], LOGITS, sample_weight=[2.0, 0.0])
    alone = loss(LABELS["sparse"][:1], LOGITS[:1])
    np.testing.assert_allclose(weighted, alone, rtol=1e-6)


def test_smoothed_loss_comes_back_from_its_config():
    loss = SmoothedCrossentropy(0.2, reduction="sum", name="mine")
    config = keras.losses.serialize(loss)
    again = keras.losses.deserialize(config)
    assert again.get_config() == loss.get_config()
    assert again.label_smoothing == 0.2


@pytest.mark.parametrize("label_type", LABELS)
def test_metrics_take_logits(label_type):
    (metric,) = metrics_for(label_type, num_outputs=3)
    metric.update_state(LABELS[label_type], LOGITS)
    expected = {
        "sparse": 0.5,
        "one_hot": 0.5,
        "multi_label": 3 / 6,
        "regression": np.mean(np.abs(LOGITS - LABELS["regression"])),
    }
    assert float(metric.result()) == pytest.approx(expected[label_type])
    assert metric.name == ("mae" if label_type == "regression" else "accuracy")


@pytest.mark.parametrize("label_type", ["sparse", "one_hot"])
def test_many_classes_are_measured_by_the_best_five_as_well(label_type):
    names = [metric.name for metric in metrics_for(label_type, num_outputs=100)]
    assert names == ["accuracy", "top_5_accuracy"]


@pytest.mark.parametrize("function", [loss_for, metrics_for])
def test_unknown_kind_is_named_with_the_nearest(function):
    with pytest.raises(ValueError, match="`label_type` .* Did you mean sparse"):
        function("spars", 3)
