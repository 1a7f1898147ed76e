"""What the layers of a cell are given: shared inputs, masks of padding.

The one convention for sequences (B, T, C): at a padded position all features
are zero. Cells multiply every state by the presence of its positions, so that
a convolution sees behind a sentence what it sees at a border, and what has to
tell padding from words (a pool, an attention) looks for the zeros. So the
logits of a sentence don't depend on how much padding follows it.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from keras import ops

from keras_darts.primitives.conv_ops import strided

if TYPE_CHECKING:
    import tensorflow as tf


class SharedInput:
    """A tensor, and what the layers that see it need of it, computed once.

    All candidates on all edges that leave a node begin with a rectification,
    a pool or a rearrangement of the same features. A layer that can share
    that has two methods: `look(shared, training)` returns what it needs, and
    `weighted(shared, weight, training)` its outputs times a scalar.

    Args:
        inputs: Tensor. Defaults to `None`, where all that will be asked for
            is in `results`.
        results: Dictionary from a name to what was computed under it. Defaults
            to `None`: nothing yet.
        custom_gradients: Boolean, whether layers may use gradients of their
            own, which TensorFlow loses where only one of several branches of
            a graph runs. Defaults to `True`.

    Example:

    >>> shared = SharedInput(tf.constant([-1.0, 1.0]))
    >>> shared.relu.numpy().tolist()
    [0.0, 1.0]
    >>> list(shared.results)
    ['relu']
    """

    def __init__(
        self,
        inputs: tf.Tensor | None = None,
        results: Mapping[str, Any] | None = None,
        custom_gradients: bool = True,
    ) -> None:
        self._inputs = inputs
        self._asked = set()
        self.results: dict[str, Any] = dict(results or {})
        self.custom_gradients = custom_gradients

    @property
    def inputs(self) -> Any:
        return self.once("inputs", lambda inputs: inputs)

    @property
    def relu(self) -> Any:
        return self.once("relu", ops.relu)

    def once(self, name: str, function: Callable[..., Any]) -> Any:
        """`function` of the inputs, the first time that `name` is asked for."""
        if name not in self.results:
            asked = set(self._asked)
            self.results[name] = function(self._inputs)
            # What it is made of was asked for by it, not by the layer.
            self._asked = asked
        self._asked.add(name)
        return self.results[name]

    def part(self, name: str, function: Callable[..., Any]) -> SharedInput:
        """The shared input that `function` makes of this one.

        Example:

        >>> half = SharedInput(tf.constant([-1.0, 1.0])).part(
        ...     "first half", lambda inputs: inputs[:1]
        ... )
        >>> half.relu.numpy().tolist()
        [0.0]
        """
        return _Part(self, name, function)

    def asked_by(self, look: Callable[[SharedInput], object]) -> dict[str, Any]:
        """The part of `results` that `look(self)` asks for, computed now."""
        self._asked = set()
        look(self)
        return {name: self.results[name] for name in sorted(self._asked)}


class _Part(SharedInput):
    """A part of a shared input, which keeps what is computed of it."""

    def __init__(self, whole, name, function):
        super().__init__(custom_gradients=whole.custom_gradients)
        self._whole = whole
        self._prefix = name
        self._function = function

    def once(self, name, function):
        return self._whole.once(
            f"{self._prefix}: {name}",
            lambda _: function(self._whole.once(self._prefix, self._function)),
        )


PAD = 0


def padding_mask_of_ids(ids: tf.Tensor) -> tf.Tensor:
    """(B, T) -> (B, T, 1), 1 where an id is no padding, else 0."""
    return ops.cast(ops.expand_dims(ids, -1) != PAD, "float32")


def presence(states: tf.Tensor) -> tf.Tensor:
    """(B, T, C) -> (B, T, 1), 0 where all features are zero, else 1."""
    there = ops.any(states != 0, axis=-1, keepdims=True)
    return ops.cast(there, states.dtype)


def apply_mask(states: tf.Tensor, present: tf.Tensor | None) -> tf.Tensor:
    """The states with zeros at padded positions; `None` stands for no mask."""
    if present is None:
        return states
    return states * ops.cast(present, states.dtype)


def downsample_mask(present: tf.Tensor | None) -> tf.Tensor | None:
    """Presence after a reduction: that of every second position."""
    return None if present is None else strided(present, 2)


def mean_and_max(states: tf.Tensor, present: tf.Tensor) -> tf.Tensor:
    """(B, T, C) -> (B, 2C), over the positions that are present."""
    present = ops.cast(present, states.dtype)
    count = ops.maximum(ops.sum(present, axis=1), 1)
    mean = ops.sum(states * present, axis=1) / count
    # The smallest value changes no maximum, and is finite.
    smallest = ops.min(states, axis=1, keepdims=True)
    largest = ops.max(ops.where(present > 0, states, smallest), axis=1)
    return ops.concatenate([mean, largest], axis=-1)
