"""The recurrent cell that a genotype describes."""

import keras
from keras import ops

from keras_darts.networks import checks
from keras_darts.networks.recurrent_cell import RecurrentCell
from keras_darts.networks.recurrent_cell import masked
from keras_darts.primitives import activation


@keras.saving.register_keras_serializable(package="keras_darts")
class DerivedRecurrentCell(RecurrentCell):
    """One earlier state and one activation a node; the mean of the concat.

    Node i takes the state s of its input and gives s + sigmoid(c) (f(u) - s),
    where (c, u) = s W_i. It can be the cell of a `keras.layers.RNN`.

    Args:
        genotype: `RecurrentGenotype`, its text, or the name of a published
            one.
        units: Integer, of the hidden state.

    Raises:
        ValueError: for activations that nobody has registered.

    Example:

    >>> layer = keras.layers.RNN(DerivedRecurrentCell("rnn_darts_v2", 8))
    >>> layer(np.zeros((2, 5, 3), "float32")).shape
    TensorShape([2, 8])

    Reference: Liu et al., 2019, DARTS, section 3.1.2.
    """

    def __init__(self, genotype, units, **kwargs):
        self.genotype = checks.recurrent(genotype)
        super().__init__(units, len(self.genotype.recurrent), **kwargs)
        self._activations = [
            activation(name) for name, _ in self.genotype.recurrent
        ]

    def new_state(
        self, projected, hidden, matrices, *, mask=None, statistics=()
    ):
        first, *others = matrices
        states = [self.first_state(projected, hidden, first, mask)]
        for node, (_, source) in enumerate(self.genotype.recurrent):
            state = states[source]
            pre = ops.matmul(masked(state, mask), others[node])
            gate, candidate = ops.split(pre, 2, axis=-1)
            change = self._activations[node](candidate) - state
            states.append(state + ops.sigmoid(gate) * change)
        chosen = [states[node] for node in self.genotype.concat]
        return sum(chosen) / len(chosen), list(statistics)

    def get_config(self):
        return {**super().get_config(), "genotype": self.genotype.to_text()}
