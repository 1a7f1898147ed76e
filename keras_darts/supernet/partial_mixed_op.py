"""An edge that mixes its candidates on a part of the channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras
from keras import ops

from keras_darts.primitives import SharedInput
from keras_darts.supernet.edge import Edge
from keras_darts.supernet.mixed_op import MixedOp
from keras_darts.supernet.mixed_op import where_sampled
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_darts")
class PartialMixedOp(Edge):
    """A mixed operation of 1/k of the channels; the others go by.

    At stride 2 the others are the largest of each 2 by 2 pixels. The channels
    are shuffled at the end, so that the next edge mixes others.

    Args:
        primitives: Names of the candidates.
        filters: Integer, channels of the input and the output.
        stride: 1 or 2. Defaults to `1`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.
        k: Integer that divides `filters`. Defaults to `4`.
        random: Boolean, whether the channels are drawn again in each step of
            training and come back to their places, where nothing is shuffled.
            Defaults to `False`: the first ones.
        seed: Integer. Defaults to `None`.

    Raises:
        ValueError: if `k` does not divide `filters`.

    Example:

    >>> edge = PartialMixedOp(("none", "skip_connect"), filters=4, k=2)
    >>> x = np.arange(4, dtype="float32").reshape(1, 1, 1, 4)
    >>> edge(x, np.array([0.5, 0.5], "float32")).numpy().ravel().tolist()
    [0.0, 2.0, 0.5, 3.0]

    Reference: Xu et al., 2020, PC-DARTS, equation 2 and section 3.2.
    """

    def __init__(
        self,
        primitives: Sequence[str],
        filters: int,
        stride: int = 1,
        normalization: str | None = "batch",
        k: int = 4,
        random: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if filters % k:
            raise ValueError(
                f"`k` must divide `filters`. Received: k={k}, filters={filters}"
            )
        self.primitives: tuple[str, ...] = tuple(primitives)
        self.filters = filters
        self.stride = stride
        self.normalization = normalization
        self.k = k
        self.random = random
        self.seed = seed
        self.seed_generator: keras.random.SeedGenerator = (
            keras.random.SeedGenerator(seed)
        )
        self.mixed: MixedOp = MixedOp(
            primitives, filters // k, stride, normalization
        )

    def inner_mixed_op(self) -> MixedOp:
        return self.mixed

    def build(self, input_shape: Shape) -> None:
        self.mixed.build((*input_shape[:-1], self.filters // self.k))

    def call(
        self,
        inputs: tf.Tensor,
        weights: tf.Tensor,
        training: bool | None = None,
    ) -> tf.Tensor:
        """(B, H, W, C), (K,) -> (B, H', W', C), or along time."""
        return self._around(
            lambda first: self.mixed(first, weights, training=training),
            inputs,
            training,
        )

    def look(self, shared: SharedInput, training: bool | None) -> Any:
        """Has all that `from_shared` needs of the input computed."""
        if self.random:
            return shared.inputs
        first = shared.part("first channels", self._first)
        return self.mixed.look(first, training), self._shared_others(shared)

    def from_shared(
        self, shared: SharedInput, weights: tf.Tensor, training: bool | None
    ) -> tf.Tensor:
        """What `call` returns for the input that is shared."""
        if self.random:
            return self._around(
                lambda first: self.mixed.from_shared(
                    SharedInput(first), weights, training
                ),
                shared.inputs,
                training,
            )
        first = shared.part("first channels", self._first)
        mixed = self.mixed.from_shared(first, weights, training)
        return self._shuffled([mixed, self._shared_others(shared)])

    def from_sampled(
        self,
        inputs: tf.Tensor,
        weights: tf.Tensor,
        sampled: tf.Tensor,
        training: bool | None,
    ) -> tf.Tensor:
        """What `call` returns if only the drawn candidates have a weight."""
        outputs = self._around(
            lambda first: self.mixed.from_sampled(
                first, weights, sampled, training
            ),
            inputs,
            training,
        )
        return where_sampled(outputs, sampled)

    def _around(self, mix, inputs, training):
        """`mix` of a part of the channels, together with the others."""
        if not self.random:
            parts = [mix(self._first(inputs)), self._others(inputs)]
            return self._shuffled(parts)
        order = ops.arange(self.filters)
        if training:
            order = keras.random.shuffle(order, seed=self.seed_generator)
        inputs = ops.take(inputs, order, axis=-1)
        outputs = ops.concatenate(
            [mix(self._first(inputs)), self._others(inputs)], axis=-1
        )
        return ops.take(outputs, ops.argsort(order), axis=-1)

    def _first(self, inputs):
        return ops.split(inputs, [self.filters // self.k], axis=-1)[0]

    def _others(self, inputs):
        others = ops.split(inputs, [self.filters // self.k], axis=-1)[1]
        if self.stride == 1:
            return others
        return ops.max_pool(others, 2, 2, "valid", "channels_last")

    def _shared_others(self, shared):
        return shared.once(f"others at stride {self.stride}", self._others)

    def _shuffled(self, parts):
        """The k groups of channels, one of each in turn."""
        outputs = ops.concatenate(parts, axis=-1)
        _, *places, channels = outputs.shape
        groups = ops.reshape(outputs, (-1, *places, self.k, channels // self.k))
        return ops.reshape(
            ops.swapaxes(groups, -1, -2), (-1, *places, channels)
        )
