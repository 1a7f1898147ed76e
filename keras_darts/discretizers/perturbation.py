"""The derivation rule of DARTS-PT.

What has been decided of a cell is an array of booleans (E,), and mixing weights
(E, K), of which the rows of decided edges count. A score is a function of an
edge and a row that takes the place of its mixing weights: the higher, the
better is the network.
"""

from __future__ import annotations

import dataclasses
import logging
import typing
from typing import TYPE_CHECKING

import numpy as np

from keras_darts.callbacks.base import SearchCallback
from keras_darts.discretizers.base import Discretizer
from keras_darts.discretizers.base import registry
from keras_darts.schedules import checked_span
from keras_darts.schedules import epochs_of
from keras_darts.utils.errors import integer
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.search_spaces.cell_spec import CellSpec
    from keras_darts.utils.typing import Logs


class Choice(typing.NamedTuple):
    """A decision: on an edge what stands there, for a node which edges do."""

    edge: int | None = None
    node: int | None = None


def candidates(spec: CellSpec, edge: int) -> list[int]:
    """The numbers of the candidates that can be kept on an edge.

    `none` is one of them only where a genotype can say it.
    """
    return [
        number
        for number, name in enumerate(spec.primitives[edge])
        if name != "none" or spec.edges_per_node is None
    ]


def trial_choices(
    spec: CellSpec, generator: np.random.Generator
) -> list[Choice]:
    """All decisions of a cell: edges in a random order, then nodes in one.

    Args:
        spec: `CellSpec`.
        generator: `numpy.random.Generator`.
    """
    count = {e: len(candidates(spec, e)) for e in range(len(spec.edges))}
    edges = [edge for edge in count if count[edge] > 1]
    nodes = [
        node
        for node in spec.nodes
        if spec.edges_per_node is not None
        and sum(count[edge] > 0 for edge in spec.edges_into(node))
        > spec.edges_per_node
    ]
    return [
        *(Choice(edge=int(edge)) for edge in generator.permutation(edges)),
        *(Choice(node=int(node)) for node in generator.permutation(nodes)),
    ]


def foregone(spec: CellSpec) -> dict[int, np.ndarray]:
    """Edge -> row, for edges on which there is nothing to choose."""
    rows = {}
    for edge in range(len(spec.edges)):
        known = candidates(spec, edge)
        if len(known) < 2:
            row = np.zeros(spec.num_candidates)
            row[known] = 1.0
            rows[edge] = row
    return rows


def is_made(
    choice: Choice, spec: CellSpec, decided: np.ndarray, rows: np.ndarray
) -> bool:
    """Whether a decision has been made."""
    if choice.edge is not None:
        return bool(decided[choice.edge])
    live = _live_edges(spec, choice.node, rows)
    edges = spec.edges_into(choice.node)
    return bool(np.all(decided[edges])) and len(live) <= spec.edges_per_node


def made(
    choice: Choice,
    spec: CellSpec,
    weights: np.ndarray,
    score: Callable[[int, np.ndarray], float],
) -> tuple[dict[int, np.ndarray], dict[str | int, float]]:
    """Edge -> row that follows from a decision, and what was found.

    Args:
        choice: `Choice`.
        spec: `CellSpec`.
        weights: (E, K), the present mixing weights.
        score: Function of an edge and a row.

    Returns:
        The rows, and a dictionary from what was left out, a candidate's name
        or the number of an edge, to the score.
    """
    if choice.edge is not None:
        return _made_on_edge(choice.edge, spec, weights, score)
    return _made_for_node(choice.node, spec, weights, score)


def _made_on_edge(edge, spec, weights, score):
    scores = {}
    for number in candidates(spec, edge):
        row = np.array(weights[edge])
        # The others keep their weights: nothing is normalised again.
        row[number] = 0.0
        scores[number] = score(edge, row)
    # The first of equals.
    kept = min(scores, key=scores.get)
    names = spec.primitives[edge]
    row = np.zeros(spec.num_candidates)
    row[kept] = 1.0
    return {edge: row}, {names[n]: result for n, result in scores.items()}


def _made_for_node(node, spec, weights, score):
    nothing = np.zeros(spec.num_candidates)
    scores = {
        edge: score(edge, nothing) for edge in _live_edges(spec, node, weights)
    }
    ranked = sorted(scores, key=scores.get)
    return {edge: nothing for edge in ranked[spec.edges_per_node :]}, scores


def _live_edges(spec, node, rows):
    return [edge for edge in spec.edges_into(node) if np.any(rows[edge])]


_LOG = logging.getLogger("keras_darts")


