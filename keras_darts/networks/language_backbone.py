"""A language model around a recurrent cell: embedding, decoder, state."""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_darts.networks.recurrent_cell import INITIAL_RANGE
from keras_darts.networks.recurrent_cell import Recurrence
from keras_darts.networks.recurrent_cell import SequenceDropout
from keras_darts.networks.recurrent_cell import bernoulli_mask
from keras_darts.utils.errors import rate
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    from keras_darts.networks.recurrent_cell import RecurrentCell


class RecurrentState:
    """The hidden state with which the next segment begins.

    It is no weight: it is not saved, and it is zero after `reset`. Segments
    may come in batches of any size; each row is a text of its own.

    Args:
        units: Integer.
        dtype: String. Defaults to `"float32"`.

    Example:

    >>> state = RecurrentState(3)
    >>> state.assign(np.ones((2, 3), "float32"))
    >>> state.read(2).numpy().sum()
    np.float32(6.0)
    >>> state.reset()
    >>> state.read(2).numpy().sum()
    np.float32(0.0)
    """

    def __init__(self, units: int, dtype: str = "float32") -> None:
        self._units = units
        # Each replica reads and writes the rows of its own.
        self.variable: tf.Variable = tf.Variable(
            tf.zeros((0, units), dtype),
            trainable=False,
            shape=(None, units),
            synchronization=tf.VariableSynchronization.ON_READ,
        )

    def read(self, batch_size: int | tf.Tensor) -> tf.Tensor:
        """(B, H); rows that were never written are zero."""
        rows = tf.convert_to_tensor(self.variable)[:batch_size]
        missing = tf.maximum(batch_size - tf.shape(rows)[0], 0)
        padded = tf.pad(rows, [[0, missing], [0, 0]])
        return tf.reshape(padded, (batch_size, self._units))

    def assign(self, state: tf.Tensor) -> None:
        """Keeps the state after a segment."""
        state = tf.stop_gradient(tf.cast(state, self.variable.dtype))
        self.variable.assign(state)

    def reset(self) -> None:
        """Forgets; the next segment begins with zeros."""
        zeros = tf.zeros((0, self._units), self.variable.dtype)
        # There is no one value that could be read from several devices.
        self.variable.assign(zeros, read_value=False)


class LanguageOutputs(typing.NamedTuple):
    """What a language model gives for a segment.

    `logits` are (B, T, V) and `state`, the last hidden state, is (B, H).
    `hidden` are the states of all steps (B, T, H), and `dropped` the same
    after dropout, both for the penalties on them.

    Example:

    >>> ids = np.zeros((2, 5), "int32")
    >>> model = kd.networks.RecurrentLanguageModel(
    ...     "rnn_darts_v2", vocabulary_size=20, hidden_size=4
    ... )
    >>> outputs = model.body(ids, model.initial_state(2))
    >>> outputs.logits.shape, outputs.hidden.shape
    (TensorShape([2, 5, 20]), TensorShape([2, 5, 4]))
    """

    logits: tf.Tensor
    state: tf.Tensor
    hidden: tf.Tensor | None
    dropped: tf.Tensor | None


