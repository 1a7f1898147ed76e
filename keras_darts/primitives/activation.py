"""The primitives of recurrent cells: activations, by name."""

import keras

from keras_darts.utils.registry import Registry

_REGISTRY = Registry("primitive")


def register_activation(name):
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


def activation_names():
    """Names of all registered activations, sorted."""
    return _REGISTRY.names()


def activation(name):
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
def none(x):
    return keras.ops.zeros_like(x)


@register_activation("identity")
def identity(x):
    return x


register_activation("relu")(keras.ops.relu)
register_activation("sigmoid")(keras.ops.sigmoid)
register_activation("tanh")(keras.ops.tanh)
