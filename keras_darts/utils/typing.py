"""The types that signatures of several rooms name.

How the package writes types:

- A file with types begins with `from __future__ import annotations`, so that
  none is evaluated when Python runs: what only a type needs is imported below
  `if TYPE_CHECKING:`, and plain rooms stay without TensorFlow. Imports go one
  way there too. A piece never names what uses it by its class: where the room
  has a `Protocol` it names that one, else `Any`.
- Classes of TensorFlow, Keras and NumPy are named as themselves: `tf.Tensor`,
  `tf.Variable`, `keras.Layer`, `np.ndarray`. What `call` takes and returns is
  a `tf.Tensor`, as it is when it runs; what a user hands over is a
  `TensorLike` or an `ArrayLike`.
- Arguments are as wide as the code takes (`Sequence`, `Mapping`, `Iterable`,
  `Callable`), results as narrow as it gives (`list`, `dict`, `tuple`).
- An attribute whose value is not an argument as it came or a literal says its
  type: `self.count: int = len(names)`.
- What only stands in `**kwargs` for Keras is `Any`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any
from typing import Protocol
from typing import TypeAlias
from typing import TypeVar

if TYPE_CHECKING:
    import keras
    import numpy.typing as npt
    import tensorflow as tf

PathLike: TypeAlias = str | os.PathLike[str]

# What `get_config` returns: plain data by the names of the arguments.
Config: TypeAlias = dict[str, Any]

# Whatever `np.asarray` takes: arrays, numbers, nested lists of them.
ArrayLike: TypeAlias = "npt.ArrayLike"

# Whatever `tf.convert_to_tensor` takes, and Keras' symbolic tensors.
TensorLike: TypeAlias = (
    "tf.Tensor | tf.Variable | keras.KerasTensor | npt.ArrayLike"
)

# The sizes of a tensor, `None` where one is open.
Shape: TypeAlias = tuple[int | None, ...]

# Of elements of any structure.
Dataset: TypeAlias = "tf.data.Dataset[Any]"

# What Keras hands a callback at the end of an epoch or batch.
Logs: TypeAlias = Mapping[str, Any] | None

# Classes that TensorFlow's stubs lack: `tf.distribute.Strategy`, a module of
# `tf.saved_model.load`, what `tf.function` returns, the tables of `tf.lookup`.
DistributionStrategy: TypeAlias = Any
SavedModel: TypeAlias = Any
TfFunction: TypeAlias = Any
LookupTable: TypeAlias = Any


_Entry = TypeVar("_Entry")


class Register(Protocol):
    """`register` of a registry: a decorator that gives back what it keeps."""

    def __call__(self, name: str) -> Callable[[_Entry], _Entry]: ...