class Decide(SearchCallback):
    """Decides by perturbation, as the epochs for it go by.

    It remembers nothing: what comes next follows from the seed and from what
    is decided, which lies in the supernet's variables.

    Args:
        rule: `discretizers.Perturbation`.
    """

    def __init__(self, rule: Perturbation) -> None:
        super().__init__()
        self.rule = rule

    def on_train_begin(self, logs: Logs = None) -> None:
        label_type = self.model.task.label_type
        classes = label_type in ("sparse", "one_hot")
        criterion = self.rule.criterion or ("accuracy" if classes else "loss")
        if criterion == "accuracy" and not classes:
            raise ValueError(
                "`criterion` must be 'loss' where labels are no classes. "
                f"Received: criterion='accuracy', of labels {label_type!r}"
            )
        self._criterion = criterion
        self._batches = self.rule.batches or self.params["steps"]
        # Those that train the supernet.
        self.epochs: int = self.params["epochs"] - self.model.extra_epochs
        self._between = self.rule.epochs_between(self.epochs)
        self._choices = self.rule.choices(
            self.model.search_space, self.model.seed
        )

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        tuned = epoch - self.epochs
        if tuned < 0:
            self._check_undecided()
            return
        if tuned == 0:
            self._begin()
        last = max(map(len, self._choices.values()))
        while self._steps_done() * self._between <= tuned:
            if self._steps_done() == last:
                break
            for cell_type, open_choices in self._open().items():
                if open_choices:
                    self._decide(epoch, cell_type, open_choices[0])

    @property
    def _arch(self):
        return self.model.supernet.arch

    def _check_undecided(self):
        if any(decided.any() for decided, _ in self._decisions().values()):
            raise ValueError(
                "`epochs` must stay as it was once a decision is made: the "
                "supernet is no longer whole. Received: "
                f"epochs={self.epochs}"
            )

    def _begin(self):
        """The momentum is forgotten, and what has no alternative decided."""
        for variable in self.model.optimizer.variables:
            if variable.name not in ("iteration", "learning_rate"):
                variable.assign(np.zeros(variable.shape, variable.dtype))
        for cell_type, spec in self._arch.cells.items():
            for edge, row in foregone(spec).items():
                self._arch.decide(cell_type, edge, row)

    def _decisions(self):
        return {
            cell_type: self._arch.decisions(cell_type)
            for cell_type in self._arch.cells
        }

    def _open(self):
        """The decisions that are still to be made, by cell type."""
        decisions = self._decisions()
        return {
            cell_type: [
                choice
                for choice in known
                if not is_made(
                    choice, self._arch.cells[cell_type], *decisions[cell_type]
                )
            ]
            for cell_type, known in self._choices.items()
        }

    def _steps_done(self):
        return max(
            len(self._choices[cell_type]) - len(left)
            for cell_type, left in self._open().items()
        )

    def _decide(self, epoch, cell_type, choice):
        spec, arch = self._arch.cells[cell_type], self._arch
        weights = np.array(arch(training=False)[cell_type].weights)

        def score(edge, row):
            with arch.tried(cell_type, edge, row):
                loss, accuracy = self.model.trials(epoch, self._batches)
            return accuracy if self._criterion == "accuracy" else -loss

        rows, scores = made(choice, spec, weights, score)
        for edge, row in rows.items():
            arch.decide(cell_type, edge, row)
        _LOG.info("%s", self._report(epoch, cell_type, choice, rows, scores))

    def _report(self, epoch, cell_type, choice, rows, scores):
        spec = self._arch.cells[cell_type]
        sign = 1 if self._criterion == "accuracy" else -1
        if choice.edge is not None:
            node, source = spec.edges[choice.edge]
            (row,) = rows.values()
            name = spec.primitives[choice.edge][int(np.argmax(row))]
            what = f"edge {source} -> {node} keeps {name}"
        else:
            sources = [spec.edges[edge][1] for edge in rows]
            what = f"node {choice.node} loses its edges from {sources}"
            scores = {spec.edges[e][1]: text for e, text in scores.items()}
        text = ", ".join(f"{k} {sign * v:.4f}" for k, v in scores.items())
        return (
            f"epoch {epoch}: {cell_type} cell, {what}; {self._criterion} "
            f"without {text}"
        )


_CRITERIA = (None, "accuracy", "loss")
# The epochs of the published supernets.
_PUBLISHED = 50


