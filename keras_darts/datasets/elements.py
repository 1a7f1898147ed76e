"""Labelled elements in an order that never changes."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_darts.datasets import checks
from keras_darts.utils.typing import ArrayLike
from keras_darts.utils.typing import Dataset


class Names(typing.NamedTuple):
    """What errors call the parts of the data, by the argument they came in.

    Args:
        x: String, for images or sentences. Defaults to ``"`x`"``.
        y: String, for labels. Defaults to ``"`y`"``.
        sample_weight: String. Defaults to ``"`sample_weight`"``.

    Example:

    >>> Names.of_one("validation_data").y
    'the labels of `validation_data`'
    """

    x: str = "`x`"
    y: str = "`y`"
    sample_weight: str = "`sample_weight`"

    @classmethod
    def of_one(cls, argument: str) -> Names:
        """Those of data that came in one argument."""
        return cls(
            f"`{argument}`",
            f"the labels of `{argument}`",
            f"the sample weights of `{argument}`",
        )


@dataclasses.dataclass(frozen=True, eq=False)
class Elements:
    """A user's labelled data, as `read_examples` returns them.

    Args:
        source: Tuple of arrays, or an unbatched `tf.data.Dataset` in an order
            that never changes: images, labels and, if any, sample weights.
        labels: Array of all labels.
        batch_size: Integer, the batch size of the data set that was given.
            Defaults to `None`: it was not batched.
        groups: Array that gives copies of one element the same number.
            Defaults to `None`, in which case there are no copies.
        notes: Tuple of strings for the log. Defaults to none.
        names: `Names`, what errors call the parts.

    Example:

    >>> elements = kd.datasets.read_examples(np.zeros((4, 8, 8, 1)), [0, 1] * 2)
    >>> len(elements), elements.has_sample_weight, elements.labels.tolist()
    (4, False, [0, 1, 0, 1])
    """

    source: tuple[np.ndarray, ...] | Dataset
    labels: np.ndarray
    batch_size: int | None = None
    groups: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    names: Names = Names()

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def dataset(self) -> Dataset:
        """All elements, an unbatched `tf.data.Dataset` of known length."""
        return self.where(np.ones(len(self), bool))

    @property
    def has_sample_weight(self) -> bool:
        """Whether elements are (x, y, sample weight)."""
        held = isinstance(self.source, tuple)
        parts = self.source if held else self.source.element_spec
        return len(parts) == 3

    def weighted(self, weights: ArrayLike) -> Elements:
        """The same elements, their sample weights multiplied.

        Args:
            weights: Array of one number an element.
        """
        weights = np.asarray(weights, "float32")
        if isinstance(self.source, tuple):
            x, y, *factors = self.source
            for factor in factors:
                weights = weights * np.asarray(factor, "float32")
            return dataclasses.replace(self, source=(x, y, weights))
        factors = tf.data.Dataset.from_tensor_slices(weights)
        source = tf.data.Dataset.zip(self.source, factors).map(_times)
        return dataclasses.replace(self, source=source)

    def where(self, mask: np.ndarray) -> Dataset:
        """The data set of those elements for which `mask` is true."""
        if isinstance(self.source, tuple):
            kept = tuple(column[mask] for column in self.source)
            return tf.data.Dataset.from_tensor_slices(kept)
        chosen = self.source
        if not mask.all():
            table = tf.constant(mask)
            chosen = chosen.enumerate()
            chosen = chosen.filter(lambda index, element: table[index])
            chosen = chosen.map(lambda index, element: element)
        count = tf.data.experimental.assert_cardinality(int(mask.sum()))
        return chosen.apply(count)


def _times(element, factor):
    x, y, *weights = element
    for weight in weights:
        factor = factor * tf.cast(weight, factor.dtype)
    return x, y, factor


def from_arrays(
    x: ArrayLike,
    y: ArrayLike | None,
    sample_weight: ArrayLike | None = None,
    names: Names | None = None,
) -> Elements:
    """`Elements` of arrays, tensors or lists."""
    names = names or Names()
    if y is None:
        raise ValueError(
            f"{names.y} must hold the labels when {names.x} is an array. "
            "Received: y=None"
        )
    columns = {names.x: as_array(names.x, x), names.y: as_array(names.y, y)}
    if sample_weight is not None:
        weights = as_array(names.sample_weight, sample_weight)
        columns[names.sample_weight] = weights
    if len({len(column) for column in columns.values()}) != 1:
        lengths = ", ".join(f"{len(column)}" for column in columns.values())
        raise ValueError(
            f"{' and '.join(columns)} must be of the same length. "
            f"Received: lengths {lengths}"
        )
    checks.check_not_empty(len(columns[names.x]), names.x)
    checks.check_finite(columns[names.x], names.x)
    checks.check_weights(columns.get(names.sample_weight), names.sample_weight)
    return Elements(tuple(columns.values()), columns[names.y], names=names)


def as_array(name: str, value: Any) -> np.ndarray:
    """A part of the data as an array whose first axis counts elements."""
    try:
        array = np.asarray(value)
        tf.as_dtype(array.dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be one array, all of its elements of the same "
            f"shape. Received: {type(value).__name__}: {error}"
        ) from error
    if array.ndim == 0:
        raise no_data(name, value)
    text = (str, bytes)
    if array.dtype == object and not all(
        isinstance(element, text) for element in array.flat
    ):
        raise ValueError(
            f"{name} must be one array of numbers, all of its elements of "
            f"the same shape. Received: {type(value).__name__} of objects"
        )
    if array.dtype == "float64":
        # As Keras does with arrays; half of the memory.
        with np.errstate(over="ignore"):
            array = array.astype(keras.config.floatx())
    return array


def no_data(name: str, value: object) -> TypeError:
    """The error for what is no data at all."""
    return TypeError(
        f"{name} must be an array whose first axis counts the elements, or a "
        "data set: a tf.data.Dataset, a keras.utils.PyDataset or an iterable "
        "of batches (x, y), as torch's DataLoader. Received: "
        f"{type(value).__name__}"
    )
