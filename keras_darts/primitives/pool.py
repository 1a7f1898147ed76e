"""Pooling with a 3x3 window and one pixel of symmetric padding."""

import keras
from keras import ops

from keras_darts.primitives.checks import check_stride


class _Pool3x3(keras.layers.Layer):
    def __init__(self, stride=1, **kwargs):
        super().__init__(**kwargs)
        check_stride(stride)
        self.stride = stride

    def get_config(self):
        return {**super().get_config(), "stride": self.stride}


@keras.saving.register_keras_serializable(package="keras_darts")
class MaxPool3x3(_Pool3x3):
    """Largest of each 3x3 window.

    Args:
        stride: 1 or 2. Defaults to `1`.

    Example:

    >>> MaxPool3x3(stride=2)(np.ones((2, 4, 4, 3), "float32")).shape
    TensorShape([2, 2, 2, 3])
    """

    def call(self, inputs):
        if self.stride == 1:
            return ops.max_pool(inputs, 3, 1, "same", "channels_last")
        # A mirrored border repeats pixels of the same window, which changes
        # no maximum; a border of -inf would ruin int8 calibration.
        widths = [(0, 0), (1, 1), (1, 1), (0, 0)]
        inputs = ops.pad(inputs, widths, mode="reflect")
        return ops.max_pool(inputs, 3, 2, "valid", "channels_last")


@keras.saving.register_keras_serializable(package="keras_darts")
class AvgPool3x3(_Pool3x3):
    """Mean of each 3x3 window, the padding not counted.

    Args:
        stride: 1 or 2. Defaults to `1`.

    Example:

    >>> AvgPool3x3()(np.ones((1, 4, 4, 1), "float32")).numpy().min()
    np.float32(1.0)
    """

    def call(self, inputs):
        if self.stride == 1:
            return ops.average_pool(inputs, 3, 1, "same", "channels_last")
        ones = ops.ones((1, *inputs.shape[1:3], 1), inputs.dtype)
        return _mean_with_zeros(inputs) / _mean_with_zeros(ones)


def _mean_with_zeros(inputs):
    inputs = ops.pad(inputs, [(0, 0), (1, 1), (1, 1), (0, 0)])
    return ops.average_pool(inputs, 3, 2, "valid", "channels_last")
