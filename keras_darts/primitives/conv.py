"""Convolutions of the DARTS space: plain, factorized, separable and dilated.

All but the factorised one are for images (B, H, W, C) and, with kernels of
one axis, for sequences (B, T, C).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from typing import Any

import keras
from keras import ops

from keras_darts.primitives.conv_ops import FanInUniform
from keras_darts.primitives.conv_ops import convolve
from keras_darts.primitives.conv_ops import convolve_depthwise
from keras_darts.primitives.conv_ops import from_phases
from keras_darts.primitives.conv_ops import has_phases
from keras_darts.primitives.conv_ops import to_phases
from keras_darts.primitives.inputs import SharedInput
from keras_darts.primitives.normalization import normalization_layer
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_darts.primitives.normalization import BatchNormalization
    from keras_darts.primitives.normalization import NoNormalization


def check_stride(stride: int) -> None:
    """Raises a `ValueError` for a stride that no cell has."""
    if stride not in (1, 2):
        raise ValueError(f"`stride` must be 1 or 2. Received: stride={stride}")


def check_kernel_size(kernel_size: int) -> None:
    """Raises a `ValueError` for a kernel without a middle."""
    if kernel_size < 1 or kernel_size % 2 == 0:
        raise ValueError(
            "`kernel_size` must be odd, so that its padding is symmetric. "
            f"Received: kernel_size={kernel_size}"
        )


class BaseConv(keras.layers.Layer):
    """Abstract: the arguments that all convolutions of a cell share."""

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        stride: int = 1,
        affine: bool = True,
        normalization: str | None = "batch",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_kernel_size(kernel_size)
        check_stride(stride)
        self.filters = filters
        self.kernel_size = kernel_size
        self.stride = stride
        self.affine = affine
        self.normalization = normalization

    def look(self, shared: SharedInput, training: bool | None) -> Any:
        """What is convolved."""
        return shared.relu

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "affine": self.affine,
            "normalization": self.normalization,
        }

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sides = (side and -(-side // self.stride) for side in input_shape[1:-1])
        return (input_shape[0], *sides, self.filters)

    def _window(self, input_shape):
        return (self.kernel_size,) * (len(input_shape) - 2)

    def _kernel(self, name, shape, fan_in):
        return self.add_weight(
            name=name, shape=shape, initializer=FanInUniform(fan_in)
        )


class _SquareConv(BaseConv):
    """A square convolution without bias, and its normalisation."""

    def build(self, input_shape):
        window, channels = self._window(input_shape), input_shape[-1]
        self.kernel = self._kernel(
            "kernel",
            (*window, channels, self.filters),
            fan_in=math.prod(window) * channels,
        )
        self.bn = normalization_layer(self.normalization, self.affine)
        self.bn.build((*input_shape[:-1], self.filters))

    def _convolve(self, inputs, training):
        return convolve(inputs, self.kernel, self.stride, training)


@keras.saving.register_keras_serializable(package="keras_darts")
class ConvBN(_SquareConv):
    """A square convolution without bias, normalisation: for stems.

    Args:
        filters: Integer, channels of the output.
        kernel_size: Odd integer, side of the kernel.
        stride: 1 or 2. Defaults to `1`.
        affine: Boolean, whether the normalisation has a trained scale and
            offset. Defaults to `True`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Example:

    >>> ConvBN(8, 3, stride=2)(np.ones((2, 4, 4, 3), "float32")).shape
    TensorShape([2, 2, 2, 8])
    """

    def call(
        self, inputs: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:
        return self.bn(self._convolve(inputs, training), training=training)


@keras.saving.register_keras_serializable(package="keras_darts")
class ReLUConvBN(_SquareConv):
    """ReLU, a square convolution without bias, normalisation.

    Args:
        filters: Integer, channels of the output.
        kernel_size: Odd integer, side of the kernel.
        stride: 1 or 2. Defaults to `1`.
        affine: Boolean, whether the normalisation has a trained scale and
            offset. Defaults to `True`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Example:

    >>> ReLUConvBN(8, 1)(np.ones((2, 4, 4, 3), "float32")).shape
    TensorShape([2, 4, 4, 8])
    """

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
        inputs = self.look(shared, training)
        outputs = self._convolve(inputs, training)
        return self.bn(outputs, weight=weight, training=training)


@keras.saving.register_keras_serializable(package="keras_darts")
class FactorizedConv(BaseConv):
    """ReLU, a 1xK and a Kx1 convolution, normalisation.

    Args:
        filters: Integer, channels of the output.
        kernel_size: Odd integer, length of both kernels.
        stride: 1 or 2, first along the width, then along the height.
            Defaults to `1`.
        affine: Boolean, whether the normalisation has a trained scale and
            offset. Defaults to `True`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Example:

    >>> FactorizedConv(8, 7, stride=2)(np.ones((2, 4, 4, 8))).shape
    TensorShape([2, 2, 2, 8])

    Reference: Real et al., 2019, AmoebaNet, `conv_7x1_1x7`.
    """

    def build(self, input_shape: Shape) -> None:
        size, channels = self.kernel_size, input_shape[-1]
        self.row: keras.Variable = self._kernel(
            "row", (1, size, channels, self.filters), fan_in=size * channels
        )
        self.column: keras.Variable = self._kernel(
            "column",
            (size, 1, self.filters, self.filters),
            fan_in=size * self.filters,
        )
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
        inputs = self.look(shared, training)
        outputs = convolve(inputs, self.row, (1, self.stride))
        outputs = convolve(outputs, self.column, (self.stride, 1))
        return self.bn(outputs, weight=weight, training=training)


@keras.saving.register_keras_serializable(package="keras_darts")
class DilConv(BaseConv):
    """ReLU, depthwise convolution, pointwise convolution, normalisation.

    Args:
        filters: Integer, channels of the output.
        kernel_size: Odd integer, side of the depthwise kernel.
        stride: 1 or 2, of the depthwise convolution. Defaults to `1`.
        affine: Boolean, whether the normalisation has a trained scale and
            offset. Defaults to `True`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.
        dilation: 1 or 2, of the depthwise convolution. Defaults to `2`.

    Example:

    >>> DilConv(8, 3, stride=2)(np.ones((2, 4, 4, 8), "float32")).shape
    TensorShape([2, 2, 2, 8])

    Reference: Liu et al., 2019, DARTS, section 3.1.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        stride: int = 1,
        affine: bool = True,
        normalization: str | None = "batch",
        dilation: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters, kernel_size, stride, affine, normalization, **kwargs
        )
        self.dilation = dilation

    def build(self, input_shape: Shape) -> None:
        window, channels = self._window(input_shape), input_shape[-1]
        self._has_phases = has_phases(input_shape)
        self.depthwise: keras.Variable = self._kernel(
            "depthwise", (*window, channels, 1), fan_in=math.prod(window)
        )
        self.pointwise: keras.Variable = self._kernel(
            "pointwise",
            (*[1] * len(window), channels, self.filters),
            fan_in=channels,
        )
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
        in_phases = self._in_phases(training)
        outputs = convolve_depthwise(
            self.look(shared, training),
            self.depthwise,
            self.stride,
            1 if in_phases else self.dilation,
            training and shared.custom_gradients,
        )
        outputs = convolve(outputs, self.pointwise, training=training)
        outputs = self.bn(outputs, weight=weight, training=training)
        return from_phases(outputs) if in_phases else outputs

    def look(self, shared: SharedInput, training: bool | None) -> Any:
        """What is convolved."""
        if not self._in_phases(training):
            return super().look(shared, training)
        return shared.once("phases", lambda _: to_phases(shared.relu))

    def _in_phases(self, training):
        """Whether a dilated convolution is trained as an ordinary one."""
        dilated = self.dilation == 2 and self.stride == 1
        return training and dilated and self._has_phases

    def get_config(self) -> Config:
        return {**super().get_config(), "dilation": self.dilation}


