"""Labelled elements in an order that never changes: checks, parts."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_darts.datasets.task import class_numbers
from keras_darts.datasets.task import infer_from
from keras_darts.utils.errors import channels_first
from keras_darts.utils.typing import ArrayLike
from keras_darts.utils.typing import Dataset

if TYPE_CHECKING:
    from keras_darts.datasets.split import BilevelSplit
    from keras_darts.datasets.task import Task


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
    check_not_empty(len(columns[names.x]), names.x)
    check_finite(columns[names.x], names.x)
    check_weights(columns.get(names.sample_weight), names.sample_weight)
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


def validate_split(
    split: BilevelSplit,
    *,
    check_element: Callable[..., Any] | None = None,
    loss: Any = None,
    num_classes: int | None = None,
    batch_size: int | None = None,
    reductions: int = 2,
) -> Task:
    """Refuses a split on which a search can't work, and says what to learn.

    Args:
        split: What `bilevel_split` returned.
        check_element: Function of the `tf.TensorSpec` of an element and of
            what errors call them, which refuses what a network can't take.
            Defaults to `None`: images, whose sides are halved `reductions`
            times.
        loss: A Keras loss as object, name or function. Defaults to `None`.
        num_classes: Integer, the number of classes. Defaults to `None`, in
            which case the labels tell.
        batch_size: Integer. Defaults to `None`, the one of `split`.
        reductions: Integer, how often the network halves the sides of an
            image. Defaults to `2`.

    Returns:
        The `Task` of the labels of both parts.

    Raises:
        ValueError: If images or labels are of another form than the network
            and the loss need, there is one class only, or a part holds less
            than a batch.

    Example:

    >>> import numpy as np
    >>> from keras_darts.datasets.split import bilevel_split
    >>> images = np.zeros((6, 8, 8, 1), "uint8")
    >>> split = bilevel_split(images, [0, 1, 0, 1, 0, 1], batch_size=2)
    >>> validate_split(split)
    Task(label_type='sparse', num_outputs=2)
    """
    spec, name = split.train.element_spec[0], split.names.x
    if check_element is None:
        check_images(spec, reductions, name)
    else:
        check_element(spec, name)
    _check_same_shapes(split)
    _check_batch_size(split, batch_size or split.batch_size)
    task = infer_from(split.labels, loss, num_classes)
    if task.label_type != "regression":
        _check_classes(split.train_labels, task, split.names.y)
    return task


def check_images(spec: Any, reductions: int = 2, name: str = "`x`") -> None:
    """Refuses elements that are no images or whose sides don't divide."""
    shape, divisor = spec.shape, 2**reductions
    if shape.rank != 3:
        raise ValueError(
            f"{name} must be images of shape (batch, height, width, channels): "
            "add the axis of the channels, as x[..., None], where it is "
            f"missing. Received: elements of shape {shape} in a batch"
        )
    if not (spec.dtype.is_floating or spec.dtype.is_integer):
        raise ValueError(
            f"{name} must be numbers, integer or float. "
            f"Received: images of dtype {spec.dtype.name}"
        )
    height, width, channels = shape
    if channels_first(shape):
        raise ValueError(
            f"{name} must be images of shape (height, width, channels): these "
            "have their channels first; np.moveaxis(x, 1, -1) moves them in "
            f"an array. Received: images of shape {shape}"
        )
    if not channels:
        raise ValueError(
            f"{name} must be images of at least one channel. "
            f"Received: images of shape {shape}"
        )
    if min(height, width) < divisor or height % divisor or width % divisor:
        raise ValueError(
            f"{name} must be images whose height and width can be divided by "
            f"{divisor}, since the network halves them {reductions} times; "
            f"smaller ones are too small. Received: images of shape {shape}"
        )


def check_sentences(spec: Any, reductions: int = 2, name: str = "`x`") -> None:
    """Refuses elements that are no token ids or whose length won't divide."""
    shape, divisor = spec.shape, 2**reductions
    if shape.rank != 1 or not spec.dtype.is_integer:
        raise ValueError(
            f"{name} must be token ids of shape (batch, time), as "
            "datasets.load_text_classification or datasets.TextEncoder gives "
            f"them. Received: elements of shape {shape} and dtype "
            f"{spec.dtype.name}"
        )
    if shape[0] is None or shape[0] < divisor or shape[0] % divisor:
        raise ValueError(
            f"{name} must be sentences padded to one length that can be "
            f"divided by {divisor}, since the network halves it {reductions} "
            f"times. Received: sentences of length {shape[0]}"
        )


def check_not_empty(count: int, name: str = "`x`") -> None:
    if count == 0:
        raise ValueError(
            f"{name} must hold elements. Received: an empty data set"
        )


