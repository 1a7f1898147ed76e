"""Relaxations that draw a whole architecture, and know how likely it was."""

from __future__ import annotations

import abc
import typing
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from keras_darts.relaxations.base import Relaxation
from keras_darts.relaxations.base import gumbel

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.search_spaces.cell_spec import CellSpec
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import TensorLike

_IMPOSSIBLE = -1e9


class PolicyState:
    """What a policy decides by, in the course of one architecture.

    This one decides by nothing: all that is possible has the same score.
    `saw_edge` and `saw_candidate` tell a subclass of each decision.

    Example:

    >>> PolicyState().candidate_scores(tf.ones(3)).numpy().tolist()
    [0.0, 0.0, 0.0]
    """

    def enter_cell(self, spec: CellSpec) -> None:
        """The next decisions are about a cell of this `CellSpec`."""

    def edge_scores(self, logits: tf.Tensor, possible: np.ndarray) -> tf.Tensor:
        """(n, K) logits of the edges into a node, (n, K) booleans -> (n,)."""
        return tf.zeros_like(logits[:, 0])

    def saw_edge(self, edge: tf.Tensor) -> None:
        """An edge into the node was kept."""

    def candidate_scores(self, logits: tf.Tensor) -> tf.Tensor:
        """(K,) logits of the candidates of an edge -> (K,)."""
        return tf.zeros_like(logits)

    def saw_candidate(self, candidate: tf.Tensor) -> None:
        """A candidate was put on it."""

    def leave_node(self) -> None:
        """All about the node is decided."""


