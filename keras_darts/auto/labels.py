"""A user's labels as class numbers, and back."""

import dataclasses

import numpy as np
import tensorflow as tf


@dataclasses.dataclass(frozen=True, eq=False)
class Labels:
    """What a user calls the classes.

    Args:
        classes: Array of the labels, a class each, in order.
        one_hot: Boolean, whether labels are rows with a one.

    Example:

    >>> labels = Labels.of(["dog", "cat", "dog"])
    >>> labels.encode(["cat", "dog"])
    array([0, 1])
    >>> labels.decode(np.array([1, 0])).tolist()
    ['dog', 'cat']
    """

    classes: np.ndarray
    one_hot: bool = False

    @classmethod
    def of(cls, y, num_classes=None):
        """The labels that data hold.

        Args:
            y: Class numbers, strings or booleans, or one-hot rows.
            num_classes: Integer, where the data need not show all classes.
                Defaults to `None`.

        Raises:
            ValueError: for labels that are no classes, for one class only,
                and for other numbers of classes than `num_classes`.
        """
        y = _array(y)
        if y.ndim == 2:
            _check_one_hot(y)
            classes = np.arange(y.shape[1])
        else:
            classes = np.unique(y)
        if num_classes not in (None, len(classes)):
            classes = _widened(classes, y, num_classes)
        if len(classes) < 2 or (y.ndim == 2 and len(np.unique(y, axis=0)) < 2):
            raise ValueError(
                "`y` must have two classes or more, since one alone teaches "
                f"nothing. Received: {classes.tolist()}"
            )
        return cls(classes, y.ndim == 2)

    def __len__(self):
        return len(self.classes)

    def encode(self, y):
        """Class numbers of labels, int64.

        Raises:
            ValueError: for labels of another form, or that are not known.
        """
        y = _array(y)
        if self.one_hot != (y.ndim == 2):
            raise ValueError(
                "`y` must have the form of the labels that `fit` was given. "
                f"Received: shape {y.shape}"
            )
        if self.one_hot:
            _check_one_hot(y, len(self))
            return y.argmax(axis=1)
        same = (y.dtype.kind == "U") == (self.classes.dtype.kind == "U")
        strange = np.setdiff1d(y, self.classes) if same else y
        if len(strange):
            raise ValueError(
                f"`y` must have labels that `fit` has seen, among them "
                f"{self.classes[:5].tolist()}. Received: "
                f"{strange[:5].tolist()}"
            )
        return np.searchsorted(self.classes, y)

    def encode_batch(self, y):
        """The same of a batch of known labels, as tensors."""
        if self.one_hot:
            return tf.argmax(y, axis=-1)
        known = self.classes.tolist()
        if y.dtype == tf.string:
            known = [str(label) for label in known]
        known = tf.constant(known, y.dtype)
        return tf.argmax(tf.reshape(y, (-1, 1)) == known, axis=1)

    def decode(self, numbers):
        """The labels of class numbers, in the form of those of `fit`."""
        if self.one_hot:
            return np.eye(len(self), dtype="float32")[numbers]
        return self.classes[numbers]


def read(dataset):
    """All labels of a batched data set of (x, y), as an array."""
    batches = dataset.map(lambda x, y: y).as_numpy_iterator()
    return np.concatenate([np.atleast_1d(batch) for batch in batches])


def _array(y):
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.dtype.kind in "OS" and all(isinstance(v, str | bytes) for v in y.flat):
        y = np.array([_text(v) for v in y.flat]).reshape(y.shape)
    whole = y.dtype.kind in "biuU" or (
        y.dtype.kind == "f" and (y == np.floor(y)).all()
    )
    if y.ndim not in (1, 2) or y.size == 0 or not whole:
        raise ValueError(
            "`y` must be classes: whole numbers, strings or booleans of shape "
            "(elements,), or one-hot rows. Received: labels of shape "
            f"{y.shape} and dtype {y.dtype}"
        )
    return y


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def _check_one_hot(y, width=None):
    numbers = y.dtype.kind in "biuf"
    fits = width in (None, y.shape[1])
    if not numbers or not fits or not (np.isin(y, (0, 1)).all()):
        columns = "" if width is None else f" of {width} columns"
        raise ValueError(
            f"`y` of two axes must be one-hot rows{columns}. Received: shape "
            f"{y.shape}, dtype {y.dtype}"
        )
    sums = y.astype("float32").sum(axis=1)
    if (sums != 1).any():
        row = int(np.flatnonzero(sums != 1)[0])
        raise ValueError(
            "`y` of two axes must be one-hot rows, one class an element. "
            f"Received: row {row} has {int(sums[row])} of them"
        )


def _widened(classes, y, num_classes):
    """Classes that the data show only in part: numbers from zero up."""
    whole = y.ndim == 1 and classes.dtype.kind in "iuf"
    if not whole or classes[0] < 0 or classes[-1] >= num_classes:
        raise ValueError(
            "`num_classes` must be the number of classes in `y`. Received: "
            f"num_classes={num_classes}, and the {len(classes)} classes "
            f"{classes[:5].tolist()}"
        )
    return np.arange(num_classes).astype(classes.dtype)
