"""Halving of height and width, or of time, that leaves no place out."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import keras
from keras import ops

from keras_darts.primitives.conv_ops import convolve
from keras_darts.primitives.conv_ops import torch_uniform
from keras_darts.primitives.normalization import normalization_layer
from keras_darts.primitives.shared_input import SharedInput
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_darts.primitives.normalization import BatchNormalization
    from keras_darts.primitives.normalization import NoNormalization


@keras.saving.register_keras_serializable(package="keras_darts")
class FactorizedReduce(keras.layers.Layer):
    """ReLU, two shifted 1x1 convolutions of stride 2 side by side, BN.

    Each gives half of the channels; the second sees the input shifted by one
    pixel in both directions, so that together they see both diagonals. Of a
    sequence they see the even and the odd places.

    Args:
        filters: Even integer, channels of the output.
        affine: Boolean, whether the normalisation has a trained scale and
            offset. Defaults to `True`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Raises:
        ValueError: if `filters` is odd, or the height, width or length of
            the input.

    Example:

    >>> FactorizedReduce(8)(np.ones((2, 4, 4, 3), "float32")).shape
    TensorShape([2, 2, 2, 8])

    Reference: Liu et al., 2019, DARTS, section 3.1.
    """

    def __init__(
        self,
        filters: int,
        affine: bool = True,
        normalization: str | None = "batch",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if filters % 2:
            raise ValueError(
                "`filters` must be even where a cell reduces. "
                f"Received: filters={filters}"
            )
        self.filters = filters
        self.affine = affine
        self.normalization = normalization

    def build(self, input_shape: Shape) -> None:
        if any(side is not None and side % 2 for side in input_shape[1:-1]):
            raise ValueError(
                "`inputs` must have an even height and width, or an even "
                "length, to be halved. "
                f"Received: inputs of shape {tuple(input_shape)}"
            )
        self.even: keras.Variable = self._kernel("even", input_shape)
        self.odd: keras.Variable = self._kernel("odd", input_shape)
        self.bn: NoNormalization | BatchNormalization = normalization_layer(
            self.normalization, self.affine
        )
        self.bn.build((*input_shape[:-1], self.filters))

    def call(
        self, inputs: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:
        return self.weighted(SharedInput(inputs), None, training)

    def weighted(
        self,
        shared: SharedInput,
        weight: tf.Tensor | None,
        training: bool | None,
    ) -> tf.Tensor:
        """The outputs times `weight`."""
        outputs = self._convolve(self.look(shared, training), training)
        return self.bn(outputs, weight=weight, training=training)

    def look(self, shared: SharedInput, training: bool | None) -> Any:
        """What is convolved."""
        return shared.relu

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "filters": self.filters,
            "affine": self.affine,
            "normalization": self.normalization,
        }

    def _convolve(self, inputs, training):
        if training:
            # More products, but no slices, whose gradients are slow.
            window = self._window()
            return ops.conv(inputs, window, 2, "valid", "channels_last")
        places = [slice(1, None)] * (len(inputs.shape) - 2)
        shifted = inputs[(slice(None), *places)]
        halves = convolve(inputs, self.even, 2), convolve(shifted, self.odd, 2)
        return ops.concatenate(halves, axis=-1)

    def _window(self):
        """Both 1x1 kernels as one of side 2, which is a single convolution."""
        rank = len(self.even.shape) - 2
        half = self.filters // 2
        even = [(0, 1)] * rank + [(0, 0), (0, half)]
        odd = [(1, 0)] * rank + [(0, 0), (half, 0)]
        return ops.pad(self.even, even) + ops.pad(self.odd, odd)

    def _kernel(self, name, input_shape):
        _, *sides, channels = input_shape
        return self.add_weight(
            name=name,
            shape=(*[1] * len(sides), channels, self.filters // 2),
            initializer=torch_uniform(channels),
        )
