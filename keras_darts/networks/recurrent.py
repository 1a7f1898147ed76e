"""The language model that DARTS trains with a recurrent cell."""

import keras

from keras_darts.genotypes import RecurrentGenotype
from keras_darts.networks import checks
from keras_darts.networks.derived_recurrent_cell import DerivedRecurrentCell
from keras_darts.networks.language_body import LanguageBody
from keras_darts.networks.language_model import LanguageModel

_UNITS = 850


@keras.saving.register_keras_serializable(package="keras_darts")
class RecurrentLanguageModel(LanguageModel):
    """A language model with the recurrent cell of a genotype.

    Token ids (B, T) give the logits (B, T, V) of the next tokens, from a zero
    hidden state. Called with a hidden state as well, as `model((ids, state))`
    or `model(ids, state)`, it gives the pair `(logits, next state)`.

    `fit` and `evaluate` take batches (ids, next ids) of shape (B, T) whose
    rows go on from batch to batch: the hidden state is carried over, and
    zero at the begin of each epoch. A training step on a segment of T tokens
    is taken at `T / segment_length` times the learning rate, and its loss has
    the two penalties on the hidden states. The defaults are those for Penn
    Treebank.

    Args:
        genotype: `RecurrentGenotype`, its text, or the name of a published
            one.
        vocabulary_size: Integer. Defaults to `10000`.
        embedding_size: Integer; it equals `hidden_size`, since the decoder
            shares the embedding's matrix. Defaults to `None`: `hidden_size`.
        hidden_size: Integer. Defaults to `None`: `embedding_size`, or 850.
        output_dropout: Float in [0, 1), of the hidden states before the
            decoder, one mask a sequence. Defaults to `0.75`.
        hidden_dropout: Float in [0, 1), of the hidden state and of each
            node's input, one mask a sequence. Defaults to `0.25`.
        cell_input_dropout: Float in [0, 1), of the cell's input, one mask a
            sequence. Defaults to `0.75`.
        input_dropout: Float in [0, 1), of the embedded tokens, one mask a
            sequence. Defaults to `0.2`.
        embedding_dropout: Float in [0, 1), the share of the vocabulary that
            a step embeds as zeros. Defaults to `0.1`.
        activation_regularization: Float, times the mean square of the dropped
            hidden states. Defaults to `0.0`.
        temporal_activation_regularization: Float, times the mean square of
            their changes. Defaults to `1e-3`.
        segment_length: Integer, for which the learning rate is meant.
            Defaults to `35`.

    Raises:
        ValueError: for sizes that are not positive or not equal, and rates
            outside of [0, 1).

    Example:

    >>> model = RecurrentLanguageModel("rnn_darts_v2", 20, hidden_size=8)
    >>> model(np.zeros((2, 5), "int32")).shape
    TensorShape([2, 5, 20])

    Reference: Liu et al., 2019, DARTS, section 3.3 and appendix A.3; Merity
    et al., 2018, Regularizing and optimizing LSTM language models.
    """

    def __init__(
        self,
        genotype,
        vocabulary_size=10000,
        embedding_size=None,
        hidden_size=None,
        *,
        output_dropout=0.75,
        hidden_dropout=0.25,
        cell_input_dropout=0.75,
        input_dropout=0.2,
        embedding_dropout=0.1,
        activation_regularization=0.0,
        temporal_activation_regularization=1e-3,
        segment_length=35,
        **kwargs,
    ):
        self.genotype = checks.recurrent(genotype)
        self.hidden_size = checks.tied_size(
            embedding_size, hidden_size, default=_UNITS
        )
        super().__init__(
            vocabulary_size, self.hidden_size, segment_length, **kwargs
        )
        self.settings = {
            "output_dropout": output_dropout,
            "hidden_dropout": hidden_dropout,
            "cell_input_dropout": cell_input_dropout,
            "input_dropout": input_dropout,
            "embedding_dropout": embedding_dropout,
            "activation_regularization": activation_regularization,
            "temporal_activation_regularization": (
                temporal_activation_regularization
            ),
        }
        policy = {"dtype": self.dtype_policy}
        cell = DerivedRecurrentCell(self.genotype, self.hidden_size, **policy)
        self.body = LanguageBody(
            cell, self.vocabulary_size, **self.settings, **policy
        )
        self.body.build()
        self.built = True

    @property
    def embedding_size(self):
        return self.hidden_size

    def segment(self, ids, state, training=None):
        return self.body(ids, state, training=training)

    def penalty(self, outputs):
        return self.body.penalty(outputs)

    def get_config(self):
        return {
            **super().get_config(),
            "genotype": self.genotype.to_text(),
            "vocabulary_size": self.vocabulary_size,
            "hidden_size": self.hidden_size,
            "segment_length": self.segment_length,
            **self.settings,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        genotype = RecurrentGenotype.from_text(config["genotype"])
        return cls(**{**config, "genotype": genotype})
