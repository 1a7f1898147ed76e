"""Small data sets are decoded once."""

import math

import tensorflow as tf

from keras_darts.datasets.inspection import traits
from keras_darts.datasets.reading import MEMORY_LIMIT


def kept_in_memory(dataset, limit=MEMORY_LIMIT):
    """A data set that its first pass keeps in memory, if it is small enough.

    Its elements and their order are those of `dataset`. It is given back as it
    is where a second pass could differ from the first one (random operations,
    Python code, an order that changes), where its size is not known before
    (images of many sizes, strings, no known length), and where it lies in
    memory already.

    Args:
        dataset: Unbatched `tf.data.Dataset`.
        limit: Integer, the bytes of all its elements that may be held.
            Defaults to 1 GiB.

    Example:

    >>> images = tf.data.Dataset.range(3).map(lambda i: tf.fill((8, 8, 1), i))
    >>> kept_in_memory(images) is images, kept_in_memory(images, 10) is images
    (False, True)
    """
    count, size = int(dataset.cardinality()), _bytes(dataset.element_spec)
    if count < 0 or size is None or count * size > limit:
        return dataset
    shows = traits(dataset)
    changes = shows.reshuffles or shows.generated or shows.random
    return dataset if changes or shows.in_memory else dataset.cache()


def _bytes(spec):
    """Those of an element, or `None` where elements have many sizes."""
    parts = spec if isinstance(spec, tuple) else (spec,)
    total = 0
    for part in parts:
        shape = getattr(part, "shape", None)
        if shape is None or not shape.is_fully_defined():
            return None
        if part.dtype == tf.string:
            return None
        total += math.prod(shape) * part.dtype.size
    return total