@dataclasses.dataclass(frozen=True)
class Perturbation(Discretizer):
    """Keeps what the supernet can't do without, one decision after another.

    `epochs` of `fit` train the supernet; then come epochs in which it is
    decided, so that a run has more of them in all: after 50, 81 more in DARTS'
    space and 26 in NAS-Bench-201. Every `tune_epochs` of these, before the
    epoch begins, each cell type decides one of its edges, drawn at random:
    each candidate in turn gets a mixing weight of zero, while the others keep
    theirs, and the one without which the supernet is worst on the search part
    is kept, with a weight of one. When all edges are decided, the same is done
    with the edges of each node that has too many, which go where they are
    missed least. In between, weights and alphas are trained on, the weights at
    a tenth of the first learning rate and with a new momentum; a learning rate
    chosen by `compile` stays as it is.

    Decisions see the search part as steps of the architecture do, shuffled
    and augmented, normalised with the batch's statistics. They lie in the
    checkpoints of a run, which continues from them with the same `epochs`.
    `none` is kept only in NAS-Bench-201, whose genotypes can say it. Before
    all is decided, the search space's own rule chooses the rest.

    In two points the published code is otherwise: its NAS-Bench-201 search
    makes the last decision an epoch earlier, and its schedule of a falling
    learning rate is made and never stepped, which is why the rate is constant
    here as long as `anneal` is `False`.

    Args:
        tune_epochs: Integer, the epochs from one decision to the next; or
            float in [0, 1), their share of the `epochs` of `fit`. With 0, and
            so after fewer than 5 epochs with the default, all decisions are
            made at once, before a last epoch. Defaults to `0.1`: 5 after 50.
        criterion: `"accuracy"`, `"loss"`, or `None`: accuracy where labels
            are classes, and the loss otherwise. Defaults to `None`.
        batches: Integer, search batches for each measurement. Defaults to
            `None`: as many as an epoch has steps.
        anneal: Boolean, whether the learning rate falls to the recipe's
            minimum by a cosine. Defaults to `False`.
        seed: Integer, for the order of the decisions. Defaults to `None`: the
            search's.

    Raises:
        ValueError: for an unknown criterion or numbers out of range; when a
            search begins, for a recurrent space, or for accuracy where there
            are no classes.

    Example:

    >>> from keras_darts.search_spaces import darts_cnn
    >>> from keras_darts.search_spaces import nas_bench_201
    >>> Perturbation().extra_epochs(darts_cnn())
    81
    >>> Perturbation(tune_epochs=1).extra_epochs(nas_bench_201())
    6

    Reference: Wang et al., 2021, Rethinking architecture selection in
    differentiable NAS, algorithm 1.
    """

    decides_edges = True

    tune_epochs: float = 0.1
    criterion: str | None = None
    batches: int | None = None
    anneal: bool = False
    seed: int | None = None

    def __post_init__(self) -> None:
        if self.criterion not in _CRITERIA:
            raise unknown_name("criterion", self.criterion, _CRITERIA[1:])
        checked_span("tune_epochs", self.tune_epochs)
        for name, least in (("batches", 1), ("seed", 0)):
            value = getattr(self, name)
            if value is not None:
                integer(name, value, least)

    def __call__(
        self,
        space: Any,
        weights: Mapping[str, np.ndarray],
        edge_weights: Mapping[str, np.ndarray],
    ) -> BaseGenotype:
        """Mixing weights (E, K) and edge weights (E,) by cell type.

        Those of decided edges are zeros and at most a one.
        """
        _check_space(space)
        derive = registry.get(space.discretizer)
        return derive(space, weights, edge_weights)

    @property
    def decides_by(self) -> str:
        return "by what the supernet misses most, edge by edge"

    def extra_epochs(self, space: Any, epochs: int = _PUBLISHED) -> int:
        decisions = max(map(len, self.choices(space, 0).values()))
        return max(decisions - 1, 0) * self.epochs_between(epochs) + 1

    def epochs_between(self, epochs: int) -> int:
        """Those from one decision to the next, after `epochs` of training."""
        return epochs_of(self.tune_epochs, epochs)

    def callback(self) -> SearchCallback:
        return Decide(self)

    def learning_rates(self, recipe: Any) -> tuple[float, float]:
        first = recipe.learning_rate / 10
        if not self.anneal:
            return first, first
        return first, min(first, recipe.min_learning_rate)

    def choices(self, space: Any, seed: int | None) -> dict[str, list[Choice]]:
        """Kind of cell -> list of decisions, in their order.

        Args:
            space: A search space.
            seed: Integer, in place of the own one if that is `None`.
        """
        _check_space(space)
        seed = self.seed if self.seed is not None else abs(seed)
        return {
            cell_type: trial_choices(
                spec, np.random.default_rng([seed, number])
            )
            for number, (cell_type, spec) in enumerate(space.cells.items())
        }

    def check_strategy(self, strategy: Any) -> None:
        if strategy.stages:
            raise ValueError(
                "`stages` must be left out for Perturbation, which decides on "
                "the candidates in its own way. Received: "
                f"{len(strategy.stages)} stages"
            )
        if strategy.relaxation.samples:
            raise ValueError(
                "`relaxation` must weigh all candidates for Perturbation, as "
                "'softmax' does: one that runs those it draws by chance knows "
                "nothing of what is left out or decided. Received: "
                f"relaxation={type(strategy.relaxation).__name__}"
            )
        for callback in strategy.callbacks:
            if callback.ends_search:
                raise ValueError(
                    "`callbacks` must not end a search with Perturbation, "
                    "which decides in its last epochs. Received: "
                    f"callbacks=[{type(callback).__name__}]"
                )


def _check_space(space):
    if any(spec.edges_per_node == 1 for spec in space.cells.values()):
        raise ValueError(
            "`discretizer` must be another one for a recurrent search space: "
            "Perturbation compares measurements on batches that stand for "
            "themselves, where those of a text continue from one another. "
            "Received: discretizer=Perturbation"
        )
