"""The primitives of recurrent cells: activations, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

import keras

from keras_darts.utils.registry import Registry

if TYPE_CHECKING:
    import tensorflow as tf


_REGISTRY = Registry("primitive")
_Function = TypeVar("_Function", bound=Callable[..., Any])


def register_activation(name: str) -> Callable[[_Function], _Function]:
    """Decorator that makes a function usable by name in recurrent cells.

    What is registered is a function of one tensor that keeps its shape.

    Args:
        name: String, an identifier.

    Example:

    >>> @register_activation("doctest_swish")
    ... def swish(x):
    ...     return keras.ops.silu(x)
    >>> "doctest_swish" in activation_names()
    True
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(
            "`name` must be an identifier, since genotypes print it. "
            f"Received: name={name!r}"
        )
    return _REGISTRY.register(name)


def activation_names() -> list[str]:
    """Names of all registered activations, sorted."""
    return _REGISTRY.names()


def activation(name: str) -> Callable[..., Any]:
    """The function of an activation.

    Args:
        name: String, such as `"tanh"`.

    Raises:
        ValueError: if no activation has that name; the nearest are given.

    Example:

    >>> float(activation("relu")(np.float32(-1)))
    0.0
    """
    return _REGISTRY[name]


@register_activation("none")
def none(x: tf.Tensor) -> tf.Tensor:
    return keras.ops.zeros_like(x)


@register_activation("identity")
def identity(x: tf.Tensor) -> tf.Tensor:
    return x


register_activation("relu")(keras.ops.relu)
register_activation("sigmoid")(keras.ops.sigmoid)
register_activation("tanh")(keras.ops.tanh)
