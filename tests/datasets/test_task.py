"""What labels and loss say of the task, and labels that say nonsense."""

import keras
import numpy as np
import pytest

from keras_darts.datasets import Task
from keras_darts.datasets import infer_from
from keras_darts.datasets import infer_task

ONE_HOT = np.eye(3)[[0, 1, 2, 0]]
MULTI = np.array([[0, 1, 1], [0, 0, 0]])
CLASSES = np.array([0, 2, 1])


@pytest.mark.parametrize(
    "labels, label_type, outputs",
    [
        (CLASSES, "sparse", 3),
        (CLASSES.astype("uint8")[:, None], "sparse", 3),
        (ONE_HOT, "one_hot", 3),
        (ONE_HOT.astype("int32"), "one_hot", 3),
        (MULTI, "multi_label", 3),
        (MULTI.astype(bool), "multi_label", 3),
        (CLASSES.astype("float64"), "sparse", 3),
        (CLASSES.astype("float32")[:, None], "sparse", 3),
        (CLASSES == 1, "sparse", 2),
        ((CLASSES == 1)[:, None], "sparse", 2),
        (ONE_HOT * 0.9 + 0.1 / 3, "one_hot", 3),
        ((ONE_HOT + ONE_HOT[::-1]).astype("float32") / 2, "one_hot", 3),
        (ONE_HOT == 1, "one_hot", 3),
        (MULTI.astype("float32"), "multi_label", 3),
        (ONE_HOT * 0.9, "regression", 3),
        (CLASSES / 3, "regression", 1),
        (np.ones((4, 1)) * 0.5, "regression", 1),
        (np.linspace(0, 9, 8).reshape(4, 2), "regression", 2),
    ],
)
def test_labels_alone_tell_the_task(labels, label_type, outputs):
    assert infer_task(labels) == Task(label_type, outputs)


@pytest.mark.parametrize(
    "loss, labels, label_type",
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
        ("mse", CLASSES.astype("float32"), "regression"),
        ("mse", ONE_HOT * 0.9 + 0.1 / 3, "regression"),
        (["mse"], CLASSES, "regression"),
        ({"logits": "mse"}, CLASSES, "regression"),
    ],
)
def test_a_known_loss_decides_the_task(loss, labels, label_type):
    assert infer_task(labels, loss=loss).label_type == label_type


@pytest.mark.parametrize(
    "labels, options, words",
    [
        (CLASSES, {}, "3 classes (class numbers)"),
        (CLASSES == 1, {}, "2 classes (booleans)"),
        (
            CLASSES.astype("float32"),
            {},
            "3 classes (whole numbers; a loss such as 'mse' makes them targets "
            "of a regression)",
        ),
        (
            [1, 2, 4],
            {},
            "5 classes (class numbers); 2 of these outputs have no element: "
            "0, 3",
        ),
        ([1, 2], {}, "1 of these outputs has no element: 0"),
        ([0, 1], {"num_classes": 9}, "have no element: 2, 3, 4, 5, 6 and 2"),
        (ONE_HOT, {}, "3 classes (one-hot rows)"),
        (ONE_HOT * 0.7 + 0.1, {}, "3 classes (rows that sum to one)"),
        (MULTI, {}, "3 labels that an element may have together"),
        (CLASSES / 3, {}, "a target of a regression (numbers that are not"),
        (ONE_HOT * 0.9, {}, "3 targets of a regression (rows that don't sum"),
        (CLASSES, {"loss": "mse"}, "a target of a regression (by the loss)"),
    ],
)
def test_what_labels_are_taken_for_is_said(labels, options, words):
    description = infer_task(labels, **options).description
    assert description.startswith("labels: ")
    assert words in description


def test_many_outputs_are_taken_where_they_are_meant():
    many = infer_task([2000, 102000], num_classes=102001)
    assert many.num_outputs == 102001
    assert infer_task(np.arange(0, 9000, 5)).num_outputs == 8996
    assert infer_task([0, 999]).num_outputs == 1000


def test_the_task_is_read_from_all_parts_and_errors_name_the_part():
    parts = {"`y`": np.array([1.0, 2.0]), "`validation_data`": np.array([0.5])}
    assert infer_from(parts).label_type == "regression"
    parts["`validation_data`"] = np.array([4])
    assert infer_from(parts).num_outputs == 5
    with pytest.raises(ValueError, match="^`validation_data` must be class n"):
        infer_from(parts, num_classes=3)
    parts["`validation_data`"] = np.eye(2)
    with pytest.raises(ValueError, match="^`validation_data` must be of the s"):
        infer_from(parts)


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
        (["cat", "dog"], {}, "`y` must be numbers, not names.*return_inverse"),
        ([-1.0, 1.0], {}, "from 0.*makes them targets of a regression"),
        ([2000, 102000], {}, "large gaps.*2 different numbers, the largest"),
        ([0.5, 1.5], {"num_classes": 2}, "`num_classes` be left out.*0.5 to"),
        ([0.0, np.nan], {}, "`y` must be finite"),
        (np.zeros((2, 2, 2)), {}, "of shape"),
        ([], {}, "must hold labels"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, options, message):
    with pytest.raises(ValueError, match=message):
        infer_task(labels, **options)
