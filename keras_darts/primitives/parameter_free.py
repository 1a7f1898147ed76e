"""Layers without kernels: identity, zeros, noise, pools, drop path."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_darts.primitives.conv import check_stride
from keras_darts.primitives.conv_ops import strided
from keras_darts.primitives.inputs import presence
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import TensorLike


@keras.saving.register_keras_serializable(package="keras_darts")
class Identity(keras.layers.Layer):
    """Its input, unchanged.

    Drop path leaves it alone, by its class.

    Example:

    >>> float(Identity()(np.float32(1)))
    1.0
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
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

    def __init__(self, stride: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_stride(stride)
        self.stride = stride

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return ops.zeros_like(strided(inputs, self.stride))

    def get_config(self) -> Config:
        return {**super().get_config(), "stride": self.stride}


@keras.saving.register_keras_serializable(package="keras_darts")
class Noise(keras.layers.Layer):
    """Standard normal numbers in the place of its input, drawn at every call.

    Also at inference: a network that has it is not a function of its inputs
    alone. It is in a search space for a candidate that can only do harm,
    which a good search leaves out.

    Args:
        stride: 1 or 2, by which the output is smaller. Defaults to `1`.
        seed: Integer or `None`. Defaults to `None`.

    Example:

    >>> layer = Noise(stride=2, seed=0)
    >>> first, second = (layer(np.zeros((1, 4, 4, 3))) for _ in range(2))
    >>> first.shape, bool(np.any(first != second))
    (TensorShape([1, 2, 2, 3]), True)

    Reference: Zela et al., 2020, Understanding and robustifying
    differentiable architecture search, section 3, space S4.
    """

    def __init__(
        self, stride: int = 1, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_stride(stride)
        self.stride = stride
        self.seed = seed
        self.seed_generator: keras.random.SeedGenerator = (
            keras.random.SeedGenerator(seed)
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        batch, *sides, channels = ops.shape(inputs)
        # As many as every `stride`-th place, the first among them.
        sides = [(side + self.stride - 1) // self.stride for side in sides]
        return keras.random.normal(
            (batch, *sides, channels),
            dtype=inputs.dtype,
            seed=self.seed_generator,
        )

    def save_own_variables(self, store: Any) -> None:
        # Keras saves no random state, with which it draws on from here.
        store["state"] = ops.convert_to_numpy(self.seed_generator.state.value)

    def load_own_variables(self, store: Any) -> None:
        self.seed_generator.state.assign(store["state"])

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "stride": self.stride,
            "seed": self.seed,
        }


class Pool(keras.layers.Layer):
    """Abstract: a pool, which in a search a normalisation follows.

    Args:
        stride: 1 or 2. Defaults to `1`.

    Example:

    >>> isinstance(kd.primitives.MaxPool3x3(), Pool)
    True
    """

    def __init__(self, stride: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_stride(stride)
        self.stride = stride

    def get_config(self) -> Config:
        return {**super().get_config(), "stride": self.stride}


@keras.saving.register_keras_serializable(package="keras_darts")
class MaxPool3x3(Pool):
    """Largest of each 3x3 window.

    Args:
        stride: 1 or 2. Defaults to `1`.

    Example:

    >>> MaxPool3x3(stride=2)(np.ones((2, 4, 4, 3), "float32")).shape
    TensorShape([2, 2, 2, 3])
    """

    def call(
        self, inputs: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:
        if training:
            return _trained_max_pool(inputs, self.stride)
        outputs = ops.max_pool(inputs, 3, 1, "same", "channels_last")
        # Stride 2 takes every other window. A border of -inf would ruin int8
        # calibration, and LiteRT takes long to mirror one.
        return outputs if self.stride == 1 else outputs[:, ::2, ::2]


def _trained_max_pool(inputs, stride):
    """The same, pooled once more for the gradient.

    CPU kernels find the way back fast only where a pool and its gradient
    are in one graph, and functions that are traced once have two.
    """

    def pool(inputs):
        if stride == 1:
            return tf.nn.max_pool2d(inputs, 3, 1, "SAME")
        widths = [(0, 0), (1, 1), (1, 1), (0, 0)]
        inputs = tf.pad(inputs, widths, constant_values=inputs.dtype.min)
        return tf.nn.max_pool2d(inputs, 3, stride, "VALID")

    @tf.custom_gradient
    def pooled(inputs):
        def gradient(upstream):
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs = pool(inputs)
            return tape.gradient(outputs, inputs, upstream)

        return pool(inputs), gradient

    return pooled(inputs)


@keras.saving.register_keras_serializable(package="keras_darts")
class AvgPool3x3(Pool):
    """Mean of each 3x3 window, the padding not counted.

    Args:
        stride: 1 or 2. Defaults to `1`.

    Example:

    >>> AvgPool3x3()(np.ones((1, 4, 4, 1), "float32")).numpy().min()
    np.float32(1.0)
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        if self.stride == 1:
            return ops.average_pool(inputs, 3, 1, "same", "channels_last")
        ones = ops.ones((1, *inputs.shape[1:3], 1), inputs.dtype)
        return _mean_with_zeros(inputs) / _mean_with_zeros(ones)


def _mean_with_zeros(inputs):
    inputs = ops.pad(inputs, [(0, 0), (1, 1), (1, 1), (0, 0)])
    return ops.average_pool(inputs, 3, 2, "valid", "channels_last")


@keras.saving.register_keras_serializable(package="keras_darts")
class MaxPool1D(Pool):
    """Largest of each position of a sequence and its two neighbours.

    Padding, which has no features but zeros, is absent like what lies beyond
    the border.

    Args:
        stride: 1 or 2. Defaults to `1`.

    Example:

    >>> x = np.array([-3.0, -1.0, -2.0, 0.0], "float32").reshape(1, 4, 1)
    >>> MaxPool1D()(x).numpy().ravel().tolist()[:3]
    [-1.0, -1.0, -1.0]
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:  # (B, T, C) -> (B, T', C)
        before, middle, after = _neighbours(inputs, self.stride)
        # For an absent neighbour the middle, which changes no maximum; a
        # border of -inf would ruin int8 calibration.
        before = ops.where(presence(before) > 0, before, middle)
        after = ops.where(presence(after) > 0, after, middle)
        return ops.maximum(ops.maximum(middle, before), after)


@keras.saving.register_keras_serializable(package="keras_darts")
class AvgPool1D(Pool):
    """Mean of each position of a sequence and its two neighbours.

    Padding, which has no features but zeros, is not counted, and neither is
    what lies beyond the border.

    Args:
        stride: 1 or 2. Defaults to `1`.

    Example:

    >>> x = np.array([2.0, 4.0, 3.0, 0.0], "float32").reshape(1, 4, 1)
    >>> AvgPool1D(stride=2)(x).numpy().ravel().tolist()
    [3.0, 3.5]
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:  # (B, T, C) -> (B, T', C)
        places = _neighbours(inputs, self.stride)
        counts = _neighbours(presence(inputs), self.stride)
        return sum(places) / ops.maximum(sum(counts), 1)


def _neighbours(inputs, stride):
    """For each position of the output the one before, itself, the one after."""
    length = ops.shape(inputs)[1]
    inputs = ops.pad(inputs, [(0, 0), (1, 1), (0, 0)])
    return [inputs[:, i : i + length : stride] for i in range(3)]


@keras.saving.register_keras_serializable(package="keras_darts")
class DropPath(keras.layers.Layer):
    """Zeroes a path for whole samples and scales the others up.

    The rate is a variable, `drop_path_rate`, so that a schedule can move it
    while a network trains without a new trace.

    Args:
        rate: Float in [0, 1), the share of samples dropped. Defaults to `0.`.
        seed: Integer or `None`. Defaults to `None`.

    Example:

    >>> layer = DropPath(0.5, seed=1)
    >>> kept = layer(np.ones((8, 2, 2, 1), "float32"), training=True)
    >>> sorted(set(kept.numpy().ravel().tolist()))
    [0.0, 2.0]

    Reference: Larsson et al., 2017, FractalNet; Zoph et al., 2018, NASNet.
    """

    def __init__(
        self, rate: float = 0.0, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must be in [0, 1). Received: rate={rate}")
        self.initial_rate = rate
        self.seed = seed
        self.seed_generator: keras.random.SeedGenerator = (
            keras.random.SeedGenerator(seed)
        )
        self.rate: keras.Variable = self.add_weight(
            name="drop_path_rate",
            shape=(),
            initializer=keras.initializers.Constant(rate),
            trainable=False,
            autocast=False,
        )

    def call(
        self, inputs: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:
        if not training:
            return inputs
        shape = (ops.shape(inputs)[0], *[1] * (len(inputs.shape) - 1))
        return dropped(inputs, self.rate, shape, self.seed_generator)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "rate": self.initial_rate,
            "seed": self.seed,
        }


def dropped(
    inputs: tf.Tensor,
    rate: TensorLike,
    shape: Any,
    seed: keras.random.SeedGenerator,
) -> tf.Tensor:
    """`inputs`, zero with probability `rate` and else divided by 1 - `rate`.

    Args:
        inputs: Tensor.
        rate: Scalar variable or tensor, in [0, 1).
        shape: Shape of the mask, which is broadcast to that of `inputs`.
        seed: `keras.random.SeedGenerator`.
    """
    keep = 1.0 - ops.convert_to_tensor(rate)
    drawn = keras.random.uniform(shape, dtype=keep.dtype, seed=seed)
    mask = ops.cast(drawn < keep, keep.dtype) / keep
    return inputs * ops.cast(mask, inputs.dtype)
