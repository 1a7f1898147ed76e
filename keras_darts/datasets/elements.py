"""Labelled elements in an order that never changes."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from keras_darts.datasets import checks


@dataclasses.dataclass(frozen=True, eq=False)
class Elements:
    """What stands behind a half.

    Args:
        source: Tuple of arrays, or an unbatched `tf.data.Dataset` in an order
            that never changes: images, labels and, if any, sample weights.
        labels: Array of all labels.
        batch_size: Integer, the batch size of the data set that was given.
            Defaults to `None`.
        groups: Array that gives copies of one element the same number.
            Defaults to `None`, in which case there are no copies.
        notes: Tuple of strings for the log. Defaults to none.
    """

    source: tuple | tf.data.Dataset
    labels: np.ndarray
    batch_size: int | None = None
    groups: np.ndarray | None = None
    notes: tuple = ()

    def __len__(self):
        return len(self.labels)

    def where(self, mask):
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


def from_arrays(x, y, sample_weight=None):
    """`Elements` of arrays, tensors or lists."""
    if y is None:
        raise ValueError(
            "`y` must hold the labels when `x` is an array. Received: y=None"
        )
    columns = {"x": _array("x", x), "y": _array("y", y)}
    if sample_weight is not None:
        columns["sample_weight"] = _array("sample_weight", sample_weight)
    if len({len(column) for column in columns.values()}) != 1:
        names = " and ".join(f"`{name}`" for name in columns)
        lengths = ", ".join(f"{len(column)}" for column in columns.values())
        raise ValueError(
            f"{names} must be of the same length. Received: lengths {lengths}"
        )
    checks.check_not_empty(len(columns["x"]))
    checks.check_finite(columns["x"])
    checks.check_weights(columns.get("sample_weight"))
    return Elements(tuple(columns.values()), columns["y"])


def _array(name, value):
    if isinstance(value, keras.utils.PyDataset):
        raise _no_data(name, value)
    try:
        array = np.asarray(value)
        tf.as_dtype(array.dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`{name}` must be one array, all of its elements of the same "
            f"shape. Received: {type(value).__name__}: {error}"
        ) from error
    if array.ndim == 0:
        raise _no_data(name, value)
    text = (str, bytes)
    if array.dtype == object and not all(
        isinstance(element, text) for element in array.flat
    ):
        raise ValueError(
            f"`{name}` must be one array of numbers, all of its elements of "
            f"the same shape. Received: {type(value).__name__} of objects"
        )
    if array.dtype == "float64":
        # As Keras does with arrays; half of the memory.
        with np.errstate(over="ignore"):
            array = array.astype(keras.config.floatx())
    return array


def _no_data(name, value):
    return TypeError(
        f"`{name}` must be a batched tf.data.Dataset or an array whose first "
        f"axis counts the elements. Received: {name} of type "
        f"{type(value).__name__}"
    )
