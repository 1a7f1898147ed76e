"""What labels and loss say of the task, and labels that say nonsense."""

import keras
import numpy as np
import pytest

from keras_darts.datasets import Task
from keras_darts.datasets import infer_task

ONE_HOT = np.eye(3)[[0, 1, 2, 0]]
MULTI = np.array([[0, 1, 1], [0, 0, 0]])
CLASSES = np.array([0, 2, 1])


@pytest.mark.parametrize(
    "labels, kind, outputs",
    [
        (CLASSES, "sparse", 3),
        (CLASSES.astype("uint8")[:, None], "sparse", 3),
        (ONE_HOT, "one_hot", 3),
        (ONE_HOT.astype("int32"), "one_hot", 3),
        (MULTI, "multi_label", 3),
        (MULTI.astype(bool), "multi_label", 3),
        (CLASSES / 3, "regression", 1),
        (np.ones((4, 1)) * 0.5, "regression", 1),
        (np.linspace(0, 9, 8).reshape(4, 2), "regression", 2),
    ],
)
def test_labels_alone_tell_the_task(labels, kind, outputs):
    assert infer_task(labels) == Task(kind, outputs)


@pytest.mark.parametrize(
    "loss, labels, kind",
    [
        ("sparse_categorical_crossentropy", CLASSES.astype(float), "sparse"),
        ("categorical_crossentropy", ONE_HOT * 0.9 + 0.1 / 3, "one_hot"),
        (keras.losses.CategoricalCrossentropy(name="a"), ONE_HOT, "one_hot"),
        (keras.losses.binary_crossentropy, ONE_HOT, "multi_label"),
        (keras.losses.BinaryFocalCrossentropy(), CLASSES == 1, "multi_label"),
        ("mse", CLASSES, "regression"),
        (keras.losses.Huber(), CLASSES, "regression"),
        (keras.losses.get("mae"), ONE_HOT, "regression"),
        (
            keras.losses.serialize(keras.losses.MeanSquaredError()),
            CLASSES,
            "regression",
        ),
        (lambda y, predicted: 0.0, ONE_HOT, "one_hot"),
    ],
)
def test_a_known_loss_decides_the_task(loss, labels, kind):
    assert infer_task(labels, loss=loss).kind == kind


def test_the_number_of_classes_may_exceed_what_the_labels_show():
    assert infer_task(CLASSES, num_classes=10) == Task("sparse", 10)


@pytest.mark.parametrize(
    "labels, options, message",
    [
        (
            [0, 1, 5],
            {"num_classes": 5},
            "below num_classes=5.* Received: labels from 0 to 5",
        ),
        ([0, -1], {}, "class numbers from 0.*Received: labels from -1 to 0"),
        ([0.5, 1], {"loss": "sparse_categorical_crossentropy"}, "whole class"),
        (
            ONE_HOT,
            {"loss": "sparse_categorical_crossentropy"},
            "one class number",
        ),
        (ONE_HOT, {"num_classes": 4}, "one column a class"),
        (
            [[1, 0], [1, 1]],
            {"loss": "categorical_crossentropy"},
            "row 1 sums to 2",
        ),
        ([0, 1], {"loss": "categorical_crossentropy"}, "one-hot rows"),
        ([[3.0, 0.0]], {"loss": "binary_crossentropy"}, "between 0 and 1"),
        ([[1, 4], [2, 3]], {}, "several whole numbers"),
        (["cat", "dog"], {}, "`y` must be numbers"),
        ([0.0, np.nan], {}, "`y` must be finite"),
        (np.zeros((2, 2, 2)), {}, "of shape"),
        ([], {}, "must hold labels"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, options, message):
    with pytest.raises(ValueError, match=message):
        infer_task(labels, **options)
