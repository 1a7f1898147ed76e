"""The language model that holds every recurrent cell of a search space."""

import keras
from keras import ops

from keras_darts.networks import LanguageBody
from keras_darts.networks import ids_and_state
from keras_darts.supernet.arch_parameters import ArchParameters
from keras_darts.supernet.recurrent_search_cell import RecurrentSearchCell


class LanguageSupernet(keras.Model):
    """A recurrent search space as a network.

    Called as `supernet(ids, state)` or `supernet((ids, state))` it gives the
    pair `(logits, next state)`.

    Args:
        space: `RecurrentSpace`.
        vocabulary_size: Integer.
        relaxation: Layer from architecture logits to mixing weights.
        initializer: Keras initializer of the architecture parameters.
        edge_normalization: Boolean. Defaults to `False`.

    Call arguments:
        ids: (B, T) integers.
        state: (B, H), the hidden state before the first of them. Defaults to
            zeros.
        training: Boolean, whether the batch normalises and masks drop.

    Example:

    >>> supernet = LanguageSupernet(
    ...     kd.search_spaces.darts_rnn(2, hidden_size=4),
    ...     vocabulary_size=20,
    ...     relaxation=kd.relaxations.Softmax(),
    ...     initializer="zeros",
    ... )
    >>> logits, state = supernet(np.zeros((2, 5), "int32"))
    >>> logits.shape, state.shape
    (TensorShape([2, 5, 20]), TensorShape([2, 4]))

    Reference: Liu et al., 2019, DARTS, sections 2.1 and 3.1.2.
    """

    def __init__(
        self,
        space,
        vocabulary_size,
        *,
        relaxation,
        initializer,
        edge_normalization=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.space = space
        self.vocabulary_size = vocabulary_size
        self.arch = ArchParameters(
            space.cells, relaxation, initializer, edge_normalization
        )
        self.cell = RecurrentSearchCell(
            space.cell, space.hidden_size, self.arch, space.normalization
        )
        self.body = LanguageBody(
            self.cell, vocabulary_size, **space.language_settings
        )
        self.body.build()
        self.built = True

    @property
    def arch_variables(self):
        return self.arch.arch_variables

    def initial_state(self, batch_size):
        """(B, H) zeros."""
        return ops.zeros(
            (batch_size, self.space.hidden_size), self.compute_dtype
        )

    def call(self, inputs, state=None, training=None):
        outputs = self.segment(*ids_and_state(inputs, state), training)
        return outputs.logits, outputs.state

    def segment(self, ids, state, training=None, wrt="both", by_batch=None):
        """All `LanguageOutputs` of a segment.

        Args:
            ids: (B, T) integers.
            state: (B, H), or `None` for zeros.
            training: As in a call.
            wrt: String, for what a gradient will be asked: `"weights"`,
                `"arch"` or `"both"`. Defaults to `"both"`.
            by_batch: Boolean, whether the cell normalises with the statistics
                of the batch. Defaults to `None`: in training.
        """
        if state is None:
            state = self.initial_state(ops.shape(ids)[0])
        return self.body(
            ids,
            state,
            training=training,
            mixing=self.cell.mixing(training),
            wrt=wrt,
            by_batch=by_batch,
        )
