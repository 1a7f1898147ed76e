"""Data on which no search can work are refused before any training."""

import numpy as np
import pytest

from keras_darts.datasets import Task
from keras_darts.datasets import bilevel_split
from keras_darts.datasets import validate_split

LABELS = np.arange(8) % 2


def split(x=None, y=LABELS, **options):
    x = np.zeros((8, 8, 8, 1), "uint8") if x is None else x
    return bilevel_split(x, y, **{"batch_size": 2, **options})


@pytest.mark.parametrize("shape", [(8, 8, 8, 1), (8, 4, 12, 3), (8, 32, 32, 2)])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "int32", "float16"])
def test_images_of_any_size_that_divides_pass(shape, dtype):
    assert validate_split(split(np.zeros(shape, dtype))) == Task("sparse", 2)


@pytest.mark.parametrize(
    "x, message",
    [
        (np.zeros((8, 8, 8)), "must be images of shape"),
        (np.zeros((8, 10)), "must be images of shape"),
        (np.zeros((8, 3, 3, 1)), "too small. Received: images of shape"),
        (np.zeros((8, 8, 6, 1)), "divided by 4"),
        (np.zeros((8, 8, 8, 0)), "at least one channel"),
        (np.full((8, 8, 8, 1), "a"), "must be numbers, integer or float"),
        (np.zeros((8, 8, 8, 1), bool), "dtype bool"),
        (np.zeros((8, 8, 8, 1), complex), "dtype complex128"),
    ],
)
def test_what_is_no_image_is_refused(x, message):
    with pytest.raises(ValueError, match=message):
        validate_split(split(x))


def test_other_data_than_images_may_have_any_shape():
    data = split(np.zeros((8, 10)))
    task = validate_split(data, check_element=lambda spec, name: None)
    assert task.label_type == "sparse"


def test_what_a_network_refuses_is_refused():
    def refuse(spec, name):
        raise ValueError(f"{name} must be longer. Received: {spec.shape}")

    with pytest.raises(ValueError, match="`x` must be longer.*10"):
        validate_split(split(np.zeros((8, 10))), check_element=refuse)


def test_the_sides_must_divide_by_as_many_reductions_as_there_are():
    data = split(np.zeros((8, 12, 12, 1)))
    assert validate_split(data, reductions=1) and validate_split(data)
    with pytest.raises(ValueError, match="divided by 8"):
        validate_split(data, reductions=3)


@pytest.mark.parametrize(
    "y", [np.full(8, 3), np.eye(2)[np.zeros(8, int)], np.zeros((8, 1), int)]
)
def test_one_class_alone_is_refused(y):
    with pytest.raises(ValueError, match="two classes or more"):
        validate_split(split(y=y))


def test_a_regression_on_equal_targets_is_no_matter_of_classes():
    assert validate_split(split(y=np.full(8, 0.5))) == Task("regression", 1)


def test_a_batch_larger_than_a_half_is_refused():
    with pytest.raises(ValueError, match="smaller part, 4: the batch is larg"):
        validate_split(split(batch_size=5))
    with pytest.raises(ValueError, match="Received: batch_size=64"):
        validate_split(split(), batch_size=64)


def test_labels_of_both_halves_are_checked_against_the_classes():
    x = np.zeros((8, 8, 8, 1), "uint8")
    with pytest.raises(ValueError, match="below num_classes=3"):
        validate_split(split(validation_data=(x, LABELS + 2)), num_classes=3)
    assert (
        validate_split(split(validation_data=(x, LABELS + 2))).num_outputs == 4
    )


@pytest.mark.parametrize(
    "other, message",
    [
        ((np.zeros((4, 4, 4, 1), "uint8"), LABELS[:4]), "shape and dtype of"),
        ((np.zeros((4, 8, 8, 1)), LABELS[:4]), "float32 and"),
        ((np.zeros((4, 8, 8, 1), "uint8"), np.eye(2)[LABELS[:4]]), "labels of"),
    ],
)
def test_validation_data_of_another_form_are_refused(other, message):
    with pytest.raises(ValueError, match=message):
        validate_split(split(validation_data=other))
