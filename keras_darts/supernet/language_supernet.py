"""The language model that holds every recurrent cell of a search space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_darts.networks import LanguageBackbone
from keras_darts.networks import RecurrentCell
from keras_darts.networks import ids_and_state
from keras_darts.networks import masked
from keras_darts.primitives import activation
from keras_darts.primitives import normalization_layer
from keras_darts.supernet.arch_parameters import ArchParameters
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    from keras_darts.networks.language_backbone import LanguageOutputs
    from keras_darts.primitives.normalization import BatchNormalization
    from keras_darts.primitives.normalization import NoNormalization
    from keras_darts.search_spaces.cell_spec import CellSpec
    from keras_darts.search_spaces.recurrent_space import RecurrentSpace


class RecurrentSearchCell(RecurrentCell):
    """Each node sums what all activations make of all earlier states.

    With (c, u) = s_j W_i, node i is the sum over the earlier states s_j and
    the activations f of p (s_j + sigmoid(c) (f(u) - s_j)), where p is the
    mixing weight of f on the edge from j to i. `none` adds nothing. One
    normalisation without scale and offset serves s0 and all nodes. The new
    hidden state is the mean of the nodes in the concat.

    Args:
        spec: `CellSpec` with one input.
        units: Integer, of the hidden state.
        arch: `ArchParameters` with a cell of the type `"recurrent"`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Raises:
        ValueError: for activations that nobody has registered.

    Example:

    >>> search = kd.DartsSearch(
    ...     "darts_rnn", vocabulary_size=20, hidden_size=4
    ... )
    >>> cell = search.supernet.cell
    >>> {name: share.shape for name, share in cell.mixing().items()}["tanh"]
    TensorShape([36, 1, 1])

    Reference: Liu et al., 2019, DARTS, section 3.1.2 and appendix A.1.2.
    """

    def __init__(
        self,
        spec: CellSpec,
        units: int,
        arch: ArchParameters,
        normalization: str | None = "batch",
        **kwargs: Any,
    ) -> None:
        super().__init__(units, spec.num_nodes, **kwargs)
        self.spec = spec
        self.arch = arch
        self.normalization = normalization
        self.bn: NoNormalization | BatchNormalization = normalization_layer(
            normalization, affine=False
        )
        self._places = _places(spec)
        self._activations = {name: activation(name) for name in self._places}

    def build(self, input_shape: Shape) -> None:
        super().build(input_shape)
        self.bn.build((None, self.units))

    def statistics(self, training: bool | None) -> list[tf.Tensor]:
        """Mean and variance, where a training step moves them."""
        if not training or self.normalization is None:
            return []
        return [
            ops.convert_to_tensor(self.bn.moving_mean),
            ops.convert_to_tensor(self.bn.moving_variance),
        ]

    def keep(self, statistics: Sequence[tf.Tensor]) -> None:
        if statistics:
            mean, variance = statistics
            self.bn.moving_mean.assign(mean)
            self.bn.moving_variance.assign(variance)

    def mixing(self, training: bool | None = None) -> Any:
        """For each activation its mixing weights on all edges, (E, 1, 1)."""
        weights, edge_weights, _ = self.arch(training=training)["recurrent"]
        if edge_weights is not None:
            weights = weights * edge_weights[:, None]
        weights = ops.cast(weights, self.compute_dtype)
        return {
            name: ops.sum(weights * ops.cast(place, weights.dtype), axis=-1)[
                :, None, None
            ]
            for name, place in self._places.items()
        }

    def new_state(
        self,
        projected: tf.Tensor,
        hidden: tf.Tensor,
        matrices: Sequence[tf.Tensor],
        *,
        mask: tf.Tensor | None = None,
        statistics: Sequence[tf.Tensor] = (),
        mixing: Any = None,
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        mixing = self.mixing() if mixing is None else mixing
        first, *others = matrices
        state = self.first_state(projected, hidden, first, mask)
        state, statistics = self._normalized(state, statistics)
        states = [state]
        for node, matrix in zip(self.spec.nodes, others, strict=True):
            edges = self.spec.edges_into(node)
            shares = {
                name: weights[edges[0] : edges[-1] + 1]
                for name, weights in mixing.items()
            }
            state = self._node(ops.stack(states), matrix, mask, shares)
            state, statistics = self._normalized(state, statistics)
            states.append(state)
        chosen = [states[node] for node in self.spec.concat]
        return tf.add_n(chosen) / len(chosen), statistics

    def _node(self, states, matrix, mask, shares):
        """(i, B, H), (H, 2H), (B, H), {name: (i, 1, 1)} -> (B, H)."""
        inputs = ops.reshape(masked(states, mask), (-1, self.units))
        pre = ops.reshape(
            ops.matmul(inputs, matrix),
            (states.shape[0], -1, 2 * self.units),
        )
        gate, candidate = ops.split(pre, 2, axis=-1)
        mixed = tf.add_n(
            [
                share * self._activations[name](candidate)
                for name, share in shares.items()
            ]
        )
        kept = sum(shares.values()) * states
        return ops.sum(kept + ops.sigmoid(gate) * (mixed - kept), axis=0)

    def _normalized(self, state, statistics):
        """The normalised state, and the statistics that follow from it."""
        if not statistics:
            return self.bn(state), statistics
        return self.bn.normalize_batch(state, statistics)


def _places(spec):
    """For each activation, which of the (E, K) mixing weights are its own."""
    places = {}
    for edge, names in enumerate(spec.primitives):
        for k, name in enumerate(names):
            if name != "none":
                shape = (len(spec.edges), spec.num_candidates)
                places.setdefault(name, np.zeros(shape))[edge, k] = 1.0
    return places


class LanguageSupernet(keras.Model):
    """A recurrent search space as a network.

    Called as `supernet(ids, state)` or `supernet((ids, state))` it returns the
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
        space: RecurrentSpace,
        vocabulary_size: int,
        *,
        relaxation: Any,
        initializer: Any,
        edge_normalization: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.space = space
        self.vocabulary_size = vocabulary_size
        self.arch: ArchParameters = ArchParameters(
            space.cells, relaxation, initializer, edge_normalization
        )
        self.cell: RecurrentSearchCell = RecurrentSearchCell(
            space.cell, space.hidden_size, self.arch, space.normalization
        )
        self.body: LanguageBackbone = LanguageBackbone(
            self.cell, vocabulary_size, **space.language_settings
        )
        self.body.build()
        self.built = True

    @property
    def arch_variables(self) -> list[keras.Variable]:
        return self.arch.arch_variables

    def initial_state(self, batch_size: int) -> tf.Tensor:
        """(B, H) zeros."""
        return ops.zeros(
            (batch_size, self.space.hidden_size), self.compute_dtype
        )

    def call(
        self,
        inputs: tf.Tensor,
        state: tf.Tensor | None = None,
        training: bool | None = None,
    ) -> Any:
        outputs = self.segment(*ids_and_state(inputs, state), training)
        return outputs.logits, outputs.state

    def segment(
        self,
        ids: tf.Tensor,
        state: tf.Tensor,
        training: bool | None = None,
        wrt: str = "both",
        by_batch: bool | None = None,
    ) -> LanguageOutputs:
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
