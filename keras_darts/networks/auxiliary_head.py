"""A second classifier half-way, which helps the training and then goes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import keras
from keras import ops

from keras_darts.primitives import BatchNormalization
from keras_darts.primitives import torch_uniform
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_darts.primitives.parameter_free import Identity


_POOL = 5
_CHANNELS = (128, 768)


@keras.saving.register_keras_serializable(package="keras_darts")
class AuxiliaryHead(keras.layers.Layer):
    """Pools features and classifies them.

    ReLU, average pool of 5 by 5, 1x1 convolution to 128 channels, BN, ReLU,
    2x2 convolution to 768 channels, BN, ReLU, mean over the pixels, linear.

    Args:
        num_classes: Integer, width of the output.
        stride: Integer, of the pool. Defaults to `3`.
        second_normalization: Boolean, whether the second BN is there; the
            published ImageNet networks are without. Defaults to `True`.

    Raises:
        ValueError: if the features are smaller than 8 by 8 at stride 3 or
            7 by 7 at stride 2.

    Example:

    >>> head = AuxiliaryHead(num_classes=10)
    >>> head(np.ones((2, 8, 8, 16), "float32")).shape
    TensorShape([2, 10])

    Reference: Szegedy et al., 2014, Going deeper with convolutions; Zoph et
    al., 2018, NASNet.
    """

    def __init__(
        self,
        num_classes: int,
        stride: int = 3,
        second_normalization: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.num_classes = num_classes
        self.stride = stride
        self.second_normalization = second_normalization
        self.bn1: BatchNormalization = BatchNormalization()
        self.bn2: BatchNormalization | Identity = (
            BatchNormalization()
            if second_normalization
            else keras.layers.Identity()
        )

    def build(self, input_shape: Shape) -> None:
        side = smallest_side(self.stride)
        if any(n is not None and n < side for n in input_shape[1:3]):
            raise ValueError(
                f"`inputs` must be features of {side} by {side} or more. "
                f"Received: inputs of shape {tuple(input_shape)}"
            )
        channels, (narrow, wide) = input_shape[-1], _CHANNELS
        self.conv1: keras.layers.Conv2D = _convolution(narrow, 1, channels)
        self.conv2: keras.layers.Conv2D = _convolution(wide, 2, narrow)
        self.classifier: keras.layers.Dense = linear(self.num_classes, wide)
        for layer, depth in (
            (self.conv1, channels),
            (self.bn1, narrow),
            (self.conv2, narrow),
            (self.bn2, wide),
        ):
            layer.build((None, None, None, depth))
        self.classifier.build((None, wide))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.num_classes)

    def call(
        self, inputs: tf.Tensor
    ) -> tf.Tensor:  # (B, H, W, C) -> (B, classes)
        outputs = ops.average_pool(
            ops.relu(inputs), _POOL, self.stride, "valid", "channels_last"
        )
        outputs = ops.relu(self.bn1(self.conv1(outputs)))
        outputs = ops.relu(self.bn2(self.conv2(outputs)))
        return self.classifier(ops.mean(outputs, axis=(1, 2)))

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "stride": self.stride,
            "second_normalization": self.second_normalization,
        }


def smallest_side(stride: int) -> int:
    """The side of the smallest features from which 2 by 2 pixels are pooled."""
    return _POOL + stride


def linear(units: int, channels: int) -> keras.layers.Dense:
    """A linear layer as PyTorch begins it, with outputs in full precision."""
    policy = keras.config.dtype_policy()
    return keras.layers.Dense(
        units,
        kernel_initializer=torch_uniform(channels),
        bias_initializer=torch_uniform(channels),
        dtype=policy.variable_dtype,
    )


def _convolution(filters, size, channels):
    return keras.layers.Conv2D(
        filters,
        size,
        use_bias=False,
        kernel_initializer=torch_uniform(size * size * channels),
    )
