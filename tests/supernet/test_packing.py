"""Many tensors as a few vectors, and back."""

import keras
import numpy as np
import tensorflow as tf

from keras_darts.supernet import packed
from keras_darts.supernet import unpacked

TENSORS = [
    tf.constant([[1.0, 2.0], [3.0, 4.0]]),
    tf.constant(5.0, "float64"),
    tf.constant([6.0]),
    tf.constant([[7.0]], "float64"),
]


def test_there_is_a_vector_for_each_precision():
    single, double = packed(TENSORS)
    np.testing.assert_array_equal(single, [1, 2, 3, 4, 6])
    np.testing.assert_array_equal(double, [5, 7])
    assert (single.dtype, double.dtype) == (tf.float32, tf.float64)
    assert packed([]) == []


def test_what_is_packed_is_unpacked_in_its_old_shapes():
    for result, tensor in zip(
        unpacked(packed(TENSORS), TENSORS), TENSORS, strict=True
    ):
        assert result.dtype == tensor.dtype
        assert result.shape == tensor.shape
        np.testing.assert_array_equal(result, tensor)


def test_vectors_may_lie_on_top_of_one_another():
    variables = [tf.ones((2, 3, 1)), keras.Variable([1.0, 2.0])]
    result = unpacked([tf.reshape(tf.range(8.0), (2, 4))], variables)
    np.testing.assert_array_equal(result[0][..., 0], [[0, 1, 2], [4, 5, 6]])
    np.testing.assert_array_equal(result[1], [3, 7])


def test_gradients_come_packed():
    (vector,) = packed(TENSORS[::2])
    with tf.GradientTape() as tape:
        tape.watch(vector)
        first, second = unpacked([vector], TENSORS[::2])
        value = 2 * tf.reduce_sum(first) + second[0] ** 2
    np.testing.assert_array_equal(
        tape.gradient(value, vector), [2, 2, 2, 2, 12]
    )
