"""A user's data in the form of a tuning: labels as class numbers."""

from __future__ import annotations

import collections.abc
import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from keras_darts import datasets
from keras_darts.datasets.examples import is_dataset
from keras_darts.datasets.task import class_numbers

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from typing import Any
    from typing import Self

    from keras_darts.auto.image import Images
    from keras_darts.auto.text import Texts
    from keras_darts.datasets import Elements
    from keras_darts.utils.typing import ArrayLike
    from keras_darts.utils.typing import Dataset


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
    def of(
        cls, y: ArrayLike, num_classes: int | None = None, name: str = "`y`"
    ) -> Self:
        """The labels that data hold.

        Args:
            y: Class numbers, strings or booleans, or one-hot rows.
            num_classes: Integer, where the data need not show all classes.
                Defaults to `None`.
            name: String, what errors call the labels. Defaults to ``"`y`"``.

        Raises:
            ValueError: for labels that are no classes, for one class only,
                and for other numbers of classes than `num_classes`.
        """
        y = _array(y, name)
        if y.ndim == 2:
            _check_one_hot(y, name)
            classes = np.arange(y.shape[1])
        else:
            classes = np.unique(y)
        if num_classes not in (None, len(classes)):
            classes = _widened(classes, y, num_classes)
        if len(classes) < 2 or (y.ndim == 2 and len(np.unique(y, axis=0)) < 2):
            raise ValueError(
                f"{name} must have two classes or more, since one alone "
                f"teaches nothing. Received: {classes.tolist()}"
            )
        return cls(classes, y.ndim == 2)

    def __len__(self) -> int:
        return len(self.classes)

    def encode(self, y: ArrayLike, name: str = "`y`") -> np.ndarray:
        """Class numbers of labels, int64.

        Raises:
            ValueError: for labels of another form, or that are not known.
        """
        y = _array(y, name)
        if self.one_hot != (y.ndim == 2):
            raise ValueError(
                f"{name} must have the form of the labels that `fit` was "
                f"given. Received: shape {y.shape}"
            )
        if self.one_hot:
            _check_one_hot(y, name, len(self))
            return y.argmax(axis=1)
        same = (y.dtype.kind == "U") == (self.classes.dtype.kind == "U")
        strange = np.setdiff1d(y, self.classes) if same else y
        if len(strange):
            raise ValueError(
                f"{name} must have labels that `fit` has seen, among them "
                f"{self.classes[:5].tolist()}. Received: "
                f"{strange[:5].tolist()}"
            )
        return np.searchsorted(self.classes, y)

    def weights(
        self, y: ArrayLike, class_weight: Mapping[Any, float]
    ) -> np.ndarray:
        """The weight of each element by its label, float32.

        Args:
            y: Labels.
            class_weight: Dictionary from labels, or from their places in
                `classes` for one-hot rows, to weights.

        Raises:
            ValueError: for a label that there is not, and for no weight.
        """
        known = range(len(self)) if self.one_hot else self.classes.tolist()
        if not isinstance(class_weight, collections.abc.Mapping):
            raise ValueError(
                "`class_weight` must be a dictionary from labels to weights. "
                f"Received: {class_weight!r}"
            )
        strange = [label for label in class_weight if label not in known]
        if strange:
            raise ValueError(
                "`class_weight` must have labels as its keys, among them "
                f"{[*known][:5]}. Received: {strange[:5]}"
            )
        return datasets.class_weights(
            self.encode(y),
            {[*known].index(k): w for k, w in class_weight.items()},
            task=datasets.Task("sparse", len(self)),
        )

    def encode_batch(self, y: tf.Tensor) -> tf.Tensor:
        """The same of a batch of known labels, as tensors."""
        if self.one_hot:
            return tf.argmax(y, axis=-1)
        known = self.classes.tolist()
        if y.dtype == tf.string:
            known = [str(label) for label in known]
        known = tf.constant(known, y.dtype)
        return tf.argmax(tf.reshape(y, (-1, 1)) == known, axis=1)

    def decode(self, numbers: np.ndarray) -> np.ndarray:
        """The labels of class numbers, in the form of those of `fit`."""
        if self.one_hot:
            return np.eye(len(self), dtype="float32")[numbers]
        return self.classes[numbers]


