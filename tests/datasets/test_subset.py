"""A part of a data set keeps each class' share."""

import collections

import numpy as np
import pytest
import tensorflow as tf

from keras_darts import datasets


def whole():
    labels = np.arange(60) % 3
    labels[45:] = 0
    images = np.arange(60, dtype="float32").reshape(60, 1, 1, 1)
    return tf.data.Dataset.from_tensor_slices((images, labels))


def numbers(dataset):
    return [int(image[0, 0, 0]) for image, _ in dataset.as_numpy_iterator()]


def test_each_class_keeps_its_share_and_the_order_stays():
    part = datasets.stratified_subset(whole(), 20)
    classes = collections.Counter(int(y) for _, y in part.as_numpy_iterator())
    assert classes == {0: 10, 1: 5, 2: 5}
    assert numbers(part) == sorted(numbers(part))
    assert int(part.cardinality()) == 20


def test_the_seed_decides_which():
    first, again, other = (
        numbers(datasets.stratified_subset(whole(), 20, seed))
        for seed in (0, 0, 1)
    )
    assert first == again != other


def test_images_of_many_sizes_are_taken_too():
    images = tf.ragged.stack([np.zeros((n, 2, 1)) for n in range(1, 7)])
    dataset = tf.data.Dataset.from_tensor_slices((images, [0, 1] * 3))
    dataset = dataset.map(lambda image, y: (image.to_tensor(), y))
    assert len([*datasets.stratified_subset(dataset, 4)]) == 4


@pytest.mark.parametrize("count", [0, 61])
def test_a_count_that_is_not_there_is_refused(count):
    with pytest.raises(ValueError, match="`count` must be from 1 to .* 60"):
        datasets.stratified_subset(whole(), count)
