"""Edges that mix their candidates, on all channels or on a part of them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

import keras
import tensorflow as tf
from keras import ops

from keras_darts.primitives import Identity
from keras_darts.primitives import Pool
from keras_darts.primitives import SharedInput
from keras_darts.primitives import build_layer
from keras_darts.primitives import is_synchronized
from keras_darts.primitives import make_primitive
from keras_darts.primitives import normalization_layer
from keras_darts.primitives import pool_normalization
from keras_darts.primitives import strided
from keras_darts.primitives import weighted
from keras_darts.primitives.parameter_free import dropped
from keras_darts.supernet.edge import Edge
from keras_darts.supernet.edge import where_sampled
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    from keras_darts.primitives.normalization import BatchNormalization
    from keras_darts.primitives.normalization import NoNormalization


def run_sampled(
    index: tf.Tensor,
    functions: Sequence[Callable[[], tf.Tensor]],
    layer: keras.Layer,
    meets: bool = False,
) -> tf.Tensor:
    """What `functions[index]()` returns; the others do not run.

    In a graph all of them run where devices meet inside, which branches of a
    graph can't have; the others then leave no trace.

    Args:
        index: Integer scalar; the last runs where it is out of range.
        functions: List of functions without arguments. Each gives a tensor,
            of the same shape and precision.
        layer: Layer with all variables that the functions read and assign.
        meets: Boolean, whether devices that share a batch meet inside the
            functions, as synchronised normalisations let them. Defaults to
            `False`.
    """
    state = layer.non_trainable_variables
    values = [tf.convert_to_tensor(variable) for variable in layer.variables]
    mapping = list(zip(layer.variables, values, strict=True))

    def branch(function):
        def run():
            # New states leave a branch as its outputs: nothing else may.
            with keras.StatelessScope(state_mapping=mapping) as scope:
                outputs = function()
            return outputs, [scope.get_current_value(v) for v in state]

        return run

    branches = [branch(function) for function in functions]
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if meets and replicas > 1 and tf.inside_function():
        results = [run() for run in branches]
        branches = [lambda result=result: result for result in results]
    outputs, moved = tf.switch_case(index, branches)
    for variable, value in zip(state, moved, strict=True):
        variable.assign(value)
    return outputs


@keras.saving.register_keras_serializable(package="keras_darts")
class DroppedSkip(keras.layers.Layer):
    """The identity, of which a share of the numbers is dropped in training.

    Args:
        rate: Float in [0, 1), the first value of the variable
            `skip_dropout`, which a schedule can move. Defaults to `0.0`.
        seed: Integer. Defaults to `None`.

    Example:

    >>> layer = DroppedSkip(0.5, seed=1)
    >>> kept = layer(np.ones((1, 4, 4, 8), "float32"), training=True)
    >>> sorted(set(kept.numpy().ravel().tolist()))
    [0.0, 2.0]

    Reference: Chen et al., 2019, P-DARTS, section 3.3.2.
    """

    def __init__(
        self, rate: float = 0.0, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must be in [0, 1). Received: rate={rate}")
        self.rate = rate
        self.seed = seed
        self.seed_generator: keras.random.SeedGenerator = (
            keras.random.SeedGenerator(seed)
        )
        self.skip_dropout: keras.Variable = self.add_weight(
            name="skip_dropout",
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
        return dropped(
            inputs, self.skip_dropout, ops.shape(inputs), self.seed_generator
        )


@keras.saving.register_keras_serializable(package="keras_darts")
class MixedOp(Edge):
    """Sum of the candidates of an edge, each times its mixing weight.

    Normalisations inside have no trained scale and offset, and one follows
    each pool, so that no candidate can outweigh the others by its scale;
    with `"batch_except_pooling"` pools go without. `none` is never computed.

    `call` is the definition. `from_shared` is the same function, where what
    several edges need of their common input is computed once, and where
    candidates take their weight into the scale of their last normalisation.
    `from_sampled` is the same where all weights but those of the drawn
    candidates are zero, and runs these alone.

    Args:
        primitives: Names of the candidates.
        filters: Integer, channels of the input and the output.
        stride: 1 or 2. Defaults to `1`.
        normalization: `"batch"`, `"batch_except_pooling"` or `None`. Defaults
            to `"batch"`.
        skip_dropout: Float in [0, 1), the first rate of the dropout after the
            identity. Defaults to `None`: there is none.

    Example:

    >>> edge = MixedOp(("none", "skip_connect"), filters=8)
    >>> x = np.ones((1, 4, 4, 8), "float32")
    >>> float(ops.max(edge(x, np.array([0.75, 0.25], "float32"))))
    0.25

    Reference: Liu et al., 2019, DARTS, equation 2.
    """

    def __init__(
        self,
        primitives: Sequence[str],
        filters: int,
        stride: int = 1,
        normalization: str | None = "batch",
        skip_dropout: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.primitives: tuple[str, ...] = tuple(primitives)
        self.filters = filters
        self.stride = stride
        self.normalization = normalization
        self.skip_dropout = skip_dropout
        self.candidates: dict[str, Any] = {
            str(k): self._candidate(name)
            for k, name in enumerate(self.primitives)
            if name != "none"
        }

    def inner_mixed_op(self) -> MixedOp:
        return self

    def build(self, input_shape: Shape) -> None:
        for candidate in self.candidates.values():
            build_layer(candidate, input_shape)

    def call(self, inputs: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        """(B, H, W, C), (K,) -> (B, H', W', C), or along time."""
        weights = ops.unstack(weights, axis=0)
        terms = [
            weighted(candidate(inputs), weights[int(k)])
            for k, candidate in self.candidates.items()
        ]
        return tf.add_n(terms) if terms else self._zeros(inputs)

    def look(self, shared: SharedInput, training: bool | None) -> Any:
        """Has all that `from_shared` needs of the input computed."""
        seen = [
            _look(candidate, shared, training)
            for candidate in self.candidates.values()
        ]
        return seen or shared.inputs

    def from_shared(
        self, shared: SharedInput, weights: tf.Tensor, training: bool | None
    ) -> tf.Tensor:
        """What `call` returns for the input that is shared."""
        weights = ops.unstack(weights, axis=0)
        terms = [
            _weighted(candidate, shared, weights[int(k)], training)
            for k, candidate in self.candidates.items()
        ]
        return tf.add_n(terms) if terms else self._zeros(shared.inputs)

    def from_sampled(
        self,
        inputs: tf.Tensor,
        weights: tf.Tensor,
        sampled: tf.Tensor,
        training: bool | None,
    ) -> tf.Tensor:
        """What `call` returns if only the drawn candidates have a weight.

        A candidate that defines a gradient of its own must not do so where
        `SharedInput.custom_gradients` is false. The weights of the others are
        added as they are, zeros, so that their gradients are those of the
        published code.

        Args:
            inputs: (B, H, W, C), or (B, T, C).
            weights: (K,).
            sampled: (n,) integers, different ones; more than the first run only
                where n > 1. An edge that was not drawn has -1, and zeros are
                what it returns.
            training: Boolean.
        """
        chosen = tf.one_hot(sampled, weights.shape[0], dtype=weights.dtype)
        of_sampled = tf.reduce_sum(chosen, axis=0)
        others = tf.reduce_sum(weights * (1 - of_sampled))
        terms = [
            self._run_sampled(index, inputs, weights, training)
            for index in tf.unstack(sampled, axis=0)
        ]
        return tf.add_n(terms) + ops.cast(others, inputs.dtype)

    def _run_sampled(self, index, inputs, weights, training):
        def term(k):
            if str(k) not in self.candidates:
                return lambda: self._zeros(inputs)
            candidate = self.candidates[str(k)]
            shared = SharedInput(inputs, custom_gradients=False)
            return lambda: _weighted(candidate, shared, weights[k], training)

        terms = [term(k) for k in range(len(self.primitives))]
        terms.append(lambda: self._zeros(inputs))
        meets = is_synchronized(self.normalization)
        return run_sampled(index, terms, self, meets)

    def _zeros(self, inputs):
        return ops.zeros_like(strided(inputs, self.stride))

    def _candidate(self, name):
        layer = make_primitive(
            name,
            self.filters,
            stride=self.stride,
            affine=False,
            normalization=self.normalization,
        )
        if isinstance(layer, Pool):
            normalization = pool_normalization(self.normalization)
            return NormalizedPool(layer, normalization)
        if isinstance(layer, Identity) and self.skip_dropout is not None:
            return DroppedSkip(self.skip_dropout)
        return layer


@keras.saving.register_keras_serializable(package="keras_darts")
class NormalizedPool(keras.layers.Layer):
    """A pool and the normalisation that follows it in a search only.

    Args:
        pool: A pooling layer that keeps the channels.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Example:

    >>> layer = NormalizedPool(kd.primitives.MaxPool3x3())
    >>> layer(np.ones((1, 4, 4, 8), "float32")).shape
    TensorShape([1, 4, 4, 8])
    """

    def __init__(
        self,
        pool: keras.Layer,
        normalization: str | None = "batch",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.pool = pool
        self.normalization = normalization
        self.bn: NoNormalization | BatchNormalization = normalization_layer(
            normalization, affine=False
        )

    def build(self, input_shape: Shape) -> None:
        self.pool.build(input_shape)
        self.bn.build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return self.bn(self.pool(inputs))

    def look(self, shared: SharedInput, training: bool | None) -> Any:
        """The pool, and in training what the normalisation makes of it."""

        trained = training and shared.custom_gradients

        def pool(inputs):
            return self.pool(inputs, training=trained)

        if not training or self.normalization is None:
            return shared.once(self._name(), pool)
        # Without a trained scale, all edges that leave a node have the same.
        return shared.once(
            f"{self._name()} by batch", lambda x: self.bn.by_batch(pool(x))
        )

    def weighted(
        self,
        shared: SharedInput,
        weight: tf.Tensor | None,
        training: bool | None,
    ) -> tf.Tensor:
        """The outputs times `weight`."""
        seen = self.look(shared, training)
        if not training or self.normalization is None:
            return self.bn(seen, weight=weight, training=training)
        outputs, batch = seen
        self.bn.follow(batch)
        return weighted(outputs, weight)

    def _name(self):
        """Equal for pools that are the same function."""
        config = {**self.pool.get_config(), "name": None}
        return f"{type(self.pool).__qualname__} {sorted(config.items())}"

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "pool": keras.saving.serialize_keras_object(self.pool),
            "normalization": self.normalization,
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        pool = keras.saving.deserialize_keras_object(config["pool"])
        return cls(**{**config, "pool": pool})


def _look(candidate, shared, training):
    if hasattr(candidate, "look"):
        return candidate.look(shared, training)
    return shared.inputs


def _weighted(candidate, shared, weight, training):
    if hasattr(candidate, "weighted"):
        return candidate.weighted(shared, weight, training)
    return weighted(candidate(shared.inputs, training=training), weight)


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
