"""Labels as users have them, there and back."""

import numpy as np
import pytest
import tensorflow as tf

from keras_darts.auto.data import Labels

EACH = {
    "numbers": np.array([7, 3, 7, 5], "int32"),
    "wide numbers": np.array([[7], [3], [7], [5]]),
    "words": np.array(["cat", "dog", "cat", "fox"]),
    "objects": np.array(["cat", "dog", "cat", "fox"], object),
    "booleans": np.array([True, False, True, False]),
    "floats": np.array([1.0, 0.0, 1.0, 2.0], "float32"),
    "rows": np.eye(3, dtype="float32")[[2, 0, 2, 1]],
}


@pytest.mark.parametrize("y", EACH.values(), ids=EACH)
def test_labels_come_back_as_they_were(y):
    labels = Labels.of(y)
    numbers = labels.encode(y)
    assert numbers.max() == len(labels) - 1
    back = labels.decode(numbers)
    assert back.dtype.kind in (y.dtype.kind, "U")
    np.testing.assert_array_equal(back, y if y.shape[1:] != (1,) else y[:, 0])


@pytest.mark.parametrize("y", EACH.values(), ids=EACH)
def test_batches_of_tensors_have_the_same_numbers(y):
    labels = Labels.of(y)
    result = labels.encode_batch(tf.constant(y.tolist(), _type(y)))
    np.testing.assert_array_equal(result, labels.encode(y))


def test_bytes_are_the_words_that_they_spell():
    assert Labels.of([b"a", b"b"]).encode(["b", "a"]).tolist() == [1, 0]


def test_more_classes_than_there_are_to_see_may_be_given():
    assert len(Labels.of([0, 1, 3], num_classes=6)) == 6
    with pytest.raises(ValueError, match="`num_classes` .*num_classes=6"):
        Labels.of(["a", "b"], num_classes=6)
    with pytest.raises(ValueError, match="`num_classes` .*num_classes=2"):
        Labels.of([0, 1, 2], num_classes=2)


@pytest.mark.parametrize(
    "y, message",
    [
        ([0.5, 1.0], "a target of a regression"),
        ([[0.9, 0.1], [0.2, 0.8]], "one-hot rows"),
        ([1, 1, 1], "two classes or more.*Received: .1."),
        ([], "must be classes"),
        ([[1, 1], [0, 1]], "2 labels that an element may have together"),
        ([[1, 2], [0, 1]], "several whole numbers"),
        ([["a", "b"], ["c", "d"]], "one-hot rows"),
        (np.zeros((2, 2, 2), int), r"shape \(2, 2, 2\)"),
        ([None, 1], "dtype object"),
    ],
)
def test_what_is_no_classes_is_refused(y, message):
    with pytest.raises(ValueError, match=f"`y`.*{message}"):
        Labels.of(y)


@pytest.mark.parametrize("y", EACH.values(), ids=EACH)
def test_classes_weigh_what_their_labels_are_given(y):
    labels = Labels.of(y)
    first = labels.encode(y)[0]
    key = first if labels.one_hot else labels.classes[first].item()
    weights = labels.weights(y, {key: 3.0})
    same = labels.encode(y) == first
    np.testing.assert_array_equal(weights, np.where(same, 3.0, 1.0))


@pytest.mark.parametrize("y", [["cow"], [3], [[0, 1, 0]]])
def test_labels_that_fit_has_not_seen_are_refused(y):
    with pytest.raises(ValueError, match="`y` must have"):
        Labels.of(["cat", "dog", "fox"]).encode(y)


def _type(y):
    return tf.string if y.dtype.kind in "OU" else y.dtype
