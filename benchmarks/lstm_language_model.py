"""A plain LSTM language model, for comparison with searched cells."""

import keras
import tensorflow as tf
from keras import ops

from keras_darts.networks import LanguageModel
from keras_darts.networks import LanguageOutputs
from keras_darts.networks.language_backbone import TiedEmbedding
from keras_darts.networks.recurrent_cell import SequenceDropout


class LstmLanguageModel(LanguageModel):
    """Keras' LSTM between one matrix that embeds and decodes.

    Args:
        vocabulary_size: Integer.
        units: Integer.
        input_dropout: Float in [0, 1), one mask a sequence.
        output_dropout: Float in [0, 1), likewise.
    """

    def __init__(self, vocabulary_size, units, input_dropout, output_dropout):
        super().__init__(vocabulary_size, state_size=2 * units)
        self.embedding = TiedEmbedding(vocabulary_size, units)
        self.input_dropout = SequenceDropout(input_dropout)
        self.output_dropout = SequenceDropout(output_dropout)
        self.lstm = keras.layers.LSTM(
            units, return_sequences=True, return_state=True
        )
        self.embedding.build()
        self.lstm.build((None, None, units))
        self.built = True

    def segment(self, ids, state, training=None):
        embedded = self.embedding(ops.transpose(ids), training=training)
        embedded = self.input_dropout(embedded, training=training)
        hidden, *last = self.lstm(
            tf.transpose(embedded, (1, 0, 2)),
            initial_state=ops.split(state, 2, axis=-1),
        )
        dropped = self.output_dropout(
            tf.transpose(hidden, (1, 0, 2)), training=training
        )
        dropped = tf.transpose(dropped, (1, 0, 2))
        return LanguageOutputs(
            logits=self.embedding.logits(dropped),
            state=ops.concatenate(last, axis=-1),
            hidden=hidden,
            dropped=dropped,
        )


def units_for(num_weights, vocabulary_size):
    """The units with which an LSTM comes nearest to a number of weights."""

    def count(units):
        matrix = vocabulary_size * (units + 1)
        return matrix + 4 * units * (2 * units + 1)

    return min(range(1, 4096), key=lambda u: abs(count(u) - num_weights))
