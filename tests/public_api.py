"""The public names of the package, with their signatures, as text.

    python tests/public_api.py > tests/public_api.txt

writes it again after a change of the API that is meant.
"""

import inspect
import sys
import types

import keras_darts as kd

# What a class has of Keras, TensorFlow or Python is not ours to keep.
_OURS = "keras_darts"


def text():
    """A line for each name of `kd`, of its modules and of their classes."""
    lines = []
    for name in sorted(kd.__all__):
        value = getattr(kd, name)
        if isinstance(value, types.ModuleType):
            for inner in sorted(value.__all__):
                lines += _lines(f"kd.{name}.{inner}", getattr(value, inner))
        elif name != "__version__":
            lines += _lines(f"kd.{name}", value)
    return "\n".join(lines) + "\n"


def _lines(path, value):
    if inspect.ismodule(value):
        return [f"{path}: module"]
    if inspect.isclass(value):
        return [f"{path}{_signature(value)}", *_members(path, value)]
    if callable(value):
        return [f"{path}{_signature(value)}"]
    return [f"{path}: {type(value).__name__}"]


def _members(path, owner):
    """Public methods and properties that the package itself defines."""
    lines = []
    for name in sorted(dir(owner)):
        if name.startswith("_"):
            continue
        result = inspect.getattr_static(owner, name)
        where = next((c for c in owner.__mro__ if name in vars(c)), owner)
        if not where.__module__.startswith(_OURS):
            continue
        if isinstance(result, property):
            lines.append(f"{path}.{name}: property")
        elif inspect.isroutine(getattr(owner, name)):
            lines.append(f"{path}.{name}{_signature(getattr(owner, name))}")
    return lines


def _signature(value):
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return "(...)"
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    empty = inspect.Signature.empty
    return str(
        signature.replace(parameters=parameters, return_annotation=empty)
    )


if __name__ == "__main__":
    sys.stdout.write(text())
