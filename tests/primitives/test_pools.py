"""Pools against their definition, pixel by pixel."""

import numpy as np
import pytest

from keras_darts import primitives


def pooled(images, stride, reduce):
    """`reduce` of the pixels of each 3x3 window that are inside the image."""
    _, height, width, _ = images.shape
    rows, columns = range(0, height, stride), range(0, width, stride)
    return np.stack(
        [
            np.stack(
                [
                    reduce(
                        images[
                            :,
                            max(row - 1, 0) : row + 2,
                            max(column - 1, 0) : column + 2,
                        ],
                        axis=(1, 2),
                    )
                    for column in columns
                ],
                axis=1,
            )
            for row in rows
        ],
        axis=1,
    )


@pytest.mark.parametrize("shift", [0.0, -10.0])
@pytest.mark.parametrize("shape", [(2, 2), (4, 6), (7, 8)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(
    ("layer", "reduce"),
    [(primitives.MaxPool3x3, np.max), (primitives.AvgPool3x3, np.mean)],
)
def test_a_pool_sees_the_pixels_of_the_image_alone(
    layer, reduce, stride, shape, shift
):
    generator = np.random.default_rng(0)
    images = generator.normal(size=(2, *shape, 3)).astype("float32") + shift
    np.testing.assert_allclose(
        layer(stride)(images),
        pooled(images.astype("float64"), stride, reduce),
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize("stride", [1, 2])
def test_average_of_ones_is_one_at_the_border_too(stride):
    outputs = primitives.AvgPool3x3(stride)(np.ones((1, 6, 6, 2), "float32"))
    np.testing.assert_array_equal(outputs, np.ones(outputs.shape))


@pytest.mark.parametrize("stride", [1, 2])
def test_zero_gives_zeros_of_the_right_shape(stride):
    outputs = primitives.Zero(stride)(np.full((2, 6, 6, 3), np.inf, "float32"))
    np.testing.assert_array_equal(
        outputs, np.zeros((2, 6 // stride, 6 // stride, 3))
    )
