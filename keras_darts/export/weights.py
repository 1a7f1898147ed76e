"""The weights of a network under names that stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import keras
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping


def named_weights(network: keras.Model) -> dict[str, keras.Variable]:
    """Dict from names to the variables of a network.

    The names are those of attributes, from `stem.kernel` to
    `cells.0.ops.3.first.depthwise`, and of layers where a network keeps no
    attributes, such as a functional one. They are the same in each process:
    the numbers that Keras appends to names of its own are counted again. What
    several layers share has one name.
    """
    return _Collector(network).names


def check_arrays(
    shapes: Mapping[str, tuple[int, ...]],
    arrays: Mapping[str, np.ndarray],
    argument: str,
    whose: str,
) -> None:
    """Refuses arrays that are not those of a network, all of them named.

    Args:
        shapes: Dict from names to the shapes that they must have.
        arrays: Dict from names to arrays.
        argument: String, the name the user knows `arrays` by.
        whose: String, the name of the argument with the network.
    """
    check_names(
        {
            "missing": [name for name in shapes if name not in arrays],
            "left over": [name for name in arrays if name not in shapes],
            "of another shape": [
                f"{name} {array.shape} instead of {shapes[name]}"
                for name, array in arrays.items()
                if name in shapes and array.shape != shapes[name]
            ],
        },
        argument,
        whose,
    )


def check_names(
    result: Mapping[str, Iterable[str]], argument: str, whose: str
) -> None:
    """Refuses what has been found to be wrong.

    Args:
        result: Dict from what is wrong to the names that it is wrong of.
        argument: As for `check_arrays`.
        whose: As for `check_arrays`.
    """
    if any(result.values()):
        listed = [
            f"\n{len(names)} {what}: {', '.join(names)}"
            for what, names in result.items()
            if names
        ]
        raise ValueError(
            f"`{argument}` must hold the weights of `{whose}`, no more and no "
            f"less. Nothing was loaded. Received:{''.join(listed)}"
        )


def same_bits(array: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays are the same to the last bit, NaN included."""
    array, other = np.asarray(array), np.asarray(other)
    return (
        array.dtype == other.dtype
        and array.shape == other.shape
        and array.tobytes() == other.tobytes()
    )


class _Collector:
    """Walks through a network and gives each variable its name."""

    def __init__(self, network):
        self.names = {}
        self._wanted = {id(variable) for variable in network.weights}
        self._seen = set()
        self._visit(network, "")

    def _visit(self, part, prefix):
        if id(part) in self._seen:
            return
        self._seen.add(id(part))
        if isinstance(part, keras.Variable):
            if id(part) in self._wanted:
                self.names[self._free(prefix)] = part
            return
        for name, inner in _inside(part):
            self._visit(inner, _joined(prefix, name))
        if isinstance(part, keras.Layer):
            # What it holds under no attribute of its own.
            inner = getattr(part, "layers", ())
            for name, layer in zip(_layer_names(inner), inner, strict=True):
                self._visit(layer, _joined(prefix, name))
            for variable in part.weights:
                self._visit(variable, _joined(prefix, variable.name))

    def _free(self, name):
        """The name, with a number if it is taken."""
        candidate, number = name, 0
        while candidate in self.names:
            number += 1
            candidate = f"{name}_{number}"
        return candidate


def _inside(part):
    """The names of what a part of a network holds, and what it is."""
    if isinstance(part, keras.Layer):
        # What begins with a line is Keras' own, or has another name besides.
        attributes = vars(part).items()
        return [(n, value) for n, value in attributes if not n.startswith("_")]
    if isinstance(part, dict):
        return [(str(key), value) for key, value in part.items()]
    if isinstance(part, list | tuple):
        return [(str(index), value) for index, value in enumerate(part)]
    return []


def _joined(prefix, name):
    return f"{prefix}.{name}" if prefix else name


def _layer_names(layers):
    """The names of layers, those that Keras made numbered from zero."""
    counts, names = {}, []
    for layer in layers:
        stem = re.sub(r"_\d+$", "", layer.name)
        if stem.replace("_", "") != type(layer).__name__.lower():
            names.append(layer.name)
            continue
        count = counts.setdefault(stem, 0)
        counts[stem] += 1
        names.append(f"{stem}_{count}" if count else stem)
    return names
