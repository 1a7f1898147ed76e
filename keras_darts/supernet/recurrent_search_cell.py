"""A recurrent cell in which every activation is still possible."""

import numpy as np
import tensorflow as tf
from keras import ops

from keras_darts.networks import RecurrentCell
from keras_darts.networks import masked
from keras_darts.primitives import activation
from keras_darts.primitives import normalization_layer


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
        arch: `ArchParameters` with a cell of the kind `"recurrent"`.
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

    def __init__(self, spec, units, arch, normalization="batch", **kwargs):
        super().__init__(units, spec.num_nodes, **kwargs)
        self.spec = spec
        self.arch = arch
        self.normalization = normalization
        self.bn = normalization_layer(normalization, affine=False)
        self._places = _places(spec)
        self._activations = {name: activation(name) for name in self._places}

    def build(self, input_shape):
        super().build(input_shape)
        self.bn.build((None, self.units))

    def statistics(self, training):
        """Mean and variance, where a training step moves them."""
        if not training or self.normalization is None:
            return []
        return [
            ops.convert_to_tensor(self.bn.moving_mean),
            ops.convert_to_tensor(self.bn.moving_variance),
        ]

    def keep(self, statistics):
        if statistics:
            mean, variance = statistics
            self.bn.moving_mean.assign(mean)
            self.bn.moving_variance.assign(variance)

    def mixing(self, training=None):
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
        projected,
        hidden,
        matrices,
        *,
        mask=None,
        statistics=(),
        mixing=None,
    ):
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