def check_finite(x: np.ndarray, name: str = "`x`", start: int = 0) -> None:
    if x.dtype.kind in "biuOSU":
        return
    finite = np.isfinite(x)
    if not finite.all():
        bad = np.flatnonzero(~finite.reshape(len(x), -1).all(axis=1))[0]
        raise ValueError(
            f"{name} must be finite. Received: NaN or infinity in element "
            f"{start + bad}"
        )


def check_weights(
    weights: np.ndarray | None, name: str = "`sample_weight`"
) -> None:
    if weights is None:
        return
    if weights.ndim != 1 or weights.dtype.kind not in "iuf":
        raise ValueError(
            f"{name} must be one number an element. Received: shape "
            f"{weights.shape}, dtype {weights.dtype}"
        )
    if not np.isfinite(weights).all() or weights.min() < 0:
        raise ValueError(
            f"{name} must be finite and not negative. Received: "
            f"values from {weights.min()} to {weights.max()}"
        )


def _check_same_shapes(split):
    (x, y), (search_x, search_y) = (
        half.element_spec[:2] for half in (split.train, split.valid)
    )
    names, valid_names = split.names, split.valid_names
    if (x.shape, x.dtype) != (search_x.shape, search_x.dtype):
        raise ValueError(
            f"{valid_names.x} must have elements of the shape and dtype of "
            f"{names.x}. Received: {search_x.shape} of {search_x.dtype.name} "
            f"and {x.shape} of {x.dtype.name}"
        )
    if y.shape != search_y.shape:
        raise ValueError(
            f"{valid_names.y} must be of the shape of {names.y}. "
            f"Received: {search_y.shape} and {y.shape} an element"
        )


def _check_batch_size(split, batch_size):
    smaller = min(split.num_train, split.num_valid)
    if batch_size > smaller:
        of_data = split.batch_size_from == "data"
        source = (
            f"the batches of {split.names.x}" if of_data else "`batch_size`"
        )
        raise ValueError(
            f"{source} must be at most the number of elements in the "
            f"smaller part, {smaller}: the batch is larger than the data. "
            f"Received: batch_size={batch_size}, {split.num_train} elements "
            f"for the weights and {split.num_valid} for the architecture"
        )


def _check_classes(labels, task, name):
    if task.label_type == "multi_label":
        return
    numbers = labels.argmax(axis=1) if task.label_type == "one_hot" else labels
    present = np.unique(numbers)
    if len(present) < 2:
        raise ValueError(
            f"{name} must have two classes or more, since one alone teaches "
            f"nothing. Received: class {int(present[0])} only"
        )


def search_share(
    labels: np.ndarray, share: float, seed: int, loss: Any = None
) -> tuple[np.ndarray, bool]:
    """Mask of the search part, and whether it was made class by class.

    Elements are put in random order within their class and taken at even
    distances, so each class gives its share to within one element. A loss may
    say that labels are no classes.
    """
    classes = class_numbers(labels, loss)
    order = np.random.default_rng(seed).permutation(len(labels))
    if classes is not None:
        order = order[np.argsort(classes[order], kind="stable")]
    # Half a step ahead, so that the total is rounded and not cut.
    steps = np.floor(np.arange(len(labels) + 1) * share + 0.5)
    mask = np.empty(len(labels), bool)
    mask[order] = np.diff(steps) > 0
    return mask, classes is not None


def stratified_subset(dataset: Dataset, count: int, seed: int = 0) -> Dataset:
    """A part of a labelled data set, held in memory.

    The data set is read twice: for the labels, and for what is taken.

    Args:
        dataset: Unbatched `tf.data.Dataset` of (image, class number), always
            in the same order.
        count: Integer, the elements to take.
        seed: Integer. Defaults to `0`.

    Returns:
        A `tf.data.Dataset` of the same form, in the same order.

    Raises:
        ValueError: if the data set holds fewer elements.

    Example:

    >>> whole = tf.data.Dataset.from_tensor_slices(
    ...     (np.zeros((6, 8, 8, 1)), [0, 0, 0, 0, 1, 1])
    ... )
    >>> [int(label) for _, label in stratified_subset(whole, 3)]
    [0, 0, 1]
    """
    labels = np.array([*dataset.map(lambda _, y: y).as_numpy_iterator()])
    if not 0 < count <= len(labels):
        raise ValueError(
            "`count` must be from 1 to the number of elements, "
            f"{len(labels)}. Received: count={count}"
        )
    taken, _ = search_share(labels, count / len(labels), seed)
    numbers = tf.constant(taken)
    part = dataset.enumerate().filter(lambda i, _: numbers[i])
    return (
        part.map(lambda _, element: element)
        .apply(tf.data.experimental.assert_cardinality(count))
        .cache()
    )
