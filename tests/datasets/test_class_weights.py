"""Weights of classes are weights of elements, in every form of labels."""

import numpy as np
import pytest
import tensorflow as tf

from keras_darts.datasets import bilevel_split
from keras_darts.datasets import class_weights
from keras_darts.datasets import read_examples

LABELS = np.array([0, 1, 1, 2, 0, 1])
WEIGHTS = {0: 1.5, 1: 4.0}
EXPECTED = [1.5, 4.0, 4.0, 1.0, 1.5, 4.0]
X = np.zeros((6, 4, 4, 1), "uint8")


@pytest.mark.parametrize(
    "labels",
    [
        LABELS,
        LABELS[:, None],
        LABELS.astype("float32"),
        np.eye(3)[LABELS],
        np.eye(3)[LABELS] * 0.9 + 0.1 / 3,
    ],
)
def test_each_element_has_the_weight_of_its_class(labels):
    assert class_weights(labels, WEIGHTS).tolist() == EXPECTED
    for data in (
        (X, labels),
        tf.data.Dataset.from_tensor_slices((X, labels)),
        tf.data.Dataset.from_tensor_slices((X, labels)).batch(2),
    ):
        # Held, or read again in each pass.
        for limit in (1000, 10):
            examples = read_examples(
                data, rank=3, class_weight=WEIGHTS, memory_limit=limit
            )
            assert [float(w) for *_, w in examples.dataset] == EXPECTED


@pytest.mark.parametrize("labels", [LABELS % 2, (LABELS % 2.0)[:, None]])
def test_two_classes_by_one_output_have_weights_too(labels):
    examples = read_examples(
        X, labels, class_weight={1: 3.0}, loss="binary_crossentropy"
    )
    expected = 1 + 2 * (LABELS % 2)
    assert [float(w) for *_, w in examples.dataset] == expected.tolist()


def test_weights_of_elements_are_multiplied():
    weights = np.arange(6)
    expected = (weights * EXPECTED).tolist()
    for limit in (1000, 10):
        examples = read_examples(
            tf.data.Dataset.from_tensor_slices((X, LABELS, weights)).batch(2),
            class_weight=WEIGHTS,
            memory_limit=limit,
        )
        assert [float(w) for *_, w in examples.dataset] == expected
    held = read_examples(X, LABELS, weights, class_weight=WEIGHTS)
    assert [float(w) for *_, w in held.dataset] == expected


def test_both_halves_of_a_search_are_weighted():
    for other in (None, (X, LABELS)):
        split = bilevel_split(
            X, LABELS, class_weight=WEIGHTS, validation_data=other
        )
        assert split.has_sample_weight
        for half in (split.train, split.valid):
            for _, label, weight in half:
                assert float(weight) == WEIGHTS.get(int(label), 1.0)


@pytest.mark.parametrize(
    "labels, weights, options, message",
    [
        (LABELS / 4, WEIGHTS, {}, "must be left out.*a target of a regress"),
        (LABELS, WEIGHTS, {"loss": "mse"}, "must be left out.*by the loss"),
        ([[1, 1], [0, 1]], WEIGHTS, {}, "must be left out.*have together"),
        (LABELS, {3: 1.0}, {}, "class numbers from 0 to 2 .* Received: 3"),
        (LABELS, {"cat": 1.0}, {}, "class numbers from 0 to 2"),
        (LABELS, {0.5: 1.0}, {}, "class numbers from 0 to 2"),
        (LABELS, {0: -1.0}, {}, "finite and not negative.*for class 0"),
        (LABELS, {0: np.nan}, {}, "finite and not negative"),
        (LABELS, {0: "1"}, {}, "finite and not negative"),
        (LABELS, [1.0, 2.0], {}, "must be a dictionary.*Received: .1.0, 2.0"),
        (LABELS, "balanced", {}, "must be a dictionary"),
    ],
)
def test_what_is_no_weight_of_a_class_is_refused(
    labels, weights, options, message
):
    x = X[: len(labels)]
    with pytest.raises(ValueError, match="`class_weight`.*" + message):
        read_examples(x, labels, class_weight=weights, **options)


def test_a_class_that_no_element_has_may_have_a_weight():
    read_examples(X, LABELS, class_weight={9: 2.0}, num_classes=10)
