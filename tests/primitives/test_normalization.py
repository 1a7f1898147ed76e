"""Batch normalisation with PyTorch's rules, and its derivatives."""

import numpy as np
import pytest
import tensorflow as tf

from keras_darts.primitives import BatchNormalization
from keras_darts.primitives import normalization_layer

SHAPE = (4, 3, 3, 2)


def normal(seed=0):
    return np.random.default_rng(seed).normal(1.0, 2.0, SHAPE)


def make(dtype, affine=True):
    layer = BatchNormalization(affine=affine, dtype=dtype)
    layer.build(SHAPE)
    if affine:
        layer.gamma.assign([0.5, 2.0])
        layer.beta.assign([-1.0, 3.0])
    return layer


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_running_statistics_move_a_tenth_to_the_unbiased_ones(dtype):
    layer, images = make(dtype), normal().astype(dtype)
    layer(images, training=True)
    flat = images.reshape(-1, 2)
    np.testing.assert_allclose(layer.moving_mean, 0.1 * flat.mean(0), rtol=1e-5)
    np.testing.assert_allclose(
        layer.moving_variance, 0.9 + 0.1 * flat.var(0, ddof=1), rtol=1e-5
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_batch_is_normalized_by_its_biased_variance(dtype):
    layer, images = make(dtype), normal().astype(dtype)
    mean, variance = images.mean((0, 1, 2)), images.var((0, 1, 2))
    expected = (images - mean) / np.sqrt(variance + 1e-5)
    expected = expected * [0.5, 2.0] + [-1.0, 3.0]
    np.testing.assert_allclose(
        layer(images, training=True), expected, rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_inference_uses_the_running_statistics(dtype):
    layer, images = make(dtype, affine=False), normal().astype(dtype)
    layer.moving_mean.assign([1.0, -1.0])
    layer.moving_variance.assign([4.0, 0.25])
    expected = (images - [1.0, -1.0]) / np.sqrt([4.00001, 0.25001])
    np.testing.assert_allclose(
        layer(images, training=False), expected, rtol=1e-5, atol=1e-6
    )
    np.testing.assert_array_equal(layer.moving_mean, [1.0, -1.0])


def test_without_affine_there_is_nothing_to_train():
    layer = make("float32", affine=False)
    assert layer.trainable_variables == []
    assert len(layer.non_trainable_variables) == 2


def loss(layer, images, gamma):
    """A loss with curvature in all that it depends on."""
    layer.gamma.assign(gamma)
    weights = np.random.default_rng(1).normal(size=SHAPE)
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = layer(images, training=True)
        value = tf.reduce_sum(
            tf.sin(outputs) * weights.astype(images.dtype.name)
        )
    return value, tape


def gradient(layer, images, gamma):
    images = tf.convert_to_tensor(images)
    value, tape = loss(layer, images, gamma)
    return tape.gradient(value, [images, layer.gamma.value])


def second_derivative(layer, images, gamma, direction):
    """The Hessian of the loss in the images, applied to `direction`."""
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as outer:
        outer.watch(images)
        value, tape = loss(layer, images, gamma)
        gradients = tape.gradient(value, images)
        along = tf.reduce_sum(gradients * direction)
    return outer.gradient(along, images).numpy()


GAMMA = np.array([0.5, 2.0])
STEP = 1e-6


def test_gradient_equals_differences_of_the_loss():
    layer, images = make("float64"), normal()
    by_image, by_gamma = gradient(layer, images, GAMMA)
    direction = normal(seed=2)

    def at(image_shift, gamma_shift):
        point = tf.convert_to_tensor(images + image_shift * direction)
        return loss(layer, point, GAMMA + gamma_shift)[0].numpy()

    difference = (at(STEP, 0) - at(-STEP, 0)) / (2 * STEP)
    assert np.sum(by_image * direction) == pytest.approx(difference, rel=1e-6)
    for channel, shift in enumerate(STEP * np.eye(2)):
        difference = (at(0, shift) - at(0, -shift)) / (2 * STEP)
        assert float(by_gamma[channel]) == pytest.approx(difference, rel=1e-6)


def test_second_derivative_equals_differences_of_the_gradient():
    layer, images, direction = make("float64"), normal(), normal(seed=2)
    ahead, behind = (
        gradient(layer, images + sign * STEP * direction, GAMMA)[0].numpy()
        for sign in (1, -1)
    )
    expected = (ahead - behind) / (2 * STEP)
    result = second_derivative(layer, images, GAMMA, direction)
    np.testing.assert_allclose(
        result, expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max()
    )


def test_the_fused_kernel_has_the_same_derivatives():
    plain, fused = make("float64"), make("float32")
    images, direction = normal(), normal(seed=2)
    small, thin = images.astype("float32"), direction.astype("float32")
    np.testing.assert_allclose(
        fused(small, training=True), plain(images, training=True), atol=1e-5
    )
    pairs = [
        *zip(
            gradient(fused, small, GAMMA),
            gradient(plain, images, GAMMA),
            strict=True,
        ),
        (
            second_derivative(fused, small, GAMMA, thin),
            second_derivative(plain, images, GAMMA, direction),
        ),
    ]
    for result, expected in pairs:
        scale = np.abs(expected).max()
        np.testing.assert_allclose(result, expected, atol=1e-4 * scale)


def test_vectors_are_normalized_as_well():
    layer = BatchNormalization(affine=False)
    vectors = normal().reshape(-1, 2).astype("float32")
    outputs = layer(vectors, training=True).numpy()
    np.testing.assert_allclose(outputs.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(outputs.var(0), 1, atol=1e-4)


def test_half_precision_keeps_its_statistics_in_full():
    layer = BatchNormalization(dtype="mixed_float16")
    outputs = layer(normal().astype("float16"), training=True)
    assert outputs.dtype == "float16"
    assert layer.moving_variance.dtype == "float32"


def test_none_does_nothing():
    layer = normalization_layer(None, affine=True)
    images = normal().astype("float32")
    np.testing.assert_array_equal(layer(images), images)
    assert layer.variables == []
