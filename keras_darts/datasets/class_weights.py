"""Weights of classes, as weights of elements."""

import collections.abc
import math
import numbers

import numpy as np

from keras_darts.datasets.task import infer_task

_CLASSES = ("sparse", "one_hot")


def class_weights(labels, class_weight, *, task=None, name="`y`"):
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
    binary = (task.kind, task.num_outputs) == ("multi_label", 1)
    binary = binary and np.isin(labels, (0, 1)).all()
    if task.kind not in _CLASSES and not binary:
        raise ValueError(
            "`class_weight` must be left out unless every element has one "
            "class; `sample_weight` takes a weight for each element. "
            f"Received: {task.description or task.kind}"
        )
    count = 2 if binary else task.num_outputs
    table = np.ones(count, "float32")
    for number, weight in _checked(class_weight, count).items():
        table[number] = weight
    if task.kind == "one_hot":
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
