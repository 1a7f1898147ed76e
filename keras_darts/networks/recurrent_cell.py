"""Recurrent cells of DARTS, and the loop that runs one along time."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_darts.networks import checks
from keras_darts.primitives import activation
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    from keras_darts.genotypes.recurrent_genotype import RecurrentGenotype


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

    def __init__(
        self,
        cell: RecurrentCell,
        input_dropout: float = 0.0,
        hidden_dropout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cell = cell
        policy = self.dtype_policy
        self.input_dropout: SequenceDropout = SequenceDropout(
            input_dropout, dtype=policy
        )
        self.hidden_dropout: SequenceDropout = SequenceDropout(
            hidden_dropout, dtype=policy
        )

    def build(self, input_shape: Shape) -> None:
        self.cell.build(input_shape)

    def call(
        self,
        inputs: tf.Tensor,
        state: tf.Tensor,
        training: bool | None = None,
        wrt: str = "both",
        by_batch: bool | None = None,
        **context: Any,
    ) -> tuple[tf.Tensor, tf.Tensor]:
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

    def __init__(
        self, rate: float, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed
        self.seed_generator: keras.random.SeedGenerator = (
            keras.random.SeedGenerator(seed)
        )

    def call(
        self, inputs: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:  # (T, B, C) -> (T, B, C)
        mask = self.mask(inputs, training)
        return inputs if mask is None else inputs * mask

    def mask(
        self, values: tf.Tensor, training: bool | None
    ) -> tf.Tensor | None:
        """A mask for the last two axes, or `None` where nothing is dropped."""
        if not training or not self.rate:
            return None
        return bernoulli_mask(
            ops.shape(values)[-2:], self.rate, self.seed_generator, values.dtype
        )

    def get_config(self) -> Config:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


def bernoulli_mask(
    shape: Any, rate: float, seed: keras.random.SeedGenerator, dtype: Any
) -> tf.Tensor:
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

    def __init__(self, units: int, num_nodes: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.num_nodes = num_nodes

    @property
    def state_size(self) -> int:
        return self.units

    @property
    def output_size(self) -> int:
        return self.units

    def build(self, input_shape: Shape) -> None:
        double = 2 * self.units
        self.w0: keras.Variable = self._matrix(
            "w0", (input_shape[-1] + self.units, double)
        )
        self.ws: keras.Variable = self._matrix(
            "ws", (self.num_nodes, self.units, double)
        )

    def call(
        self,
        inputs: tf.Tensor,
        states: Sequence[tf.Tensor],
        training: bool | None = None,
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
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

    def project(self, inputs: tf.Tensor) -> tf.Tensor:
        """(..., E) -> (..., 2H), what the inputs add to gate and candidate."""
        return ops.matmul(inputs, self.w0[: inputs.shape[-1]])

    def matrices(self) -> list[tf.Tensor]:
        """The matrix of the hidden state, then one for each node."""
        return [self.w0[-self.units :], *ops.unstack(self.ws, self.num_nodes)]

    def statistics(self, training: bool | None) -> list[tf.Tensor]:
        """What the cell updates at each step in training, as tensors."""
        return []

    def keep(self, statistics: Sequence[tf.Tensor]) -> None:
        """Takes over what `new_state` made of the statistics."""

    @abc.abstractmethod
    def new_state(
        self,
        projected: tf.Tensor,
        hidden: tf.Tensor,
        matrices: Sequence[tf.Tensor],
        *,
        mask: tf.Tensor | None = None,
        statistics: Sequence[tf.Tensor] = (),
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
        """One step: (B, 2H), (B, H) -> (B, H), and the statistics after it.

        Args:
            projected: Of the input, by `project`.
            hidden: The hidden state.
            matrices: Tensors, by `matrices`.
            mask: (B, H), the dropout mask of the sequence. Defaults to
                `None`.
            statistics: List of tensors, by `statistics`.
        """

    def first_state(
        self,
        projected: tf.Tensor,
        hidden: tf.Tensor,
        matrix: tf.Tensor,
        mask: tf.Tensor | None,
    ) -> tf.Tensor:
        """The state s0 of the highway equation."""
        pre = projected + ops.matmul(masked(hidden, mask), matrix)
        gate, candidate = ops.split(pre, 2, axis=-1)
        return hidden + ops.sigmoid(gate) * (ops.tanh(candidate) - hidden)

    def get_config(self) -> Config:
        return {**super().get_config(), "units": self.units}

    def _matrix(self, name, shape):
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=keras.initializers.RandomUniform(
                -INITIAL_RANGE, INITIAL_RANGE
            ),
        )


def masked(states: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
    """The states under a dropout mask, or as they are without one."""
    return states if mask is None else states * mask


@keras.saving.register_keras_serializable(package="keras_darts")
class DerivedRecurrentCell(RecurrentCell):
    """One earlier state and one activation a node; the mean of the concat.

    Node i takes the state s of its input and returns s + sigmoid(c) (f(u) - s),
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

    def __init__(
        self, genotype: RecurrentGenotype | str, units: int, **kwargs: Any
    ) -> None:
        self.genotype: RecurrentGenotype = checks.recurrent(genotype)
        super().__init__(units, len(self.genotype.recurrent), **kwargs)
        self._activations = [
            activation(name) for name, _ in self.genotype.recurrent
        ]

    def new_state(
        self,
        projected: tf.Tensor,
        hidden: tf.Tensor,
        matrices: Sequence[tf.Tensor],
        *,
        mask: tf.Tensor | None = None,
        statistics: Sequence[tf.Tensor] = (),
    ) -> tuple[tf.Tensor, list[tf.Tensor]]:
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

    def get_config(self) -> Config:
        return {**super().get_config(), "genotype": self.genotype.to_text()}
