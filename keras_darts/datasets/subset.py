"""A part of a data set in which every class keeps its share."""

import numpy as np
import tensorflow as tf

from keras_darts.datasets.stratification import search_share


def stratified_subset(dataset, count, seed=0):
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
