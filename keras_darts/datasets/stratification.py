"""Parts of a data set in which every class keeps its share."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from keras_darts.datasets.task import class_numbers
from keras_darts.utils.typing import Dataset


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