class Course:
    """Decisions, one after the other, and what is known of them all."""

    def __init__(self, pick: Callable[[tf.Tensor], tf.Tensor]) -> None:
        self._pick = pick
        self.log_probability: tf.Tensor | float = 0.0
        self.entropy: tf.Tensor | float = 0.0

    def node(
        self,
        memory: PolicyState,
        logits: tf.Tensor,
        possible: np.ndarray,
        count: int | None,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Candidates (n,) on the edges into a node, and shares (n, K).

        Args:
            memory: `PolicyState`.
            logits: (n, K).
            possible: (n, K) booleans.
            count: Integer, how many edges are kept, or `None` for all.
        """
        size = logits.shape[0]
        if count is None:
            result = [
                self._candidate(memory, logits[edge], possible[edge])
                for edge in range(size)
            ]
            return tuple(tf.stack(parts) for parts in zip(*result, strict=True))
        candidates = tf.fill((size,), -1)
        shares, usable = tf.zeros_like(logits), possible.any(axis=-1)
        left = tf.constant(usable)
        for _ in range(min(count, usable.sum())):
            edge, _ = self._decide(memory.edge_scores(logits, possible), left)
            memory.saw_edge(edge)
            candidate, result = self._candidate(
                memory, tf.gather(logits, edge), tf.gather(possible, edge)
            )
            here = tf.range(size) == edge
            candidates = tf.where(here, candidate, candidates)
            shares = tf.where(here[:, None], result, shares)
            left = left & ~here
        return candidates, shares

    def _candidate(self, memory, logits, possible):
        decision = self._decide(memory.candidate_scores(logits), possible)
        memory.saw_candidate(decision[0])
        return decision

    def _decide(self, scores, possible):
        """The number of what is decided for, and all probabilities."""
        logs = tf.nn.log_softmax(tf.where(possible, scores, _IMPOSSIBLE))
        shares, number = tf.exp(logs), tf.cast(self._pick(logs), "int32")
        self.log_probability += tf.gather(logs, number)
        self.entropy -= tf.reduce_sum(shares * logs)
        return number, shares


def possible_candidates(spec: CellSpec) -> np.ndarray:
    """(E, K) booleans: what may stand on an edge that a genotype has."""
    names = np.full((len(spec.edges), spec.num_candidates), "none", object)
    for edge, candidates in enumerate(spec.primitives):
        names[edge, : len(candidates)] = candidates
    present = (
        np.arange(spec.num_candidates)
        < np.array([len(edge) for edge in spec.primitives])[:, None]
    )
    if spec.edges_per_node is None:
        return present
    return present & (names != "none")


class Sample(typing.NamedTuple):
    """An architecture that a policy has drawn.

    `weights` are one-hot rows (E, K) by cell type, with zeros on edges that
    are not there, and `sampled` (E, 1) the numbers of the candidates, -1 on
    these edges. `log_probability` is that of all decisions together, and
    `entropy` the sum of those of the distributions they were drawn from.
    """

    weights: dict[str, tf.Tensor]
    sampled: dict[str, tf.Tensor]
    log_probability: tf.Tensor
    entropy: tf.Tensor


class Policy(Relaxation):
    """Abstract: a distribution over architectures, from which steps draw.

    An architecture has the edges that its genotype would have: of those into a
    node as many as `CellSpec.edges_per_node` says, drawn one after the other
    without replacement, with a candidate other than `none` on each; where a
    genotype names every edge, a candidate on each, which may be `none`. Edges
    that are not drawn give zeros and don't run.

    Outside of training it returns, on the edges that it is most likely to keep
    one after the other, the probabilities of their candidates; or, after
    `choose`, the architecture that was chosen.

    Logits and weights are those of all cell types at once, dictionaries.
    A subclass gives the `PolicyState` by which each decision is made. The
    moving mean of the rewards of its draws, `Reinforce`'s baseline, lies here
    too, where a checkpoint finds it.

    Args:
        seed: Integer. Defaults to `None`.

    Example:

    >>> @keras.saving.register_keras_serializable("doctest")
    ... class Latest(Policy):
    ...     def begin(self):
    ...         return LatestEdges()
    >>> class LatestEdges(kd.relaxations.PolicyState):
    ...     def edge_scores(self, logits, possible):
    ...         return 9.0 * tf.range(len(logits), dtype=logits.dtype)
    >>> layer = Latest(seed=0)
    >>> layer.prepare(kd.search_spaces.darts_cnn(num_nodes=2).cells)
    >>> zeros = {c: tf.zeros((5, 8)) for c in ("normal", "reduce")}
    >>> sampled = layer.sample_architecture(zeros).sampled["normal"]
    >>> (sampled.numpy() >= 0).ravel().tolist()
    [True, True, False, True, True]
    """

    samples = True
    samples_architectures = True

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator: keras.random.SeedGenerator = (
            keras.random.SeedGenerator(seed)
        )
        self.cells: dict[str, CellSpec] = {}

    @abc.abstractmethod
    def begin(self) -> PolicyState:
        """The `PolicyState` before the first decision."""

    def prepare(self, cells: Mapping[str, CellSpec]) -> None:
        """Makes the variables for the cells of a supernet."""
        self.cells = dict(cells)
        self.chosen: dict[str, keras.Variable] = {
            cell_type: self.add_weight(
                name=f"chosen_{cell_type}",
                shape=(len(spec.edges),),
                dtype="int32",
                initializer=keras.initializers.Constant(-1),
                trainable=False,
            )
            for cell_type, spec in self.cells.items()
        }
        self.reward_sum: keras.Variable = self._number("reward_sum", 0.0)
        self.reward_count: keras.Variable = self._number("reward_count", 0.0)
        self.built = True

    def call(
        self, logits: dict[str, tf.Tensor], training: bool | None = None
    ) -> dict[str, tf.Tensor]:  # {cell_type: (E, K)} in and out
        return self.architecture(logits, training)[0]

    def architecture(
        self, logits: dict[str, tf.Tensor], training: bool | None = None
    ) -> tuple[dict[str, tf.Tensor], dict[str, tf.Tensor]]:
        """Mixing weights (E, K), and in training what runs, (E, 1)."""
        if training:
            sample = self.sample_architecture(logits)
            return sample.weights, sample.sampled
        chosen = {
            cell_type: tf.convert_to_tensor(numbers)
            for cell_type, numbers in self.chosen.items()
        }
        expected = self.expected(logits)
        return {
            cell_type: tf.where(
                tf.reduce_any(chosen[cell_type] >= 0),
                _one_hot(chosen[cell_type], shares),
                shares,
            )
            for cell_type, shares in expected.items()
        }, {}

    def sample_architecture(self, logits: dict[str, tf.Tensor]) -> Sample:
        """Draws an architecture, a `Sample`."""
        sizes = [
            max(len(spec.edges), spec.num_candidates)
            for spec in self.cells.values()
        ]
        # More than are needed: an edge takes two decisions at most.
        count = 2 * sum(len(spec.edges) for spec in self.cells.values())
        dtype = next(iter(logits.values())).dtype
        noise = iter(
            tf.unstack(
                gumbel((count, max(sizes)), self.seed_generator, dtype), count
            )
        )
        return self.walk(
            logits, lambda logs: _argmax(logs + next(noise)[: logs.shape[0]])
        )[0]

    def expected(self, logits: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Probabilities (E, K) along the most likely decisions."""
        return self.walk(logits, _argmax)[1]

    def walk(
        self,
        logits: dict[str, tf.Tensor],
        pick: Callable[[tf.Tensor], tf.Tensor],
    ) -> tuple[Sample, dict[str, tf.Tensor]]:
        """Decides about all cells, one after the other.

        Args:
            logits: Dictionary from cell types to (E, K).
            pick: Function that decides: from log-probabilities (n,) to the
                number of one of them.

        Returns:
            A `Sample`, and by cell type the probabilities (E, K) of the
            candidates of the edges that are there.
        """
        course, memory = Course(pick), self.begin()
        sampled, shares = {}, {}
        for cell_type, spec in self.cells.items():
            memory.enter_cell(spec)
            walks = []
            for node in spec.nodes:
                edges = spec.edges_into(node)
                among = slice(edges[0], edges[-1] + 1)
                walks.append(
                    course.node(
                        memory,
                        logits[cell_type][among],
                        possible_candidates(spec)[among],
                        spec.edges_per_node,
                    )
                )
                memory.leave_node()
            sampled[cell_type], shares[cell_type] = (
                tf.concat(parts, axis=0) for parts in zip(*walks, strict=True)
            )
        sample = Sample(
            {
                cell_type: _one_hot(sampled[cell_type], shares[cell_type])
                for cell_type in sampled
            },
            {
                cell_type: numbers[:, None]
                for cell_type, numbers in sampled.items()
            },
            course.log_probability,
            course.entropy,
        )
        return sample, shares

    def choose(self, sampled: Mapping[str, TensorLike] | None) -> None:
        """Stands for one architecture from now on, outside of training.

        Args:
            sampled: Of a `Sample`; or `None`, which takes the choice back.
        """
        for cell_type, variable in self.chosen.items():
            value = -1 if sampled is None else sampled[cell_type][:, 0]
            variable.assign(tf.broadcast_to(value, variable.shape))

    def baseline(self, reward: tf.Tensor) -> tf.Tensor:
        """The mean of the rewards so far, or the first one itself."""
        count = tf.convert_to_tensor(self.reward_count)
        mean = tf.math.divide_no_nan(
            tf.convert_to_tensor(self.reward_sum), count
        )
        return tf.where(count > 0, tf.cast(mean, reward.dtype), reward)

    def follow(self, reward: tf.Tensor, decay: float) -> None:
        """Takes a reward into the mean, where older ones count less."""
        for variable, new in (
            (self.reward_sum, tf.cast(reward, self.reward_sum.dtype)),
            (self.reward_count, 1.0),
        ):
            variable.assign(decay * variable + new)

    def check_strategy(self, strategy: Any) -> None:
        name, architect = type(self).__name__, strategy.architect
        if architect.updates_architecture and not architect.samples:
            raise ValueError(
                f"`architect` must be 'reinforce' or 'frozen' for {name}: no "
                "gradient of the loss goes through its draws. Received: "
                f"architect={type(architect).__name__}"
            )
        if strategy.edge_normalization:
            raise ValueError(
                f"`edge_normalization` must be False for {name}, which keeps "
                "an edge or doesn't. Received: edge_normalization=True"
            )
        if not all(stage.reinitialize for stage in strategy.stages[1:]):
            raise ValueError(
                f"`stages` must start over for {name}, whose own weights are "
                "of no use for other candidates. Received: reinitialize=False"
            )

    def get_config(self) -> Config:
        return {**super().get_config(), "seed": self.seed}


def _one_hot(sampled, like):
    """(E,) numbers -> (E, K) as `like`, zeros where a number is -1."""
    return tf.one_hot(sampled, like.shape[-1], dtype=like.dtype)


def _argmax(values):
    return tf.argmax(values, output_type="int32")


@keras.saving.register_keras_serializable(package="keras_darts")
class Categorical(Policy):
    """Draws by a softmax of the logits, one decision apart from the others.

    A node that keeps some of its edges draws them, each with its candidate, by
    the softmax over all candidates of all its edges, where no edge is drawn
    twice. Where every edge is kept, its candidate is drawn by the softmax over
    those of the edge.

    Trained by `Reinforce` it is the gradient search with the estimate of
    reinforcement learning in place of the gradient through the network.

    Args:
        seed: Integer. Defaults to `None`.

    Example:

    >>> layer = Categorical(seed=0)
    >>> layer.prepare(kd.search_spaces.nas_bench_201().cells)
    >>> sample = layer.sample_architecture({"cell": tf.zeros((6, 5))})
    >>> sample.sampled["cell"].shape
    TensorShape([6, 1])
    >>> round(float(sample.log_probability / np.log(5)))
    -6

    Reference: Williams, 1992, Simple statistical gradient-following algorithms
    for connectionist reinforcement learning; for cells Xie et al., 2019, SNAS,
    section 2, of which it is the objective.
    """

    def begin(self) -> PolicyState:
        return _Logits()


class _Logits(PolicyState):
    def edge_scores(self, logits, possible):
        return tf.reduce_logsumexp(tf.where(possible, logits, -1e9), axis=-1)

    def candidate_scores(self, logits):
        return logits


@keras.saving.register_keras_serializable(package="keras_darts")
class UniformDraws(Policy):
    """Draws every edge and every candidate with equal probability.

    The logits are ignored. Outside of training all candidates of all edges
    have equal weights, until an architecture is chosen.

    The published code draws `none` too, which a genotype of DARTS' space does
    not have; here it is drawn where it can be in the genotype.

    Args:
        seed: Integer. Defaults to `None`.

    Example:

    >>> layer = UniformDraws(seed=0)
    >>> layer.prepare(kd.search_spaces.darts_cnn(num_nodes=2).cells)
    >>> zeros = {c: tf.zeros((5, 8)) for c in ("normal", "reduce")}
    >>> sampled = layer.sample_architecture(zeros).sampled["normal"]
    >>> int(np.sum(sampled >= 0))  # two edges for each of two nodes
    4

    Reference: Li and Talwalkar, 2019, Random search and reproducibility for
    neural architecture search, section 3.3.
    """

    def begin(self) -> PolicyState:
        return PolicyState()

    def check_strategy(self, strategy: Any) -> None:
        super().check_strategy(strategy)
        if strategy.architect.updates_architecture:
            raise ValueError(
                "`architect` must be 'frozen' for UniformDraws, whose draws "
                "nothing makes more likely. Received: "
                f"architect={type(strategy.architect).__name__}"
            )

    def expected(self, logits: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        result = {}
        for cell_type, spec in self.cells.items():
            possible = possible_candidates(spec)
            counts = possible.sum(axis=-1, keepdims=True).clip(1)
            result[cell_type] = tf.constant(
                possible / counts, logits[cell_type].dtype
            )
        return result
