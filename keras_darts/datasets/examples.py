"""The one reading of what a user gives to a `fit`."""

from __future__ import annotations

import collections.abc
import functools
import math
import numbers
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_darts.datasets import elements
from keras_darts.datasets import reading
from keras_darts.datasets.elements import Names
from keras_darts.datasets.image_data import ImageData
from keras_darts.datasets.task import infer_task
from keras_darts.datasets.text_classification import TextClassificationData
from keras_darts.utils.typing import ArrayLike

if TYPE_CHECKING:
    from keras_darts.datasets.elements import Elements
    from keras_darts.datasets.task import Task


_CLASSES = ("sparse", "one_hot")


def class_weights(
    labels: ArrayLike,
    class_weight: Mapping[int, float],
    *,
    task: Task | None = None,
    name: str = "`y`",
) -> np.ndarray:
    """The weight of each element by its class, as `class_weight` in Keras.

    Args:
        labels: Array of all labels, class numbers or rows a class a column.
        class_weight: Dictionary from class numbers to weights. A class that it
            leaves out has the weight one.
        task: `Task` of the labels. Defaults to `None`: as they tell.
        name: String, what errors call the labels. Defaults to ``"`y`"``.

    Returns:
        Array of float32, a weight an element.

    Raises:
        ValueError: for labels that are no classes, and for a class that no
            label can have or a weight that is negative or not finite.

    Example:

    >>> class_weights([0, 1, 1], {1: 3.0}).tolist()
    [1.0, 3.0, 3.0]
    """
    labels = np.asarray(labels)
    task = task or infer_task(labels, name=name)
    # One output with a sigmoid tells two classes apart.
    binary = (task.label_type, task.num_outputs) == ("multi_label", 1)
    binary = binary and np.isin(labels, (0, 1)).all()
    if task.label_type not in _CLASSES and not binary:
        raise ValueError(
            "`class_weight` must be left out unless every element has one "
            "class; `sample_weight` takes a weight for each element. "
            f"Received: {task.description or task.label_type}"
        )
    count = 2 if binary else task.num_outputs
    table = np.ones(count, "float32")
    for number, weight in _checked(class_weight, count).items():
        table[number] = weight
    if task.label_type == "one_hot":
        return table[labels.argmax(axis=1)]
    return table[labels.reshape(-1).astype("int64")]


def _checked(class_weight, count):
    if not isinstance(class_weight, collections.abc.Mapping):
        raise ValueError(
            "`class_weight` must be a dictionary from class numbers to "
            f"weights, such as {{0: 1.0, 1: 5.0}}. Received: {class_weight!r}"
        )
    for number, weight in class_weight.items():
        whole = isinstance(number, numbers.Real) and number == int(number)
        if isinstance(number, bool) or not whole or not 0 <= number < count:
            raise ValueError(
                f"`class_weight` must have class numbers from 0 to {count - 1} "
                f"as its keys. Received: {number!r}"
            )
        real = isinstance(weight, numbers.Real) and not isinstance(weight, bool)
        if not real or not 0 <= weight < math.inf:
            raise ValueError(
                "`class_weight` must have weights that are finite and not "
                f"negative. Received: {weight!r} for class {number!r}"
            )
    return {int(k): float(v) for k, v in class_weight.items()}


