"""Batch normalisation as the original code has it."""

import keras
import tensorflow as tf
from keras import ops

from keras_darts.errors import unknown_name


@keras.saving.register_keras_serializable(package="keras_darts")
class BatchNormalization(keras.layers.Layer):
    """Batch normalisation over all axes but the last, with PyTorch's rules.

    The running statistics move by `momentum` towards those of the batch, and
    the running variance is the unbiased one; Keras' own layer keeps the
    biased variance and has other defaults. The fused kernel serves where the
    precision allows it, and a plain mean and variance elsewhere: both can be
    differentiated twice.

    Args:
        affine: Boolean, whether a trained scale and offset follow. The cells
            of a search have none. Defaults to `True`.
        momentum: Float in [0, 1], the share of the new batch in the running
            statistics. Defaults to `0.1`.
        epsilon: Float > 0, added to the variance. Defaults to `1e-5`.

    Example:

    >>> layer = BatchNormalization()
    >>> layer(np.ones((2, 4, 4, 3), "float32"), training=True).shape
    TensorShape([2, 4, 4, 3])

    Reference: Ioffe and Szegedy, 2015, Batch Normalization, algorithm 1.
    """

    def __init__(self, affine=True, momentum=0.1, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.affine = affine
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, input_shape):
        shape = (input_shape[-1],)
        if self.affine:
            self.gamma = self._statistic("gamma", shape, "ones", True)
            self.beta = self._statistic("beta", shape, "zeros", True)
        self.moving_mean = self._statistic("moving_mean", shape, "zeros")
        self.moving_variance = self._statistic("moving_variance", shape, "ones")

    def call(self, inputs, training=None):
        statistics = [self.moving_mean, self.moving_variance]
        if not training:
            scale, offset = self._scale_and_offset(inputs.shape[-1])
            return self._normalize(inputs, *statistics, scale, offset)
        outputs, moved = self.normalize_batch(inputs, statistics)
        for statistic, value in zip(statistics, moved, strict=True):
            statistic.assign(value)
        return outputs

    def normalize_batch(self, inputs, statistics):
        """The outputs of a training step, and the statistics after it.

        Args:
            inputs: (..., C).
            statistics: Running mean and variance, which a loop over time
                hands from step to step as tensors.
        """
        scale, offset = self._scale_and_offset(inputs.shape[-1])
        outputs, *batch = self._normalize_batch(inputs, scale, offset)
        return outputs, [
            old + self.momentum * (new - old)
            for old, new in zip(statistics, batch, strict=True)
        ]

    def get_config(self):
        return {
            **super().get_config(),
            "affine": self.affine,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }

    def _statistic(self, name, shape, initializer, trainable=False):
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer,
            trainable=trainable,
            autocast=False,
        )

    def _scale_and_offset(self, channels):
        if self.affine:
            return self.gamma.value, self.beta.value
        dtype = self.moving_mean.dtype
        return ops.ones((channels,), dtype), ops.zeros((channels,), dtype)

    def _normalize(self, inputs, mean, variance, scale, offset):
        factor = scale * ops.rsqrt(variance + self.epsilon)
        shift = offset - mean * factor
        dtype = inputs.dtype
        return inputs * ops.cast(factor, dtype) + ops.cast(shift, dtype)

    def _normalize_batch(self, inputs, scale, offset):
        """Normalised inputs, the batch's mean and its unbiased variance."""
        if self.moving_mean.dtype == "float32" and len(inputs.shape) == 4:
            fused = tf.raw_ops.FusedBatchNormV3(
                x=inputs,
                scale=scale,
                offset=offset,
                mean=ops.zeros((0,)),
                variance=ops.zeros((0,)),
                epsilon=self.epsilon,
            )
            return fused.y, fused.batch_mean, fused.batch_variance
        axes = list(range(len(inputs.shape) - 1))
        values = ops.cast(inputs, self.moving_mean.dtype)
        mean = ops.mean(values, axis=axes)
        centred = values - mean
        variance = ops.mean(ops.square(centred), axis=axes)
        outputs = centred * ops.rsqrt(variance + self.epsilon)
        if self.affine:
            outputs = outputs * scale + offset
        count = ops.cast(ops.size(inputs) / inputs.shape[-1], variance.dtype)
        unbiased = variance * count / ops.maximum(count - 1, 1)
        return ops.cast(outputs, inputs.dtype), mean, unbiased


NORMALIZATIONS = {
    "batch": BatchNormalization,
    None: lambda affine: keras.layers.Identity(),
}


def normalization_layer(normalization, affine):
    """The layer for `"batch"`, or one that does nothing for `None`."""
    if normalization not in NORMALIZATIONS:
        raise unknown_name("normalization", normalization, ["batch", "None"])
    return NORMALIZATIONS[normalization](affine=affine)
