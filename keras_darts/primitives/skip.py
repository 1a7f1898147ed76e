"""The primitives without weights: identity and nothing."""

import keras
from keras import ops

from keras_darts.primitives.checks import check_stride
from keras_darts.primitives.symmetric_conv import strided


@keras.saving.register_keras_serializable(package="keras_darts")
class Identity(keras.layers.Layer):
    """Its input, unchanged.

    Drop path leaves it alone, by its class.

    Example:

    >>> float(Identity()(np.float32(1)))
    1.0
    """

    def call(self, inputs):
        return inputs


@keras.saving.register_keras_serializable(package="keras_darts")
class Zero(keras.layers.Layer):
    """Zeros in the shape of its input, sub-sampled by `stride`.

    Args:
        stride: 1 or 2. Defaults to `1`.

    Example:

    >>> Zero(stride=2)(np.ones((1, 4, 4, 1), "float32")).shape
    TensorShape([1, 2, 2, 1])
    """

    def __init__(self, stride=1, **kwargs):
        super().__init__(**kwargs)
        check_stride(stride)
        self.stride = stride

    def call(self, inputs):
        return ops.zeros_like(strided(inputs, self.stride))

    def get_config(self):
        return {**super().get_config(), "stride": self.stride}
