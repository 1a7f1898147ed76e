"""An input that several layers see."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from keras import ops

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
