"""The policy of ENAS: a recurrent network that writes architectures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from keras_darts.relaxations.base import check_positive
from keras_darts.relaxations.policy import Policy
from keras_darts.relaxations.policy import PolicyState
from keras_darts.utils.errors import positive_integer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.search_spaces.cell_spec import CellSpec
    from keras_darts.utils.typing import Config

_RANGE = 0.1


@keras.saving.register_keras_serializable(package="keras_darts")
class Controller(Policy):
    """An LSTM that decides in view of all that it has decided before.

    For a node that keeps some of its edges it points, by attention, at one of
    the states before the node, then names the candidate on that edge, and so
    on for the next edge; where every edge is kept, it only names candidates.
    What it decided is its next input, and its state continues from the normal
    to the reduction cell. The alphas are the bias of the candidates' logits,
    one for each edge.

    Logits are divided by the temperature and bounded: c tanh(logits / T), so
    that no candidate becomes more than exp(2 c) times as likely as another.

    The published code lets a node have one input twice, decides about both
    inputs before both candidates, and begins with a bias towards separable
    convolutions; here the inputs differ, and the first bias is the
    initializer's.

    Args:
        units: Integer, of the LSTM. Defaults to `32`.
        num_layers: Integer, LSTMs on top of one another. Defaults to `2`.
        temperature: Float > 0, in the variable `temperature`, which a
            schedule can move. Defaults to `1.0`.
        tanh_constant: Float > 0, the bound of the logits, or `None` for no
            bound. Defaults to `1.1`.
        candidate_tanh_reduction: Float > 0, by which the bound is divided for
            candidates. Defaults to `2.5`.
        seed: Integer, of the draws. Defaults to `None`.

    Raises:
        ValueError: for a number that is not positive.

    Example:

    >>> layer = Controller(units=8, seed=0)
    >>> layer.prepare(kd.search_spaces.darts_cnn(num_nodes=2).cells)
    >>> zeros = {c: tf.zeros((5, 8)) for c in ("normal", "reduce")}
    >>> int(np.sum(layer.sample_architecture(zeros).sampled["reduce"] >= 0))
    4

    Reference: Pham et al., 2018, Efficient neural architecture search via
    parameter sharing, sections 2.2 and 2.4, with the constants of its search
    for convolutional cells.
    """

    def __init__(
        self,
        units: int = 32,
        num_layers: int = 2,
        temperature: float = 1.0,
        tanh_constant: float | None = 1.1,
        candidate_tanh_reduction: float = 2.5,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, **kwargs)
        self.units: int = positive_integer("units", units)
        self.num_layers: int = positive_integer("num_layers", num_layers)
        check_positive("temperature", temperature)
        if tanh_constant is not None:
            check_positive("tanh_constant", tanh_constant)
        check_positive("candidate_tanh_reduction", candidate_tanh_reduction)
        self.initial_temperature = temperature
        self.tanh_constant = tanh_constant
        self.candidate_tanh_reduction = candidate_tanh_reduction
        self.temperature: keras.Variable = self._number(
            "temperature", temperature
        )

    def prepare(self, cells: Mapping[str, CellSpec]) -> None:
        super().prepare(cells)
        units = self.units
        width = max(spec.num_candidates for spec in self.cells.values())
        self.lstms: list[keras.Variable] = [
            self._matrix(f"lstm_{layer}", 2 * units, 4 * units)
            for layer in range(self.num_layers)
        ]
        self.start: keras.Variable = self._matrix("start", 1, units)
        self.embedding: keras.Variable = self._matrix("embedding", width, units)
        self.candidate: keras.Variable = self._matrix("candidate", units, width)
        kept = {spec.edges_per_node for spec in self.cells.values()}
        if kept != {None}:
            self.key: keras.Variable = self._matrix("key", units, units)
            self.query: keras.Variable = self._matrix("query", units, units)
            self.attention: keras.Variable = self._matrix("attention", units, 1)

    def begin(self) -> PolicyState:
        return _Recollection(self)

    def bounded(self, scores: tf.Tensor, reduction: float = 1.0) -> tf.Tensor:
        """The logits of a decision, from what the network gives."""
        scores = scores / tf.cast(self.temperature, scores.dtype)
        if self.tanh_constant is None:
            return scores
        return self.tanh_constant / reduction * tf.tanh(scores)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "units": self.units,
            "num_layers": self.num_layers,
            "temperature": self.initial_temperature,
            "tanh_constant": self.tanh_constant,
            "candidate_tanh_reduction": self.candidate_tanh_reduction,
        }

    def _matrix(self, name, *shape):
        return self.add_weight(
            name=f"controller_{name}",
            shape=shape,
            initializer=keras.initializers.RandomUniform(-_RANGE, _RANGE),
            autocast=False,
        )


class _Recollection(PolicyState):
    """The states of the LSTMs, and what is known of the nodes so far."""

    def __init__(self, policy):
        self._policy = policy
        self._inputs = tf.convert_to_tensor(policy.start)  # (1, H)
        zeros = tf.zeros_like(self._inputs)
        self._states = [(zeros, zeros)] * policy.num_layers
        self._points = False

    def enter_cell(self, spec):
        self._points = spec.edges_per_node is not None
        self._anchors, self._keys = [], []
        self._inputs = tf.convert_to_tensor(self._policy.start)
        for _ in range(spec.num_inputs if self._points else 0):
            self._remember(self._step(), known=False)

    def edge_scores(self, logits, possible):
        asked = tf.matmul(self._step(), self._policy.query)
        seen = tf.tanh(tf.concat(self._keys, axis=0) + asked)
        scores = tf.matmul(seen, self._policy.attention)[:, 0]
        return self._policy.bounded(scores)

    def saw_edge(self, edge):
        anchors = tf.concat(self._anchors, axis=0)
        self._inputs = tf.gather(anchors, edge)[None]

    def candidate_scores(self, logits):
        policy = self._policy
        scores = tf.matmul(self._step(), policy.candidate)[0]
        scores = scores[: logits.shape[0]] + logits
        return policy.bounded(scores, policy.candidate_tanh_reduction)

    def saw_candidate(self, candidate):
        embedding = tf.convert_to_tensor(self._policy.embedding)
        # A product, whose gradient is dense like all others.
        one_hot = tf.one_hot(candidate[None], embedding.shape[0])
        self._inputs = tf.matmul(tf.cast(one_hot, embedding.dtype), embedding)

    def leave_node(self):
        if self._points:
            self._remember(self._step(), known=True)
            self._inputs = tf.convert_to_tensor(self._policy.start)

    def _remember(self, outputs, known):
        # An input of the cell has nothing that could be told of it.
        self._anchors.append(outputs if known else tf.zeros_like(outputs))
        self._keys.append(tf.matmul(outputs, self._policy.key))

    def _step(self):
        """The outputs (1, H) of the LSTMs for the present inputs."""
        outputs, states = self._inputs, []
        for matrix, (hidden, memory) in zip(
            self._policy.lstms, self._states, strict=True
        ):
            gates = tf.matmul(tf.concat([outputs, hidden], axis=-1), matrix)
            i, f, o, g = tf.split(gates, 4, axis=-1)
            memory = tf.sigmoid(i) * tf.tanh(g) + tf.sigmoid(f) * memory
            outputs = tf.sigmoid(o) * tf.tanh(memory)
            states.append((outputs, memory))
        self._states = states
        return outputs