def read_examples(
    x: Any,
    y: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    *,
    class_weight: Mapping[int, float] | None = None,
    loss: Any = None,
    num_classes: int | None = None,
    argument: str = "x",
    rank: int | None = None,
    batch_size: int | None = None,
    steps_per_epoch: int | None = None,
    memory_limit: int = reading.MEMORY_LIMIT,
) -> Elements:
    """Reads labelled data, in any form that users have them in.

    Search, training, classifiers and tuner read all data by this. They are
    read once, so that what is wrong shows before the first step, and held
    where they fit into `memory_limit`; a larger data set is read again in each
    pass, if its order stays the same.

    Args:
        x: Array of images or sentences; or a tuple or list of arrays (x, y) or
            (x, y, sample weight); or a data set of such: a `tf.data.Dataset`,
            batched or not, a `keras.utils.PyDataset`, or an iterable of
            batches, as torch's `DataLoader`.
        y: Array of labels, when `x` is an array. Defaults to `None`.
        sample_weight: Array of one weight an element, when `x` is an array.
            Defaults to `None`.
        class_weight: Dictionary from class numbers to weights, with which
            sample weights are multiplied, as in Keras. Defaults to `None`.
        loss: A Keras loss, which may say that labels are no classes. Defaults
            to `None`: as the labels tell.
        num_classes: Integer, the number of classes for `class_weight`, where
            the labels need not show all. Defaults to `None`.
        argument: String, the name that errors have for `x`. Defaults to
            `"x"`.
        rank: Integer, the axes of an element: 3 of images, 1 of token ids. It
            tells a batch from an element where shapes alone do not. Defaults
            to `None`.
        batch_size: Integer, how many elements of an unbatched data set one of
            `steps_per_epoch` is. Defaults to `None`: 64.
        steps_per_epoch: Integer, how many batches to read of a data set that
            never ends or whose length is unknown. Defaults to `None`.
        memory_limit: Integer, the bytes of images that may be held. Defaults
            to 1 GiB.

    Returns:
        The `Elements`: `dataset` is unbatched, `labels` an array, `batch_size`
        that of the data set or `None`, `notes` sentences for the log.

    Raises:
        ValueError: if the data are empty, without labels, not finite, of
            unequal lengths or shapes, endless without `steps_per_epoch`, or
            too large to be held when they must be.
        TypeError: if `x` is none of the above.

    Example:

    >>> images = np.zeros((6, 8, 8, 1), "uint8")
    >>> dataset = tf.data.Dataset.from_tensor_slices((images, [0, 1] * 3))
    >>> read_examples(dataset.batch(2)).batch_size
    2
    >>> examples = read_examples([images, [0, 1] * 3], argument="train")
    >>> len(examples), examples.labels.tolist()
    (6, [0, 1, 0, 1, 0, 1])
    """
    read = functools.partial(
        _read,
        rank=rank,
        batch_size=batch_size,
        steps_per_epoch=steps_per_epoch,
        memory_limit=memory_limit,
    )
    examples = read(x, y, sample_weight, argument)
    if class_weight is None:
        return examples
    labels, name = examples.labels, examples.names.y
    task = infer_task(labels, loss, num_classes, name=name)
    weights = class_weights(labels, class_weight, task=task, name=name)
    return examples.weighted(weights)


def is_dataset(x: object) -> bool:
    """Whether something gives labels itself, batch by batch.

    Example:

    >>> is_dataset(tf.data.Dataset.range(3)), is_dataset([1, 2])
    (True, False)
    """
    if isinstance(x, tf.data.Dataset | keras.utils.PyDataset):
        return True
    array = isinstance(x, tuple | list) or hasattr(x, "__array__")
    refused = isinstance(
        x,
        str | bytes | collections.abc.Mapping | collections.abc.Iterator,
    )
    iterable = isinstance(x, collections.abc.Iterable)
    return iterable and not array and not refused


def _read(
    x, y, sample_weight, argument, *, rank, batch_size, steps_per_epoch, **limit
):
    if is_dataset(x):
        names = Names.of_one(argument)
        _check_alone(y, sample_weight, names)
        options = {"names": names, "steps_per_epoch": steps_per_epoch, **limit}
        if isinstance(x, tf.data.Dataset):
            return reading.from_dataset(
                x, rank=rank, batch_size=batch_size, **options
            )
        return reading.from_batches(x, **options)
    name = f"`{argument}`"
    if isinstance(x, tuple | list) and any(map(is_dataset, x)):
        raise ValueError(
            f"{name} must be one data set, or arrays alone. Received: a "
            f"{type(x).__name__} of {len(x)} with a data set in it"
        )
    if isinstance(x, tuple | list) and y is None and len(x) in (2, 3):
        x, y, *weights = x
        sample_weight = weights[0] if weights else sample_weight
        names = Names.of_one(argument)
    else:
        names = Names(name)
    _check_form(x, names.x)
    if y is None and names != Names():
        raise ValueError(
            f"{name} must hold labels too: a pair (x, y), or a data set of "
            f"such. Received: {type(x).__name__} without labels"
        )
    return elements.from_arrays(x, y, sample_weight, names)


def _check_alone(y, sample_weight, names):
    if y is not None or sample_weight is not None:
        raise ValueError(
            "`y` and `sample_weight` must be left out when "
            f"{names.x} is a data set, which gives them itself. Received: "
            f"{'y' if y is not None else 'sample_weight'}"
        )


def _check_form(x, name):
    if isinstance(x, ImageData | TextClassificationData):
        raise TypeError(
            f"{name} must be one part of the data, such as data.train or "
            f"data.test. Received: {type(x).__name__}, which has several"
        )
    if isinstance(x, collections.abc.Mapping):
        raise TypeError(
            f"{name} must be arrays of x and of labels, and no dictionary: "
            "give the array of images by itself. Received: a dictionary of "
            f"{', '.join(map(str, x))}"
        )
    if isinstance(x, collections.abc.Iterator):
        raise TypeError(
            f"{name} must be data that can be read more than once: wrap a "
            "generator in tf.data.Dataset.from_generator. Received: "
            f"{type(x).__name__}"
        )
    if x is None or isinstance(x, str | bytes):
        raise elements.no_data(name, x)
