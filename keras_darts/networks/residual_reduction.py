"""The residual block between the stages of NAS-Bench-201's networks."""

import keras
from keras import ops

from keras_darts.primitives import ConvBN
from keras_darts.primitives import ReLUConvBN


@keras.saving.register_keras_serializable(package="keras_darts")
class ResidualReduction(keras.layers.Layer):
    """Halves height and width: two 3x3 convolutions beside a shortcut.

    ReLU, 3x3 convolution of stride 2, BN, ReLU, 3x3 convolution, BN; and to
    that the mean of each 2 by 2 pixels after a 1x1 convolution without BN.

    Args:
        filters: Integer, channels of the output.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Example:

    >>> ResidualReduction(8)(np.ones((2, 4, 4, 3), "float32")).shape
    TensorShape([2, 2, 2, 8])

    Reference: Dong and Yang, 2020, NAS-Bench-201, section 2.1; He et al.,
    2016, Deep residual learning.
    """

    def __init__(self, filters, normalization="batch", **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.normalization = normalization
        self.conv_a = ReLUConvBN(filters, 3, 2, normalization=normalization)
        self.conv_b = ReLUConvBN(filters, 3, normalization=normalization)
        self.shortcut = ConvBN(filters, 1, normalization=None)

    def build(self, input_shape):
        output_shape = self.compute_output_shape(input_shape)
        self.conv_a.build(input_shape)
        self.conv_b.build(output_shape)
        self.shortcut.build((*output_shape[:-1], input_shape[-1]))

    def call(self, inputs):  # (B, H, W, C) -> (B, H/2, W/2, C')
        means = ops.average_pool(inputs, 2, 2, "valid", "channels_last")
        return self.shortcut(means) + self.conv_b(self.conv_a(inputs))

    def compute_output_shape(self, input_shape):
        batch, *sides, _ = input_shape
        return (batch, *[side and side // 2 for side in sides], self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "normalization": self.normalization,
        }
