"""Convolutions against sums written out in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts import primitives
from keras_darts.primitives.conv_ops import convolve_depthwise

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def convolved(image, kernel, stride=(1, 1), dilation=1):
    """(H, W, I), (K, L, I, O) -> (H', W', O), as PyTorch's Conv2d has it."""
    pads = [dilation * (n - 1) // 2 for n in kernel.shape[:2]]
    padded = np.pad(image, [(p, p) for p in pads] + [(0, 0)])
    rows = range(0, image.shape[0], stride[0])
    columns = range(0, image.shape[1], stride[1])
    output = np.zeros((len(rows), len(columns), kernel.shape[-1]))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            for k, line in enumerate(kernel):
                for m, matrix in enumerate(line):
                    tap = padded[row + dilation * k, column + dilation * m]
                    output[i, j] += tap @ matrix
    return output


def dense(kernel):
    """A depthwise kernel (K, L, C, 1) as a full one (K, L, C, C)."""
    return kernel * np.eye(kernel.shape[2], dtype=kernel.dtype)


def relu(x):
    return np.maximum(x, 0)


@pytest.mark.parametrize("side", [7, 8])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [3, 5])
def test_depthwise_convolution_equals_the_sum(size, stride, dilation, side):
    image, kernel = normal(side, side, 2), normal(size, size, 2, 1)
    outputs = convolve_depthwise(
        image[None], kernel, (stride, stride), dilation
    )
    expected = convolved(image, dense(kernel), (stride, stride), dilation)
    np.testing.assert_allclose(outputs[0], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("side", [7, 8])
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (1, 2), (2, 1)])
@pytest.mark.parametrize("size", [(1, 1), (3, 3), (1, 7), (7, 1)])
def test_convolution_equals_the_sum(size, stride, side):
    image, kernel = normal(side, side, 2), normal(*size, 2, 3)
    outputs = primitives.convolve(image[None], kernel, stride)
    expected = convolved(image, kernel, stride)
    np.testing.assert_allclose(outputs[0], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("channels", [4, 8])
@pytest.mark.parametrize("training", [False, True])
def test_gradients_of_strided_single_places_are_sums_of_them(
    training, channels
):
    image, kernel = normal(2, 8, 8, channels), normal(1, 1, channels, 3)
    upstream = normal(2, 4, 4, 3)
    image, kernel = tf.Variable(image), tf.Variable(kernel)
    with tf.GradientTape() as tape:
        outputs = primitives.convolve(image, kernel, 2, training)
        loss = tf.reduce_sum(outputs * upstream)
    by_image, by_kernel = tape.gradient(loss, [image, kernel])
    taken = image.numpy()[:, ::2, ::2]
    np.testing.assert_allclose(
        by_kernel[0, 0],
        np.einsum("bhwi,bhwo->io", taken, upstream),
        rtol=1e-4,
        atol=1e-5,
    )
    expected = np.zeros(image.shape, "float32")
    expected[:, ::2, ::2] = upstream @ kernel.numpy()[0, 0].T
    np.testing.assert_allclose(by_image, expected, rtol=1e-4, atol=1e-5)


def test_dilated_convolution_is_relu_depthwise_pointwise():
    layer = primitives.DilConv(3, 5, stride=2, normalization=None)
    image = normal(8, 8, 2)
    outputs = layer(image[None])
    expected = convolved(relu(image), dense(layer.depthwise.numpy()), (2, 2), 2)
    expected = convolved(expected, layer.pointwise.numpy())
    np.testing.assert_allclose(outputs[0], expected, rtol=1e-4, atol=1e-5)


def test_separable_convolution_strides_in_its_first_half_only():
    layer = primitives.SepConv(3, 3, stride=2, normalization=None)
    image = normal(8, 8, 2)
    outputs = layer(image[None])
    expected = image
    for half, stride in ((layer.first, 2), (layer.second, 1)):
        depthwise, pointwise = half.depthwise.numpy(), half.pointwise.numpy()
        expected = convolved(relu(expected), dense(depthwise), (stride, stride))
        expected = convolved(expected, pointwise)
    np.testing.assert_allclose(outputs[0], expected, rtol=1e-4, atol=1e-5)
    # The number of channels changes in the second half.
    assert layer.first.filters == 2


def test_factorized_convolution_goes_along_rows_then_columns():
    layer = primitives.FactorizedConv(3, 7, stride=2, normalization=None)
    image = normal(8, 8, 2)
    outputs = layer(image[None])
    expected = convolved(relu(image), layer.row.numpy(), (1, 2))
    expected = convolved(expected, layer.column.numpy(), (2, 1))
    assert layer.row.shape == (1, 7, 2, 3)
    np.testing.assert_allclose(outputs[0], expected, rtol=1e-4, atol=1e-5)


def test_square_convolutions_differ_by_their_relu():
    image = normal(8, 8, 2)
    for layer_class, first in (
        (primitives.ConvBN, lambda x: x),
        (primitives.ReLUConvBN, relu),
    ):
        layer = layer_class(3, 3, normalization=None)
        outputs = layer(image[None])
        expected = convolved(first(image), layer.kernel.numpy())
        np.testing.assert_allclose(outputs[0], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (2, 4), (1, 1), (3, 5)])
