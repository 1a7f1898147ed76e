"""A recurrent cell along time, in one loop for any number of steps."""

import keras
import tensorflow as tf
from keras import ops


class Recurrence(keras.layers.Layer):
    """Runs a `RecurrentCell` over sequences, with one dropout mask for each.

    The mask of the inputs and that of the hidden state are drawn once a
    sequence and used at each of its steps. What the inputs contribute is
    computed for all steps at once.

    Args:
        cell: `RecurrentCell`.
        input_dropout: Float in [0, 1). Defaults to `0.0`.
        hidden_dropout: Float in [0, 1). Defaults to `0.0`.

    Call arguments:
        inputs: (T, B, E), time first.
        state: (B, H).
        training: Boolean, whether anything is dropped.
        wrt: String, for what a gradient will be asked: `"weights"`, the
            cell's matrices, `"arch"`, the tensors in `context`, or `"both"`.
            Defaults to `"both"`.
        by_batch: Boolean, whether a normalisation in the cell takes the
            statistics of the batch. Defaults to `None`: in training.
        **context: Further arguments of the cell's `new_state`.

    Returns: the hidden states (T, B, H) and the last one (B, H).

    Example:

    >>> cell = kd.networks.DerivedRecurrentCell("rnn_darts_v2", units=4)
    >>> inputs = np.zeros((5, 2, 3), "float32")
    >>> states, last = Recurrence(cell)(inputs, np.zeros((2, 4), "float32"))
    >>> states.shape, last.shape
    (TensorShape([5, 2, 4]), TensorShape([2, 4]))

    Reference: Gal and Ghahramani, 2016, A theoretically grounded application
    of dropout in recurrent neural networks.
    """

    def __init__(self, cell, input_dropout=0.0, hidden_dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.cell = cell
        policy = self.dtype_policy
        self.input_dropout = SequenceDropout(input_dropout, dtype=policy)
        self.hidden_dropout = SequenceDropout(hidden_dropout, dtype=policy)

    def build(self, input_shape):
        self.cell.build(input_shape)

    def call(
        self,
        inputs,
        state,
        training=None,
        wrt="both",
        by_batch=None,
        **context,
    ):
        cell = self.cell
        projected = cell.project(self.input_dropout(inputs, training=training))
        mask = self.hidden_dropout.mask(state, training)
        matrices, steps = cell.matrices(), ops.shape(inputs)[0]
        slices = _array(projected.dtype, steps, projected.shape[1:])
        slices = slices.unstack(projected)

        def step(t, hidden, statistics, outputs):
            # Within the loop, whose gradient would compute theirs otherwise.
            hidden, statistics = cell.new_state(
                slices.read(t),
                hidden,
                matrices if wrt != "arch" else _constant(matrices),
                mask=_constant(mask),
                statistics=statistics,
                **(context if wrt != "weights" else _constant(context)),
            )
            return t + 1, hidden, statistics, outputs.write(t, hidden)

        _, state, statistics, outputs = tf.while_loop(
            lambda t, *_: t < steps,
            step,
            (
                0,
                state,
                cell.statistics(training if by_batch is None else by_batch),
                _array(state.dtype, steps, state.shape),
            ),
            maximum_iterations=steps,
        )
        if training:
            cell.keep(statistics)
        return outputs.stack(), state


class SequenceDropout(keras.layers.Layer):
    """Dropout with one mask a sequence, the same at all of its steps.

    Args:
        rate: Float in [0, 1).
        seed: Integer. Defaults to `None`.

    Example:

    >>> layer = SequenceDropout(0.5, seed=0)
    >>> dropped = layer(np.ones((4, 2, 8), "float32"), training=True)
    >>> bool((dropped[0] == dropped[3]).numpy().all())
    True
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=None):  # (T, B, C) -> (T, B, C)
        mask = self.mask(inputs, training)
        return inputs if mask is None else inputs * mask

    def mask(self, values, training):
        """A mask for the last two axes, or `None` where nothing is dropped."""
        if not training or not self.rate:
            return None
        return bernoulli_mask(
            ops.shape(values)[-2:], self.rate, self.seed_generator, values.dtype
        )

    def get_config(self):
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


def bernoulli_mask(shape, rate, seed, dtype):
    """Zeros at a rate; what stays is scaled up by as much."""
    drawn = keras.random.uniform(shape, dtype="float32", seed=seed)
    return ops.cast(drawn >= rate, dtype) / (1 - rate)


def _constant(tensors):
    return tf.nest.map_structure(
        lambda tensor: None if tensor is None else tf.stop_gradient(tensor),
        tensors,
    )


def _array(dtype, size, element_shape):
    return tf.TensorArray(dtype, size, element_shape=element_shape)
