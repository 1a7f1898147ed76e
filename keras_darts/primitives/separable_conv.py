"""Depthwise separable convolutions of the DARTS space, dilated ones too."""

import math

import keras

from keras_darts.primitives.conv import BaseConv
from keras_darts.primitives.normalization import normalization_layer
from keras_darts.primitives.shared_input import SharedInput
from keras_darts.primitives.symmetric_conv import convolve
from keras_darts.primitives.symmetric_conv import convolve_depthwise
from keras_darts.primitives.symmetric_conv import from_phases
from keras_darts.primitives.symmetric_conv import has_phases
from keras_darts.primitives.symmetric_conv import to_phases


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
        filters,
        kernel_size,
        stride=1,
        affine=True,
        normalization="batch",
        dilation=2,
        **kwargs,
    ):
        super().__init__(
            filters, kernel_size, stride, affine, normalization, **kwargs
        )
        self.dilation = dilation

    def build(self, input_shape):
        window, channels = self._window(input_shape), input_shape[-1]
        self._has_phases = has_phases(input_shape)
        self.depthwise = self._kernel(
            "depthwise", (*window, channels, 1), fan_in=math.prod(window)
        )
        self.pointwise = self._kernel(
            "pointwise",
            (*[1] * len(window), channels, self.filters),
            fan_in=channels,
        )
        self.bn = normalization_layer(self.normalization, self.affine)
        self.bn.build((*input_shape[:-1], self.filters))

    def call(self, inputs, training=None):
        return self.weighted(SharedInput(inputs), None, training)

    def weighted(self, shared, weight, training):
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

    def look(self, shared, training):
        """What is convolved."""
        if not self._in_phases(training):
            return super().look(shared, training)
        return shared.once("phases", lambda _: to_phases(shared.relu))

    def _in_phases(self, training):
        """Whether a dilated convolution is trained as an ordinary one."""
        dilated = self.dilation == 2 and self.stride == 1
        return training and dilated and self._has_phases

    def get_config(self):
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

    def build(self, input_shape):
        channels = input_shape[-1]
        self.first = self._half(channels, self.stride)
        self.second = self._half(self.filters, stride=1)
        self.first.build(input_shape)
        self.second.build((*input_shape[:-1], channels))

    def call(self, inputs, training=None):
        return self.weighted(SharedInput(inputs), None, training)

    def weighted(self, shared, weight, training):
        """The outputs times `weight`."""
        inside = SharedInput(
            self.first.weighted(shared, None, training),
            custom_gradients=shared.custom_gradients,
        )
        return self.second.weighted(inside, weight, training)

    def look(self, shared, training):
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
