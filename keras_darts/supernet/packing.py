"""Many small tensors as a few vectors, which cost fewer operations."""

import math

import keras
import tensorflow as tf
from keras import ops


def packed(tensors):
    """The numbers of all tensors, as a vector for each precision.

    Example:

    >>> [vector.numpy().tolist() for vector in packed([tf.ones((2, 1)), 0.5])]
    [[1.0, 1.0, 0.5]]
    """
    parts = {}
    for tensor in map(tf.convert_to_tensor, tensors):
        is_flat = len(tensor.shape) == 1
        flat = tensor if is_flat else ops.reshape(tensor, (-1,))
        parts.setdefault(tensor.dtype, []).append(flat)
    return [tf.concat(flat, axis=0) for flat in parts.values()]


def unpacked(vectors, like):
    """What was packed, in its old shapes.

    Args:
        vectors: List of tensors, as `packed` gives them. They may have more
            axes before the last one.
        like: Tensors or variables, of the precisions and shapes of what was
            packed; the shapes begin with the vectors' further axes.

    Example:

    >>> ones = [tf.ones((2, 1)), tf.ones(())]
    >>> [tensor.shape for tensor in unpacked(packed(ones), ones)]
    [TensorShape([2, 1]), TensorShape([])]
    """
    parts = {}
    for vector in vectors:
        name, before = vector.dtype.name, len(vector.shape) - 1
        sizes = [
            math.prod(t.shape[before:]) for t in like if _precision(t) == name
        ]
        parts[name] = iter(tf.split(vector, sizes, axis=-1))
    return [_shaped(next(parts[_precision(t)]), t.shape) for t in like]


def _precision(tensor):
    return keras.backend.standardize_dtype(tensor.dtype)


def _shaped(tensor, shape):
    same_rank = len(tensor.shape) == len(shape)
    return tensor if same_rank else ops.reshape(tensor, shape)