def test_factorized_reduce_sees_both_diagonals(row, column):
    layer = primitives.FactorizedReduce(4, normalization=None)
    layer.build((None, 6, 6, 1))
    for kernel in (layer.even, layer.odd):
        kernel.assign(np.ones(kernel.shape))
    image = np.zeros((1, 6, 6, 1), "float32")
    image[0, row, column] = 1
    outputs = layer(image).numpy()
    half = slice(0, 2) if row % 2 == 0 else slice(2, 4)
    expected = np.zeros((1, 3, 3, 4))
    expected[0, row // 2, column // 2, half] = 1
    np.testing.assert_array_equal(outputs, expected)


@pytest.mark.parametrize(("row", "column"), [(0, 1), (3, 2)])
def test_factorized_reduce_sees_no_other_pixel(row, column):
    layer = primitives.FactorizedReduce(4, normalization=None)
    image = np.zeros((1, 6, 6, 1), "float32")
    image[0, row, column] = 1
    assert not np.any(layer(image))


def test_factorized_reduce_begins_with_a_relu():
    layer = primitives.FactorizedReduce(4, normalization=None)
    assert not np.any(layer(-np.ones((1, 4, 4, 3), "float32")))


@pytest.mark.parametrize(
    ("layer", "fan_ins"),
    [
        (primitives.ConvBN(64, 3), {"kernel": 9 * 16}),
        (primitives.ReLUConvBN(64, 1), {"kernel": 16}),
        (primitives.DilConv(64, 5), {"depthwise": 25, "pointwise": 16}),
        (primitives.FactorizedConv(64, 7), {"row": 7 * 16, "column": 7 * 64}),
        (primitives.FactorizedReduce(64), {"even": 16, "odd": 16}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_first_values_are_uniform_in_pytorchs_bounds(layer, fan_ins):
    keras.utils.set_random_seed(0)
    layer.build((None, 8, 8, 16))
    for name, fan_in in fan_ins.items():
        values = getattr(layer, name).numpy()
        bound = fan_in**-0.5
        assert np.abs(values).max() <= bound
        assert np.abs(values).max() > 0.97 * bound
        # That of a uniform distribution, to 3 sigma of 400 values.
        assert np.abs(values.std() - bound / 3**0.5) < 0.06 * bound
        assert np.abs(values.mean()) < 0.1 * bound


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: primitives.DilConv(8, 4), "`kernel_size` must be odd"),
        (lambda: primitives.SepConv(8, 3, stride=3), "`stride` must be 1 or 2"),
        (lambda: primitives.MaxPool3x3(stride=3), "`stride` must be 1 or 2"),
        (lambda: primitives.Zero(stride=0), "`stride` must be 1 or 2"),
        (lambda: primitives.FactorizedReduce(7), "`filters` must be even"),
        (
            lambda: primitives.FactorizedReduce(8)(np.ones((1, 5, 4, 3))),
            "`inputs` must have an even height",
        ),
        (
            lambda: primitives.ConvBN(8, 3, normalization="bach")(
                np.ones((1, 4, 4, 3))
            ),
            "Did you mean batch",
        ),
    ],
)
def test_arguments_that_make_no_primitive_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
