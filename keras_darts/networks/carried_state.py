"""Hidden states that live on from one segment of a text to the next."""

import tensorflow as tf


class CarriedState:
    """The hidden state with which the next segment begins.

    It is no weight: it is not saved, and it is zero after `reset`. Segments
    may come in batches of any size; each row is a text of its own.

    Args:
        units: Integer.
        dtype: String. Defaults to `"float32"`.

    Example:

    >>> state = CarriedState(3)
    >>> state.assign(np.ones((2, 3), "float32"))
    >>> state.read(2).numpy().sum()
    np.float32(6.0)
    >>> state.reset()
    >>> state.read(2).numpy().sum()
    np.float32(0.0)
    """

    def __init__(self, units, dtype="float32"):
        self._units = units
        # Each replica reads and writes the rows of its own.
        self.variable = tf.Variable(
            tf.zeros((0, units), dtype),
            trainable=False,
            shape=(None, units),
            synchronization=tf.VariableSynchronization.ON_READ,
        )

    def read(self, batch_size):
        """(B, H); rows that were never written are zero."""
        rows = tf.convert_to_tensor(self.variable)[:batch_size]
        missing = tf.maximum(batch_size - tf.shape(rows)[0], 0)
        padded = tf.pad(rows, [[0, missing], [0, 0]])
        return tf.reshape(padded, (batch_size, self._units))

    def assign(self, state):
        """Keeps the state after a segment."""
        state = tf.stop_gradient(tf.cast(state, self.variable.dtype))
        self.variable.assign(state)

    def reset(self):
        """Forgets; the next segment begins with zeros."""
        zeros = tf.zeros((0, self._units), self.variable.dtype)
        # There is no one value that could be read from several devices.
        self.variable.assign(zeros, read_value=False)
