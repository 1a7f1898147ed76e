"""Batch normalisation as the original code has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_darts.utils.errors import unknown_name
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Shape
from keras_darts.utils.typing import TensorLike

# Of the batch; after everything but pools; and both with the statistics of
# the whole batch where devices share it.
_NAMES = (
    "batch",
    "batch_except_pooling",
    "sync_batch",
    "sync_batch_except_pooling",
    None,
)


def pool_normalization(normalization: str | None) -> str | None:
    """What follows the pools of a search with that normalisation.

    In DARTS' search cells, `"batch"`, it is the same as elsewhere; in those
    of NAS-Bench-201, `"batch_except_pooling"`, nothing.

    Example:

    >>> pool_normalization("batch"), pool_normalization("batch_except_pooling")
    ('batch', None)
    """
    check_normalization(normalization)
    but_pools = normalization in (
        "batch_except_pooling",
        "sync_batch_except_pooling",
    )
    return None if but_pools else normalization


def synchronized(normalization: str | None) -> str | None:
    """The same normalisation, with the statistics of the whole batch.

    Example:

    >>> synchronized("batch"), synchronized(None)
    ('sync_batch', None)
    """
    check_normalization(normalization)
    if normalization is None or is_synchronized(normalization):
        return normalization
    return f"sync_{normalization}"


def is_synchronized(normalization: str | None) -> bool:
    """Whether devices that share a batch have to meet in the layer."""
    return normalization in ("sync_batch", "sync_batch_except_pooling")


def check_normalization(normalization: str | None) -> None:
    """Raises a `ValueError` for one that is not known."""
    if normalization not in _NAMES:
        raise unknown_name("normalization", normalization, map(str, _NAMES))


def shared_among() -> int:
    """The number of replicas that share each batch."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def of_all_replicas(
    mean: tf.Tensor, variance: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """The mean and the variance of all parts of a batch, from those of one.

    One all-reduce, with a row for the mean of each replica: the variance is
    the mean of the parts' variances and the variance of the parts' means,
    which loses no digits to the difference of large squares.

    Args:
        mean: (C,), of this replica's part; all parts are of one size.
        variance: (C,), biased, likewise.
    """
    context, replicas = tf.distribute.get_replica_context(), shared_among()
    if context is None or replicas == 1:
        return mean, variance
    own = tf.one_hot(
        context.replica_id_in_sync_group, replicas, dtype=mean.dtype
    )
    rows = tf.concat([own[:, None] * mean, variance[None]], axis=0)
    rows = context.all_reduce(tf.distribute.ReduceOp.SUM, rows)
    means = rows[:-1]
    mean = tf.reduce_mean(means, axis=0)
    between = tf.reduce_mean(tf.square(means - mean), axis=0)
    return mean, rows[-1] / replicas + between


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
        synchronized: Boolean, whether the statistics are those of the whole
            batch where several devices share it. Otherwise each takes those
            of its own part, of a few images maybe, which are noisier than
            those of one device would be. It costs an all-reduce forward and
            one backward. Defaults to `False`.

    Example:

    >>> layer = BatchNormalization()
    >>> layer(np.ones((2, 4, 4, 3), "float32"), training=True).shape
    TensorShape([2, 4, 4, 3])

    Reference: Ioffe and Szegedy, 2015, Batch Normalization, algorithm 1.
    """

    def __init__(
        self,
        affine: bool = True,
        momentum: float = 0.1,
        epsilon: float = 1e-5,
        synchronized: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.affine = affine
        self.momentum = momentum
        self.epsilon = epsilon
        self.synchronized = synchronized

    def build(self, input_shape: Shape) -> None:
        shape = (input_shape[-1],)
        if self.affine:
            self.gamma: keras.Variable = self._statistic(
                "gamma", shape, "ones", True
            )
            self.beta: keras.Variable = self._statistic(
                "beta", shape, "zeros", True
            )
        self.moving_mean: keras.Variable = self._statistic(
            "moving_mean", shape, "zeros"
        )
        self.moving_variance: keras.Variable = self._statistic(
            "moving_variance", shape, "ones"
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def call(
        self,
        inputs: tf.Tensor,
        weight: tf.Tensor | None = None,
        training: bool | None = None,
    ) -> tf.Tensor:
        """(..., C) -> (..., C), times a scalar `weight` where one is given."""
        affine = self._scale_and_offset(inputs.shape[-1], weight)
        if not training:
            return self._normalize(inputs, *self._statistics, *affine)
        if not self._is_fused(inputs):
            outputs, *batch = self._normalize_batch(inputs, *affine)
            self.follow(batch)
            return outputs
        # The kernel moves the running statistics as well.
        outputs, *moved = self._fused(
            inputs, *affine, *self._statistics, self.momentum
        )
        self._assign(moved)
        return outputs

    def by_batch(self, inputs: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """Normalised by the batch alone, and what the batch's statistics are.

        Moves no running statistics: layers on the same input may share it.
        """
        affine = self._scale_and_offset(inputs.shape[-1])
        outputs, *batch = self._normalize_batch(inputs, *affine)
        return outputs, [ops.stop_gradient(value) for value in batch]

    def follow(self, batch: Sequence[tf.Tensor]) -> None:
        """Moves the running statistics towards those of a batch."""
        self._assign(self._moved(self._statistics, batch))

    def normalize_batch(
        self, inputs: tf.Tensor, statistics: Sequence[tf.Tensor]
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """The outputs of a training step, and the statistics after it.

        Args:
            inputs: (..., C).
            statistics: Running mean and variance, which a loop over time
                hands from step to step as tensors.
        """
        outputs, batch = self.by_batch(inputs)
        return outputs, self._moved(statistics, batch)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "affine": self.affine,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "synchronized": self.synchronized,
        }

    @property
    def _statistics(self):
        return [self.moving_mean, self.moving_variance]

    def _assign(self, values):
        for statistic, value in zip(self._statistics, values, strict=True):
            statistic.assign(value)

    def _moved(self, statistics, batch):
        return [
            old + self.momentum * (new - old)
            for old, new in zip(statistics, batch, strict=True)
        ]

    def _statistic(self, name, shape, initializer, trainable=False):
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer,
            trainable=trainable,
            autocast=False,
            # Devices that share a batch agree on their statistics.
            aggregation="none" if trainable else "mean",
        )

    def _scale_and_offset(self, channels, weight=None):
        # The kernel multiplies by a scale anyway: a weight costs nothing.
        dtype, shape = self.moving_mean.dtype, (channels,)
        if self.affine:
            scale, offset = self.gamma.value, self.beta.value
            if weight is None:
                return scale, offset
            weight = ops.cast(weight, dtype)
            return scale * weight, offset * weight
        if weight is None:
            scale = ops.ones(shape, dtype)
        else:
            scale = tf.fill(shape, ops.cast(weight, dtype))
        return scale, ops.zeros(shape, dtype)

    def _is_fused(self, inputs):
        if self.synchronized and shared_among() > 1:
            return False
        return self.moving_mean.dtype == "float32" and len(inputs.shape) == 4

    def _fused(self, inputs, scale, offset, mean, variance, momentum):
        """Normalised inputs, and the statistics moved towards the batch's."""
        # The first version knows no half precision, but of its statistics no
        # gradients: the third makes five zeros for them, at every place.
        kernel = tf.raw_ops.FusedBatchNorm
        if inputs.dtype != scale.dtype:
            kernel = tf.raw_ops.FusedBatchNormV3
        fused = kernel(
            x=inputs,
            scale=scale,
            offset=offset,
            mean=mean,
            variance=variance,
            epsilon=self.epsilon,
            exponential_avg_factor=momentum,
        )
        return fused.y, fused.batch_mean, fused.batch_variance

    def _normalize(self, inputs, mean, variance, scale, offset):
        factor = scale * ops.rsqrt(variance + self.epsilon)
        shift = offset - mean * factor
        dtype = inputs.dtype
        return inputs * ops.cast(factor, dtype) + ops.cast(shift, dtype)

    def _normalize_batch(self, inputs, scale, offset):
        """Normalised inputs, the batch's mean and its unbiased variance."""
        if self._is_fused(inputs):
            nothing = ops.zeros((0,))
            return self._fused(inputs, scale, offset, nothing, nothing, 1.0)
        axes = list(range(len(inputs.shape) - 1))
        values = ops.cast(inputs, self.moving_mean.dtype)
        mean = ops.mean(values, axis=axes)
        centred = values - mean
        variance = ops.mean(ops.square(centred), axis=axes)
        count = ops.cast(ops.size(inputs) / inputs.shape[-1], variance.dtype)
        if self.synchronized:
            mean, variance = of_all_replicas(mean, variance)
            centred, count = values - mean, count * shared_among()
        outputs = centred * (scale * ops.rsqrt(variance + self.epsilon))
        if self.affine:
            outputs = outputs + offset
        unbiased = variance * count / ops.maximum(count - 1, 1)
        return ops.cast(outputs, inputs.dtype), mean, unbiased


@keras.saving.register_keras_serializable(package="keras_darts")
class NoNormalization(keras.layers.Layer):
    """Stands where a search space asks for no normalisation.

    Example:

    >>> float(NoNormalization()(np.float32(3), weight=0.5))
    1.5
    """

    def call(
        self, inputs: tf.Tensor, weight: tf.Tensor | None = None
    ) -> tf.Tensor:
        return inputs if weight is None else weighted(inputs, weight)


def weighted(inputs: tf.Tensor, weight: TensorLike) -> tf.Tensor:
    """Features times a scalar, in the precision of the features."""
    return inputs * ops.cast(weight, inputs.dtype)


def normalization_layer(
    normalization: str | None, affine: bool
) -> NoNormalization | BatchNormalization:
    """The layer for a space's normalisation; for `None` it does nothing."""
    check_normalization(normalization)
    if normalization is None:
        return NoNormalization()
    synchronized = is_synchronized(normalization)
    return BatchNormalization(affine, synchronized=synchronized)
