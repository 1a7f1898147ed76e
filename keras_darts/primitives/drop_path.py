"""Drop path: whole paths of a cell switched off sample by sample."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import keras
from keras import ops

from keras_darts.utils.typing import Config
from keras_darts.utils.typing import TensorLike

if TYPE_CHECKING:
    import tensorflow as tf


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
