"""Recurrent language models: how they are called, trained and evaluated."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

import keras
import tensorflow as tf
from keras import ops

from keras_darts.genotypes import RecurrentGenotype
from keras_darts.networks import checks
from keras_darts.networks.language_backbone import LanguageBackbone
from keras_darts.networks.language_backbone import RecurrentState
from keras_darts.networks.on_logits import GivesLogits
from keras_darts.networks.recurrent_cell import DerivedRecurrentCell
from keras_darts.schedules import scaled_learning_rate
from keras_darts.utils import private_api
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.typing import Config

if TYPE_CHECKING:
    from keras_darts.networks.language_backbone import LanguageOutputs


class LanguageModel(GivesLogits, abc.ABC):
    """A model of running text, whose state continues from segment to segment.

    Subclasses say in `segment` what becomes of a segment, and in `penalty`
    what a training step adds to its loss.

    Args:
        vocabulary_size: Integer.
        state_size: Integer, the numbers that are carried for each row.
        segment_length: Integer, the tokens for which the learning rate is
            meant. Defaults to `35`.

    Example:

    >>> class Bigrams(LanguageModel):
    ...     def __init__(self, vocabulary_size):
    ...         super().__init__(vocabulary_size, state_size=1)
    ...         self.table = keras.layers.Embedding(vocabulary_size, 4)
    ...         self.decoder = keras.layers.Dense(vocabulary_size)
    ...
    ...     def segment(self, ids, state, training=None):
    ...         logits = self.decoder(self.table(ids))
    ...         return kd.networks.LanguageOutputs(logits, state, None, None)
    >>> Bigrams(9)(np.zeros((2, 5), "int32")).shape
    TensorShape([2, 5, 9])
    """

    def __init__(
        self,
        vocabulary_size: int,
        state_size: int,
        segment_length: int = 35,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.vocabulary_size: int = positive_integer(
            "vocabulary_size", vocabulary_size
        )
        self.segment_length: int = positive_integer(
            "segment_length", segment_length
        )
        self._state_size = state_size
        # By whether a step is one of training.
        self._carried = {
            training: RecurrentState(state_size, self.compute_dtype)
            for training in (True, False)
        }

    @property
    def input_shape(self) -> tuple[None, None]:
        return (None, None)

    @property
    def num_outputs(self) -> int:
        return self.vocabulary_size

    @property
    def state_variables(self) -> list[tf.Variable]:
        """The variables of the states that segments hand on."""
        return [state.variable for state in self._carried.values()]

    @abc.abstractmethod
    def segment(
        self, ids: tf.Tensor, state: tf.Tensor, training: bool | None = None
    ) -> LanguageOutputs:
        """(B, T), (B, H) -> the `LanguageOutputs` of a segment."""

    def penalty(self, outputs: LanguageOutputs) -> tf.Tensor | float:
        """A scalar that training steps add to the loss."""
        return 0.0

    def initial_state(self, batch_size: int) -> tf.Tensor:
        """(B, H) zeros."""
        return ops.zeros((batch_size, self._state_size), self.compute_dtype)

    def call(
        self,
        inputs: tf.Tensor,
        state: tf.Tensor | None = None,
        training: bool | None = None,
    ) -> Any:
        ids, state = ids_and_state(inputs, state)
        if state is None:
            first = self.initial_state(ops.shape(ids)[0])
            return self.segment(ids, first, training).logits
        outputs = self.segment(ids, state, training)
        return outputs.logits, outputs.state

    def fit(
        self, x: Any = None, y: Any = None, **options: Any
    ) -> keras.callbacks.History:
        """As in Keras, on a data set of consecutive segments alone."""
        _check_segments(y)
        return super().fit(x, **options)

    def evaluate(self, x: Any = None, y: Any = None, **options: Any) -> Any:
        """As in Keras, on a data set of consecutive segments alone."""
        _check_segments(y)
        return super().evaluate(x, **options)

    def train_step(self, data: Any) -> dict[str, Any]:
        ids, targets, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        weights = self.trainable_weights
        with tf.GradientTape() as tape:
            outputs = self._next_segment(ids, training=True)
            loss = self.compute_loss(
                ids, targets, outputs.logits, sample_weight
            )
            replicas = self.distribute_strategy.num_replicas_in_sync
            penalty = ops.cast(self.penalty(outputs), loss.dtype)
            scaled = self.optimizer.scale_loss(loss + penalty / replicas)
        gradients = tape.gradient(scaled, weights)
        share = ops.shape(ids)[1] / self.segment_length
        with scaled_learning_rate(self.optimizer, share):
            self.optimizer.apply_gradients(zip(gradients, weights, strict=True))
        self._track_loss(loss, ids)
        return self.compute_metrics(ids, targets, outputs.logits, sample_weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        ids, targets, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        logits = self._next_segment(ids, training=False).logits
        loss = self.compute_loss(
            ids, targets, logits, sample_weight, training=False
        )
        self._track_loss(loss, ids)
        return self.compute_metrics(ids, targets, logits, sample_weight)

    def reset_metrics(self) -> None:
        """Forgets the carried states too: a text starts over.

        Keras calls it at the start of each epoch and of each evaluation.
        """
        super().reset_metrics()
        for state in self._carried.values():
            state.reset()

    def _next_segment(self, ids, training):
        carried = self._carried[training]
        state = carried.read(tf.shape(ids)[0])
        outputs = self.segment(ids, state, training)
        carried.assign(outputs.state)
        return outputs

    def _track_loss(self, loss, ids):
        replicas = self.distribute_strategy.num_replicas_in_sync
        private_api.loss_tracker(self).update_state(
            loss * replicas, sample_weight=ops.size(ids)
        )


def _check_segments(y):
    # Keras would shuffle the rows of arrays, and each row would continue with
    # the state of another.
    if y is not None:
        raise ValueError(
            "`x` must be a data set of consecutive segments, as "
            "datasets.bptt_batches gives it, and `y` be left out. Received: "
            f"y of type {type(y).__name__}"
        )


def ids_and_state(
    inputs: tf.Tensor, state: tf.Tensor | None = None
) -> tuple[tf.Tensor, tf.Tensor | None]:
    """The ids and the state, given as two arguments or as a pair."""
    if isinstance(inputs, tuple | list):
        return inputs
    return inputs, state


_UNITS = 850


@keras.saving.register_keras_serializable(package="keras_darts")
class RecurrentLanguageModel(LanguageModel):
    """A language model with the recurrent cell of a genotype.

    Token ids (B, T) give the logits (B, T, V) of the next tokens, from a zero
    hidden state. Called with a hidden state as well, as `model((ids, state))`
    or `model(ids, state)`, it returns the pair `(logits, next state)`.

    `fit` and `evaluate` take batches (ids, next ids) of shape (B, T) whose
    rows continue from batch to batch: the hidden state is carried over, and
    zero at the start of each epoch. A training step on a segment of T tokens
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
        genotype: RecurrentGenotype | str,
        vocabulary_size: int = 10000,
        embedding_size: int | None = None,
        hidden_size: int | None = None,
        *,
        output_dropout: float = 0.75,
        hidden_dropout: float = 0.25,
        cell_input_dropout: float = 0.75,
        input_dropout: float = 0.2,
        embedding_dropout: float = 0.1,
        activation_regularization: float = 0.0,
        temporal_activation_regularization: float = 1e-3,
        segment_length: int = 35,
        **kwargs: Any,
    ) -> None:
        self.genotype: RecurrentGenotype = checks.recurrent(genotype)
        self.hidden_size: int = checks.tied_size(
            embedding_size, hidden_size, default=_UNITS
        )
        super().__init__(
            vocabulary_size, self.hidden_size, segment_length, **kwargs
        )
        self.settings: dict[str, float] = {
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
        self.body: LanguageBackbone = LanguageBackbone(
            cell, self.vocabulary_size, **self.settings, **policy
        )
        self.body.build()
        self.built = True

    @property
    def embedding_size(self) -> int:
        return self.hidden_size

    def segment(
        self, ids: tf.Tensor, state: tf.Tensor, training: bool | None = None
    ) -> LanguageOutputs:
        return self.body(ids, state, training=training)

    def penalty(self, outputs: LanguageOutputs) -> tf.Tensor | float:
        return self.body.penalty(outputs)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "genotype": self.genotype.to_text(),
            "vocabulary_size": self.vocabulary_size,
            "hidden_size": self.hidden_size,
            "segment_length": self.segment_length,
            **self.settings,
        }

    @classmethod
    def from_config(
        cls, config: Config, custom_objects: Mapping[str, Any] | None = None
    ) -> Self:
        genotype = RecurrentGenotype.from_text(config["genotype"])
        return cls(**{**config, "genotype": genotype})