class LanguageBackbone(keras.layers.Layer):
    """Token ids and a hidden state to logits of the next tokens.

    Embedding and decoder share one matrix, the decoder has a bias.

    Args:
        cell: `RecurrentCell`.
        vocabulary_size: Integer.
        output_dropout: Float in [0, 1), before the decoder.
        hidden_dropout: Float in [0, 1), of the cell's states.
        cell_input_dropout: Float in [0, 1), of the cell's input.
        input_dropout: Float in [0, 1), of the embedded tokens.
        embedding_dropout: Float in [0, 1), the share of tokens left out.
        activation_regularization: Float.
        temporal_activation_regularization: Float.

    Call arguments:
        ids: (B, T) integers.
        state: (B, H).
        training: Boolean, whether anything is dropped.
        wrt, by_batch: As in `Recurrence`.
        **context: Further arguments of the cell's `new_state`.

    Example:

    >>> rates = ("output", "hidden", "cell_input", "input", "embedding")
    >>> body = LanguageBackbone(
    ...     kd.networks.DerivedRecurrentCell("rnn_darts_v2", units=4),
    ...     vocabulary_size=20,
    ...     activation_regularization=0.0,
    ...     temporal_activation_regularization=1e-3,
    ...     **{f"{rate}_dropout": 0.5 for rate in rates},
    ... )
    >>> ids, state = np.zeros((2, 5), "int32"), np.zeros((2, 4), "float32")
    >>> body(ids, state, training=True).state.shape
    TensorShape([2, 4])

    Reference: Merity et al., 2018, Regularizing and optimizing LSTM language
    models, sections 4.1 to 4.6.
    """

    def __init__(
        self,
        cell: RecurrentCell,
        vocabulary_size: int,
        *,
        output_dropout: float,
        hidden_dropout: float,
        cell_input_dropout: float,
        input_dropout: float,
        embedding_dropout: float,
        activation_regularization: float,
        temporal_activation_regularization: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        rates = {
            "output_dropout": output_dropout,
            "hidden_dropout": hidden_dropout,
            "cell_input_dropout": cell_input_dropout,
            "input_dropout": input_dropout,
            "embedding_dropout": embedding_dropout,
        }
        for name, number in rates.items():
            rate(name, number)
        # XLA knows no state that grows from nothing to the rows of a batch,
        # and Keras would choose it on a GPU.
        self.supports_jit = False
        policy = {"dtype": self.dtype_policy}
        self.embedding: TiedEmbedding = TiedEmbedding(
            vocabulary_size, cell.units, embedding_dropout, **policy
        )
        self.input_dropout: SequenceDropout = SequenceDropout(
            input_dropout, **policy
        )
        self.recurrence: Recurrence = Recurrence(
            cell, cell_input_dropout, hidden_dropout, **policy
        )
        self.output_dropout: SequenceDropout = SequenceDropout(
            output_dropout, **policy
        )
        self.activation_regularization = activation_regularization
        self.temporal_activation_regularization = (
            temporal_activation_regularization
        )

    def build(self, input_shape: Shape | None = None) -> None:
        self.embedding.build(input_shape)
        self.recurrence.build((None, None, self.recurrence.cell.units))
        self.built = True

    def call(
        self,
        ids: tf.Tensor,
        state: tf.Tensor,
        training: bool | None = None,
        wrt: str = "both",
        by_batch: bool | None = None,
        **context: Any,
    ) -> LanguageOutputs:
        embedded = self.embedding(ops.transpose(ids), training=training)
        hidden, state = self.recurrence(
            self.input_dropout(embedded, training=training),
            ops.cast(state, self.compute_dtype),
            training=training,
            wrt=wrt,
            by_batch=by_batch,
            **context,
        )
        dropped = self.output_dropout(hidden, training=training)
        # Here, since the logits are by far larger to transpose.
        dropped = ops.transpose(dropped, (1, 0, 2))
        return LanguageOutputs(
            logits=self.embedding.logits(dropped),
            state=state,
            hidden=ops.transpose(hidden, (1, 0, 2)),
            dropped=dropped,
        )

    def penalty(self, outputs: LanguageOutputs) -> tf.Tensor | float:
        """Activation and temporal activation regularisation, a scalar."""
        penalty = 0.0
        if self.activation_regularization:
            square = ops.mean(ops.square(_full(outputs.dropped)))
            penalty += self.activation_regularization * square
        if self.temporal_activation_regularization:
            hidden = _full(outputs.hidden)
            changes = ops.square(hidden[:, 1:] - hidden[:, :-1])
            # A segment of one token has no changes, and no mean of them.
            mean = ops.sum(changes) / ops.maximum(
                ops.cast(ops.size(changes), changes.dtype), 1
            )
            penalty += self.temporal_activation_regularization * mean
        return penalty


class TiedEmbedding(keras.layers.Layer):
    """One matrix that embeds tokens and returns the logits of the next ones.

    Args:
        vocabulary_size: Integer.
        units: Integer.
        dropout: Float in [0, 1), the share of the vocabulary that is embedded
            as zeros in a training step. Defaults to `0.0`.

    Example:

    >>> layer = TiedEmbedding(20, units=4)
    >>> embedded = layer(np.zeros((2, 5), "int32"))
    >>> layer.logits(embedded).shape
    TensorShape([2, 5, 20])

    Reference: Press and Wolf, 2017, Using the output embedding to improve
    language models; Gal and Ghahramani, 2016, for the dropout.
    """

    def __init__(
        self,
        vocabulary_size: int,
        units: int,
        dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.units = units
        self.dropout = dropout
        self.seed_generator: keras.random.SeedGenerator = (
            keras.random.SeedGenerator()
        )

    def build(self, input_shape: Shape | None = None) -> None:
        self.embeddings: keras.Variable = self.add_weight(
            name="embeddings",
            shape=(self.vocabulary_size, self.units),
            initializer=keras.initializers.RandomUniform(
                -INITIAL_RANGE, INITIAL_RANGE
            ),
        )
        self.bias: keras.Variable = self.add_weight(
            name="bias",
            shape=(self.vocabulary_size,),
            initializer="zeros",
            # The logits stay in full precision.
            autocast=False,
        )
        self.built = True

    def call(
        self, ids: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:  # (T, B) -> (T, B, E)
        # Keras builds on several devices with the mean of their ids.
        ids = ops.cast(ids, "int32")
        embedded = tf.gather(ops.convert_to_tensor(self.embeddings), ids)
        if not training or not self.dropout:
            return embedded
        mask = bernoulli_mask(
            (self.vocabulary_size,),
            self.dropout,
            self.seed_generator,
            embedded.dtype,
        )
        return embedded * tf.gather(mask, ids)[..., None]

    def logits(self, hidden: tf.Tensor) -> tf.Tensor:  # (B, T, E) -> (B, T, V)
        products = tf.matmul(
            tf.reshape(hidden, (-1, self.units)),
            ops.convert_to_tensor(self.embeddings, hidden.dtype),
            transpose_b=True,
        )
        logits = ops.cast(products, self.bias.dtype) + self.bias
        return tf.reshape(
            logits, (*tf.unstack(tf.shape(hidden)[:2]), self.vocabulary_size)
        )


def _full(values):
    """In single precision at least, where means of squares don't vanish."""
    half = values.dtype in ("float16", "bfloat16")
    return ops.cast(values, "float32") if half else values