@keras.saving.register_keras_serializable(package="keras_darts")
class SepConv(BaseConv):
    """A depthwise separable convolution, applied twice.

    Twice (ReLU, depthwise, pointwise, normalisation); the stride is on the
    first depthwise convolution only.

    Args:
        filters: Integer, channels of the output.
        kernel_size: Odd integer, side of the depthwise kernels.
        stride: 1 or 2. Defaults to `1`.
        affine: Boolean, whether the normalisations have a trained scale and
            offset. Defaults to `True`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Example:

    >>> SepConv(8, 5, stride=2)(np.ones((2, 4, 4, 8), "float32")).shape
    TensorShape([2, 2, 2, 8])

    Reference: Liu et al., 2019, DARTS, section 3.1.
    """

    def build(self, input_shape: Shape) -> None:
        channels = input_shape[-1]
        self.first: DilConv = self._half(channels, self.stride)
        self.second: DilConv = self._half(self.filters, stride=1)
        self.first.build(input_shape)
        self.second.build((*input_shape[:-1], channels))

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
        inside = SharedInput(
            self.first.weighted(shared, None, training),
            custom_gradients=shared.custom_gradients,
        )
        return self.second.weighted(inside, weight, training)

    def look(self, shared: SharedInput, training: bool | None) -> Any:
        """What the first half convolves."""
        return self.first.look(shared, training)

    def _half(self, filters, stride):
        return DilConv(
            filters,
            self.kernel_size,
            stride,
            self.affine,
            self.normalization,
            dilation=1,
        )


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
            initializer=FanInUniform(channels),
        )
