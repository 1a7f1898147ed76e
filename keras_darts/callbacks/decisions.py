"""Measures of how decided each edge of an architecture is."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import numpy as np

from keras_darts.supernet.arch_parameters import main_cell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.utils.typing import Config

# Shares of an even distribution: from here on mixing weights count as even.
EVEN = 0.97
# Of an even weight, 1/K. Two seeds of the demo's search, whose cells agree on
# no edge, have smaller leads on 27 and 25 of 28 edges.
LEAD = 1.0
# Epochs from which on the second half of a run tells something.
_EPOCHS = 4
# Shares of the edges that are open: a draw from here on, a decision up to it.
DRAW, DECIDED = 0.5, 0.2


@dataclasses.dataclass(frozen=True)
class EdgeDecision:
    """How decided one edge of a cell is.

    Args:
        cell: String, the cell type.
        node: Integer, where the edge ends.
        input: Integer, where it begins.
        kept: String, what the genotype has on the edge, several joined by
            " + ", or `None` where it leaves the edge out.
        candidate: String, the candidate that would be kept: the one of the
            genotype, or else the strongest.
        lead: Float, its mixing weight less that of the next.
        entropy: Float in [0, 1], of the mixing weights as a share of that of
            even ones: 1 says nothing is decided, 0 all is.
        candidates: Integer, how many there are.
        unchanged_epochs: Integer, how many epochs ago the candidate last
            changed, or `None` if no epochs were watched.

    Attributes:
        is_open: Boolean, whether chance could have given another candidate:
            the entropy is 0.97 or more, or the lead less than an even weight,
            1 divided by the number of candidates.
    """

    cell: str
    node: int
    input: int
    kept: str | None
    candidate: str
    lead: float
    entropy: float
    candidates: int
    unchanged_epochs: int | None = None

    @property
    def is_open(self) -> bool:
        return self.entropy >= EVEN or self.lead < LEAD / self.candidates


@dataclasses.dataclass(frozen=True)
class Decisions:
    """How decided a search is, edge by edge, and in one sentence.

    `search.decisions()` returns it, `print` the sentence; `decisions.json` of a
    run holds the same.

    The cell counts as close to a draw if half of the edges are open or more
    (see `EdgeDecision`), as decided if a fifth or fewer are, and as partly
    decided in between. Edges with a single candidate have nothing to decide
    and are left out, as are those that a policy is not going to draw.

    Args:
        edges: Tuple of `EdgeDecision`.
        skip_connects: Integer, of the derived normal cell, or `None` where a
            cell has no such candidate.
        kept: Integer, how many edges that cell keeps.
        collapsed: Boolean, whether its skip-connects count as a collapse.
            Defaults to `False`.
        decides_by: String, what decides where mixing weights don't. Defaults
            to `None`.
        moved: Boolean, whether alphas move at all. Defaults to `True`.
        epochs: Integer, in how many watched epochs they have moved. Defaults
            to `0`.

    Example:

    >>> even = EdgeDecision("normal", 2, 0, "skip_connect", "skip_connect",
    ...                     lead=0.001, entropy=0.9999, candidates=8)
    >>> Decisions((even, even), skip_connects=None, kept=2).verdict
    'close to a draw'
    """

    edges: tuple[EdgeDecision, ...]
    skip_connects: int | None
    kept: int
    collapsed: bool = False
    decides_by: str | None = None
    moved: bool = True
    epochs: int = 0

    @property
    def stable_edges(self) -> int | None:
        """How many edges kept their candidate in the second half of the run.

        `None` where the run was too short to tell. A penalty may hold mixing
        weights near one another, as that of beta-DARTS does; what stands for
        long is then a decision with a small lead.
        """
        if self.epochs < _EPOCHS:
            return None
        return sum(
            2 * (edge.unchanged_epochs or 0) >= self.epochs
            for edge in self.edges
        )

    @property
    def open_edges(self) -> int:
        """How many edges could as well have come out otherwise."""
        return sum(edge.is_open for edge in self.edges)

    @property
    def entropy(self) -> float:
        """Mean over the edges, as a share of that of even mixing weights."""
        shares = [edge.entropy for edge in self.edges]
        return float(np.mean(shares)) if shares else 0.0

    @property
    def verdict(self) -> str:
        """`"decided"`, `"partly decided"` or `"close to a draw"`."""
        share = self.open_edges / len(self.edges) if self.edges else 0.0
        if share >= DRAW:
            return "close to a draw"
        return "decided" if share <= DECIDED else "partly decided"

    def get_config(self) -> Config:
        """Plain data, as `decisions.json` holds them."""
        return {
            "verdict": self.verdict,
            "sentence": str(self),
            "entropy": self.entropy,
            "open_edges": self.open_edges,
            "stable_edges": self.stable_edges,
            "num_edges": len(self.edges),
            "skip_connects": self.skip_connects,
            "collapsed": self.collapsed,
            "decides_by": self.decides_by,
            "edges": [
                {**dataclasses.asdict(edge), "is_open": edge.is_open}
                for edge in self.edges
            ],
        }

    def __str__(self) -> str:
        sentence = self._by_other_means() or self._by_weights()
        return f"{sentence}{self._skips()}"

    def _by_other_means(self):
        if self.decides_by is None:
            return None
        return (
            f"the cell was decided {self.decides_by}, not by its mixing "
            "weights; a second seed shows how much of it is chance"
        )

    def _by_weights(self):
        even = sum(edge.entropy >= EVEN for edge in self.edges)
        count, left = len(self.edges), self.open_edges
        share = f"entropy {self.entropy:.3f} of uniform"
        if self.verdict == "decided":
            return (
                f"the cell is decided: on {count - left} of {count} edges the "
                f"kept candidate leads clearly ({share})"
                f"{self._late()}"
            )
        if self.verdict == "partly decided":
            return (
                f"the cell is partly decided: {left} of {count} edges could as "
                f"well have come out otherwise ({share}){self._stable()}. "
                f"{self._help()}"
            )
        about = (
            f"mixing weights lie within 3 % of uniform on {even}"
            if even >= left / 2
            else f"the kept candidate hardly leads on {left}"
        )
        return (
            f"the cell is close to a draw: {about} of {count} edges "
            f"({share}){self._stable()}. {self._help()}"
        )

    def _help(self):
        if not self.moved:
            return "Its alphas did not move: more epochs would help"
        return (
            "More epochs, more data or a larger `arch_learning_rate` would "
            "help, and random cells next to it show what it is worth"
        )

    def _stable(self):
        """How many candidates have stood for long all the same."""
        if not self.stable_edges:
            return ""
        return (
            f", though {self.stable_edges} of {len(self.edges)} have kept "
            "their candidate for the second half of the run"
        )

    def _late(self):
        """How many candidates have changed at the very end."""
        late = sum(edge.unchanged_epochs == 0 for edge in self.edges)
        return f", {late} changed in the last epoch" if late else ""

    def _skips(self):
        if not self.skip_connects:
            return ""
        text = (
            f"; {self.skip_connects} of the {self.kept} edges it keeps are "
            "skip-connects"
        )
        return (
            f"{text}, a collapse: it trains badly" if self.collapsed else text
        )


@dataclasses.dataclass(frozen=True)
class Watched:
    """What a search has seen of its decisions while it ran.

    Args:
        unchanged_epochs: Dictionary from cell types to the number of
            epochs since the candidate of each edge has changed.
        collapsed: Boolean, whether skip-connects have taken over.
        epochs: Integer, how many have moved the alphas.
    """

    unchanged_epochs: dict[str, list[int | None]] = dataclasses.field(
        default_factory=dict
    )
    collapsed: bool = False
    epochs: int = 0


def decisions_by(
    strategy: Any,
    space: Any,
    genotype: BaseGenotype,
    weights: Mapping[str, np.ndarray],
    watched: Watched,
) -> Decisions:
    """`Decisions` of a search with a strategy.

    Args:
        strategy: `SearchStrategy`.
        space: Search space.
        genotype: What the strategy's discretizer derives from the weights.
        weights: Mixing weights (E, K) by cell type.
        watched: `Watched`.
    """
    _, main = main_cell(space)
    skips = any("skip_connect" in names for names in main.primitives)
    names = genotype.edge_primitives()
    return decisions_of(
        space,
        genotype,
        weights,
        watched=watched,
        competes=strategy.relaxation.competes,
        skip_connects=names.count("skip_connect") if skips else None,
        kept=len(names),
        decides_by=strategy.discretizer_for(space).decides_by,
        moved=strategy.architect.updates_architecture,
    )


def decisions_of(
    space: Any,
    genotype: BaseGenotype,
    weights: Mapping[str, np.ndarray],
    *,
    watched: Watched,
    competes: bool,
    **facts: Any,
) -> Decisions:
    """`Decisions` on the present mixing weights.

    Args:
        space: Search space.
        genotype: What is derived from the weights.
        weights: Mixing weights (E, K) by cell type.
        watched: `Watched`.
        competes: Boolean, whether candidates share a weight of one.
        **facts: Further arguments of `Decisions`.
    """
    edges = []
    for cell_type, spec in space.cells.items():
        kept = _names_by_edge(genotype, cell_type)
        unknown = [None] * len(spec.edges)
        since = watched.unchanged_epochs.get(cell_type, unknown)
        for number, (node, source) in enumerate(spec.edges):
            row = np.asarray(weights[cell_type][number], "float64")
            row = row[: len(spec.primitives[number])]
            if len(row) < 2 or not row.sum() > 0:
                continue
            names = kept.get((node, source), ())
            candidate, lead = _lead(spec.primitives[number], row, names)
            edges.append(
                EdgeDecision(
                    cell_type,
                    node,
                    source,
                    " + ".join(names) or None,
                    candidate,
                    lead,
                    _entropy(row, competes),
                    len(row),
                    since[number],
                )
            )
    return Decisions(
        tuple(edges),
        collapsed=watched.collapsed,
        epochs=watched.epochs,
        **facts,
    )


def best_candidates(
    space: Any, genotype: BaseGenotype, weights: Mapping[str, np.ndarray]
) -> dict[str, list[str]]:
    """By cell type, for each edge the candidate that would be kept."""
    candidates = {}
    for cell_type, spec in space.cells.items():
        kept = _names_by_edge(genotype, cell_type)
        candidates[cell_type] = [
            _lead(names, weights[cell_type][number], kept.get(edge, ()))[0]
            for number, (names, edge) in enumerate(
                zip(spec.primitives, spec.edges, strict=True)
            )
        ]
    return candidates


def _names_by_edge(genotype, cell_type):
    """(node, input) -> the names of the primitives on that edge."""
    names = {}
    for primitive, node, source in genotype.edges_of(cell_type):
        names.setdefault((node, source), []).append(primitive)
    return names


def _lead(primitives, row, kept):
    """The kept candidate, or the strongest, and by how much it leads.

    `none` is no rival where it is stronger: a rule that may choose it would
    have done so.
    """
    weights = dict(zip(primitives, map(float, row), strict=False))
    real = [name for name in weights if name != "none"] or list(weights)
    # Where a genotype names every edge, `none` may stand for one left out.
    left_out = weights.get("none", 0.0) < max(weights.values())
    # Gates may have several on an edge: the weakest of them decides.
    chosen = [
        name
        for name in kept
        if name in weights and not (name == "none" and left_out)
    ]
    name = min(chosen, key=weights.get, default=None)
    name = name or max(real, key=weights.get)
    rivals = [
        weight
        for other, weight in weights.items()
        if other not in (name, *chosen)
        and not (other == "none" and weight > weights[name])
    ]
    return name, weights[name] - max(rivals, default=0.0)


def _entropy(row, competes):
    """The entropy of a row, as a share of the largest there can be."""
    if competes:
        shares = row / row.sum()
        return float(_self_information(shares).sum() / math.log(len(row)))
    gates = _self_information(row) + _self_information(1.0 - row)
    return float(gates.mean() / math.log(2))


def _self_information(shares):
    return -shares * np.log(np.maximum(shares, 1e-12))
