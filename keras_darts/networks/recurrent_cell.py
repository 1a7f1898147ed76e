"""What the recurrent cells of DARTS have in common."""

import abc

import keras
from keras import ops

# The published code draws all weights of the recurrent models from this.
INITIAL_RANGE = 0.04


class RecurrentCell(keras.layers.Layer, abc.ABC):
    """A recurrent cell with highway gates: a Keras RNN cell.

    With (c, u) = [x, h] W0 the first state is s0 = h + sigmoid(c) (tanh(u) -
    h). Each node then has one matrix, which gives for a state s a gate and a
    candidate (c, u) = s W. There are no biases. Subclasses say in `new_state`
    what becomes of the nodes.

    Args:
        units: Integer, of the hidden state.
        num_nodes: Integer.

    Example:

    >>> class Chain(RecurrentCell):
    ...     def new_state(
    ...         self, projected, hidden, matrices, *, mask=None, statistics=()
    ...     ):
    ...         first, *others = matrices
    ...         state = self.first_state(projected, hidden, first, mask)
    ...         for matrix in others:
    ...             gate, new = ops.split(masked(state, mask) @ matrix, 2, -1)
    ...             state += ops.sigmoid(gate) * (ops.tanh(new) - state)
    ...         return state, statistics
    >>> layer = keras.layers.RNN(Chain(units=8, num_nodes=2))
    >>> layer(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 8])

    Reference: Liu et al., 2019, DARTS, section 3.1.2 and appendix A.1.2; Zilly
    et al., 2017, Recurrent highway networks.
    """

    def __init__(self, units, num_nodes, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.num_nodes = num_nodes

    @property
    def state_size(self):
        return self.units

    @property
    def output_size(self):
        return self.units

    def build(self, input_shape):
        double = 2 * self.units
        self.w0 = self._matrix("w0", (input_shape[-1] + self.units, double))
        self.ws = self._matrix("ws", (self.num_nodes, self.units, double))

    def call(self, inputs, states, training=None):
        """(B, E), [(B, H)] -> (B, H), [(B, H)], as `keras.layers.RNN` asks."""
        (hidden,) = states
        statistics = self.statistics(training)
        hidden, statistics = self.new_state(
            self.project(inputs),
            hidden,
            self.matrices(),
            statistics=statistics,
        )
        self.keep(statistics)
        return hidden, [hidden]

    def project(self, inputs):
        """(..., E) -> (..., 2H), what the inputs add to gate and candidate."""
        return ops.matmul(inputs, self.w0[: inputs.shape[-1]])

    def matrices(self):
        """The matrix of the hidden state, then one for each node."""
        return [self.w0[-self.units :], *ops.unstack(self.ws, self.num_nodes)]

    def statistics(self, training):
        """What the cell updates at each step in training, as tensors."""
        return []

    def keep(self, statistics):
        """Takes over what `new_state` made of the statistics."""

    @abc.abstractmethod
    def new_state(
        self, projected, hidden, matrices, *, mask=None, statistics=()
    ):
        """One step: (B, 2H), (B, H) -> (B, H), and the statistics after it.

        Args:
            projected: Of the input, by `project`.
            hidden: The hidden state.
            matrices: Tensors, by `matrices`.
            mask: (B, H), the dropout mask of the sequence. Defaults to
                `None`.
            statistics: List of tensors, by `statistics`.
        """

    def first_state(self, projected, hidden, matrix, mask):
        """The state s0 of the highway equation."""
        pre = projected + ops.matmul(masked(hidden, mask), matrix)
        gate, candidate = ops.split(pre, 2, axis=-1)
        return hidden + ops.sigmoid(gate) * (ops.tanh(candidate) - hidden)

    def get_config(self):
        return {**super().get_config(), "units": self.units}

    def _matrix(self, name, shape):
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=keras.initializers.RandomUniform(
                -INITIAL_RANGE, INITIAL_RANGE
            ),
        )


def masked(states, mask):
    """The states under a dropout mask, or as they are without one."""
    return states if mask is None else states * mask
