"""Primitives without weights: identity, nothing, and noise."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import keras
from keras import ops

from keras_darts.primitives.conv import check_stride
from keras_darts.primitives.conv_ops import strided
from keras_darts.utils.typing import Config

if TYPE_CHECKING:
    import tensorflow as tf


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