def _array(y, name):
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.dtype.kind in "OS" and all(isinstance(v, str | bytes) for v in y.flat):
        return np.array([_text(v) for v in y.flat]).reshape(y.shape)
    if y.dtype.kind in "biuf" and y.ndim in (1, 2) and y.size:
        if class_numbers(y) is not None:
            return y
        raise ValueError(
            f"{name} must be classes, each element of one: whole numbers, "
            "strings or booleans of shape (elements,), or one-hot rows. "
            f"Received: {datasets.infer_task(y, name=name).description}"
        )
    if y.ndim not in (1, 2) or y.size == 0 or y.dtype.kind != "U":
        raise ValueError(
            f"{name} must be classes: whole numbers, strings or booleans of "
            "shape (elements,), or one-hot rows. Received: labels of shape "
            f"{y.shape} and dtype {y.dtype}"
        )
    return y


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def _check_one_hot(y, name, width=None):
    rows = y.dtype.kind in "biuf" and (np.isin(y, (0, 1)).all())
    if not rows or width not in (None, y.shape[1]):
        columns = "" if width is None else f" of {width} columns"
        raise ValueError(
            f"{name} of two axes must be one-hot rows{columns}. Received: "
            f"shape {y.shape}, dtype {y.dtype}"
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


# Of data that come one by one, where nothing else is known.
_BATCH_SIZE = 32


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """What is searched, trained and judged on.

    Args:
        split: `datasets.BilevelSplit`: `train`, and in `valid` what networks
            are judged on.
        labels: `Labels`.
        adapter: `Images` or `Texts`.
        own_validation: Boolean, whether the user has given the data to judge
            on, which are then never trained on.
        batch_size: Integer, that of the user's data set, or `None`.
    """

    split: datasets.BilevelSplit
    labels: Labels
    adapter: Images | Texts
    own_validation: bool
    batch_size: int | None

    @property
    def everything(self) -> Dataset:
        """What the final training is on, unbatched."""
        split = self.split
        if self.own_validation:
            return split.train
        return split.train.concatenate(split.valid)

    @property
    def judged(self) -> Dataset:
        """What trials are judged on, unbatched, every element alike."""
        return self.split.valid.map(lambda x, y, *_: (x, y))

    @property
    def num_everything(self) -> int:
        split = self.split
        return split.num_train + (0 if self.own_validation else split.num_valid)

    def describe(self) -> dict[str, Any]:
        """Plain values that tell these data from others."""
        split = self.split
        return {
            "elements": [split.num_train, split.num_valid],
            "classes": self.labels.classes.tolist(),
            **self.adapter.describe(),
        }


def read(
    adapter_of: Callable[[Elements], Images | Texts],
    x: Any,
    y: Any,
    *,
    validation_data: Any = None,
    validation_split: float = 0.2,
    num_classes: int | None = None,
    class_weight: Mapping[Any, float] | None = None,
) -> Examples:
    """The `Examples` of what `fit` was given.

    Args:
        adapter_of: Function of `Elements` that returns `Images` or `Texts`.
        x: As in `Classifier.fit`, like all that follows.
        y: Likewise.
        validation_data: Likewise.
        validation_split: Likewise.
        num_classes: Integer or `None`.
        class_weight: Dictionary from labels to weights, or `None`.
    """
    examples = _elements(x, y, "x")
    labels = Labels.of(examples.labels, num_classes, name=examples.names.y)
    adapter = adapter_of(examples)
    if class_weight is not None:
        examples = examples.weighted(
            labels.weights(examples.labels, class_weight)
        )
    judged = None
    if validation_data is not None:
        judged = _elements(validation_data, None, "validation_data")
        judged = _converted(adapter, labels, judged)
    split = datasets.bilevel_split(
        _converted(adapter, labels, examples),
        validation_data=judged,
        validation_split=validation_split,
    )
    return Examples(
        split, labels, adapter, judged is not None, examples.batch_size
    )


def labelled(
    adapter: Images | Texts, labels: Labels, x: Any, y: Any, batch_size: int
) -> Dataset:
    """A batched data set of (raw x, class number), to be evaluated on."""
    examples = _elements(x, y, "x")
    labels.encode(examples.labels, name=examples.names.y)
    if isinstance(examples.source, tuple):
        adapter.checked(examples.source[0])
    batches = examples.dataset.batch(examples.batch_size or batch_size)
    return batches.map(lambda x, y, *_: (x, labels.encode_batch(y)))


def unlabelled(adapter: Images | Texts, x: Any, batch_size: int) -> Dataset:
    """A batched data set of raw x."""
    if isinstance(x, tf.data.Dataset):
        if isinstance(x.element_spec, tuple):
            x = x.map(lambda x, *_: x)
        single = x.element_spec.shape.rank == len(adapter.shape)
        return x.batch(batch_size) if single else x
    if is_dataset(x):
        x = np.concatenate([_first(batch) for batch in x])
    return tf.data.Dataset.from_tensor_slices(adapter.checked(x)).batch(
        batch_size
    )


def _first(batch):
    return np.asarray(batch[0] if isinstance(batch, tuple | list) else batch)


def _elements(x, y, argument):
    """`datasets.Elements` of data that end."""
    endless = tf.data.INFINITE_CARDINALITY
    if isinstance(x, tf.data.Dataset) and int(x.cardinality()) == endless:
        raise ValueError(
            f"`{argument}` must be a data set that ends: leave out repeat(). "
            "Received: one that never ends"
        )
    if isinstance(x, str | bytes) or hasattr(x, "__fspath__"):
        raise ValueError(
            f"`{argument}` must be data, and no path: "
            "keras_darts.datasets.load(FOLDER) or Keras' "
            "image_dataset_from_directory and text_dataset_from_directory "
            f"read a folder. Received: {argument}={x!r}"
        )
    return datasets.read_examples(x, y, argument=argument)


def _converted(adapter, labels, examples):
    """As the network has it, with class numbers: arrays, or a data set."""
    labels.encode(examples.labels, name=examples.names.y)
    if isinstance(examples.source, tuple):
        x, y, *weights = examples.source
        return (adapter.convert(x), labels.encode(y), *weights)
    size = examples.batch_size or _BATCH_SIZE
    return examples.dataset.batch(size).map(
        lambda x, y, *weights: (
            adapter.tensors(x),
            labels.encode_batch(y),
            *weights,
        )
    )
