"""Self-attention as a primitive of cells over sequences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_darts.primitives.conv import check_stride
from keras_darts.primitives.conv_ops import FanInUniform
from keras_darts.primitives.conv_ops import strided
from keras_darts.primitives.inputs import presence
from keras_darts.primitives.normalization import normalization_layer
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    from keras_darts.primitives.normalization import BatchNormalization
    from keras_darts.primitives.normalization import NoNormalization


# e^-64 of a position is nothing in single precision, and int8 calibration
# would not survive much more.
_ABSENT = -64.0


@keras.saving.register_keras_serializable(package="keras_darts")
class SelfAttention(keras.layers.Layer):
    """Multi-head scaled dot-product attention over time, normalisation.

    Queries, keys, values and outputs are linear projections without bias;
    there is no ReLU before, since the softmax is what is not linear. With
    stride 2 only every second position asks. Padding, which has no features
    but zeros, is not attended to. Order is left to the other primitives.

    Args:
        filters: Integer, channels of the output.
        stride: 1 or 2. Defaults to `1`.
        affine: Boolean, whether the normalisation has a trained scale and
            offset. Defaults to `True`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.
        heads: Integer that divides `filters`. Defaults to `None`: 4, 2 or 1,
            the first that does.

    Raises:
        ValueError: if `heads` does not divide `filters`.

    Example:

    >>> SelfAttention(8, stride=2)(np.ones((2, 4, 8), "float32")).shape
    TensorShape([2, 2, 8])

    Reference: Vaswani et al., 2017, Attention is all you need, equation 1
    and section 3.2.2.
    """

    def __init__(
        self,
        filters: int,
        stride: int = 1,
        affine: bool = True,
        normalization: str | None = "batch",
        heads: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_stride(stride)
        heads = math.gcd(filters, 4) if heads is None else heads
        if heads < 1 or filters % heads:
            raise ValueError(
                "`heads` must divide `filters`. "
                f"Received: heads={heads}, filters={filters}"
            )
        self.filters = filters
        self.stride = stride
        self.affine = affine
        self.normalization = normalization
        self.heads = heads

    def build(self, input_shape: Shape) -> None:
        channels = input_shape[-1]
        self.query: keras.Variable = self._matrix("query", channels)
        self.key: keras.Variable = self._matrix("key", channels)
        self.value: keras.Variable = self._matrix("value", channels)
        self.output_projection: keras.Variable = self._matrix(
            "output", self.filters
        )
        self.bn: NoNormalization | BatchNormalization = normalization_layer(
            self.normalization, self.affine
        )
        self.bn.build((*input_shape[:-1], self.filters))

    def call(self, inputs: tf.Tensor) -> tf.Tensor:  # (B, T, C) -> (B, T', F)
        asking = strided(inputs, self.stride)
        queries = self._split(ops.matmul(asking, self.query))
        keys = self._split(ops.matmul(inputs, self.key))
        values = self._split(ops.matmul(inputs, self.value))
        scale = (self.filters // self.heads) ** -0.5
        scores = ops.matmul(queries * scale, ops.swapaxes(keys, 2, 3))
        # Replaced, not added to: LiteRT's converter loses such a sum.
        present = ops.swapaxes(presence(inputs), 1, 2)
        scores = ops.where(present[:, None] > 0, scores, _ABSENT)
        # Keras' softmax warns where a single position is left.
        mixed = ops.matmul(tf.nn.softmax(scores), values)
        return self.bn(ops.matmul(self._join(mixed), self.output_projection))

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "filters": self.filters,
            "stride": self.stride,
            "affine": self.affine,
            "normalization": self.normalization,
            "heads": self.heads,
        }

    def _split(self, states):  # (B, T, F) -> (B, heads, T, F / heads)
        length, width = ops.shape(states)[1], self.filters // self.heads
        states = ops.reshape(states, (-1, length, self.heads, width))
        return ops.swapaxes(states, 1, 2)

    def _join(self, states):  # (B, heads, T, F / heads) -> (B, T, F)
        length = ops.shape(states)[2]
        states = ops.swapaxes(states, 1, 2)
        return ops.reshape(states, (-1, length, self.filters))

    def _matrix(self, name, channels):
        return self.add_weight(
            name=name,
            shape=(channels, self.filters),
            initializer=FanInUniform(channels),
        )
