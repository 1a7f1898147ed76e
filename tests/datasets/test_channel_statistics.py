"""Means and variances of channels, exact and of known data sets."""

import numpy as np
import tensorflow as tf

from keras_darts.datasets import NORMALIZATIONS
from keras_darts.datasets import channel_statistics
from keras_darts.datasets import load


def test_mean_and_variance_are_those_of_all_pixels():
    x = np.random.default_rng(0).integers(0, 256, (700, 4, 6, 3))
    dataset = tf.data.Dataset.from_tensor_slices((x.astype("uint8"), x[:, 0]))
    mean, variance = channel_statistics(dataset)
    np.testing.assert_allclose(mean, x.mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(variance, x.var(axis=(0, 1, 2)), rtol=1e-12)


def test_a_large_offset_does_not_cancel():
    x = np.random.default_rng(0).normal(1e6, 1.0, (600, 4, 4, 1))
    dataset = tf.data.Dataset.from_tensor_slices((x, x[:, 0, 0, 0]))
    _, (variance,) = channel_statistics(dataset)
    np.testing.assert_allclose(variance, x.var(), rtol=1e-9)


def test_images_of_many_sizes_count_by_their_pixels():
    images = [np.full((side, 2, 1), side, "uint8") for side in (1, 3)]
    dataset = tf.data.Dataset.from_generator(
        lambda: iter([(image, 0) for image in images]),
        output_signature=(
            tf.TensorSpec((None, None, 1), "uint8"),
            tf.TensorSpec((), "int64"),
        ),
    )
    assert channel_statistics(dataset) == ((2.5,), (0.75,))


def test_a_channel_that_never_changes_has_no_variance():
    x = np.full((3, 2, 2, 1), 7, "uint8")
    dataset = tf.data.Dataset.from_tensor_slices((x, [0, 1, 2]))
    assert channel_statistics(dataset) == ((7.0,), (0.0,))


def test_the_constants_of_cifar10_are_those_of_real_images(shared_data):
    data = load("cifar10", shared_data / "tfds", split="train[:2000]")
    mean, variance = channel_statistics(data.train)
    known = NORMALIZATIONS["cifar10"]
    np.testing.assert_allclose(mean, known.mean, rtol=0.03)
    np.testing.assert_allclose(
        np.sqrt(variance), np.sqrt(known.variance), rtol=0.03
    )
