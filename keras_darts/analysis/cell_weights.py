"""The mixing weights of a cell, from a search, a run on disk or arrays."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from keras_darts import genotypes
from keras_darts.utils.errors import unknown_name
from keras_darts.utils.files import user_path

if TYPE_CHECKING:
    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.search_spaces.cell_spec import CellSpec


FILE = "mixing_weights.npz"
_GENOTYPE = "genotype.json"
# Candidates that share the weight of an edge have 1 together, gates more.
_SHARED = 1.25
_TITLES = {"normal": "Normal cell", "reduce": "Reduction cell"}


@dataclasses.dataclass(frozen=True)
class CellWeights:
    """What is drawn of one cell.

    Args:
        cell_type: String, which cell it is, or `None`.
        weights: Array (epochs, edges, names), NaN where an edge does not have
            a candidate.
        names: List of the candidates' names.
        edges: List of the names of the edges, as `"0→2"`.
        kept: Set of (edge, name) that are in the genotype.
    """

    cell_type: str | None
    weights: np.ndarray
    names: list[str]
    edges: list[str]
    kept: frozenset[tuple[int, str]] = frozenset()

    @property
    def title(self) -> str:
        return _TITLES.get(
            self.cell_type, f"{self.cell_type} cell".capitalize()
        )

    @property
    def counts(self) -> np.ndarray:
        """How many candidates each edge has."""
        return (~np.isnan(self.weights[0])).sum(axis=-1)

    @property
    def are_shares(self) -> bool:
        """Whether these are numbers from 0 to 1, and not raw alphas."""
        known = self.weights[~np.isnan(self.weights)]
        return bool(((known >= 0) & (known <= 1)).all())

    def undecided(self) -> list[tuple[float, str]]:
        """What each candidate of an edge weighs where all weigh the same.

        Returns:
            List of pairs of such a weight and its name, the smallest first:
            1/K of K candidates, and a half of gates that are independent.
        """
        if not self.are_shares:
            return []
        if np.nansum(self.weights, axis=-1).mean() > _SHARED:
            return [(0.5, "1/2")]
        counts = sorted({*self.counts.tolist()} - {0}, reverse=True)
        return [(1 / k, f"1/{k}") for k in counts]


def cell_weights(
    argument: str,
    source: Any,
    primitives: Sequence[str] | None = None,
    edges: Sequence[Any] | None = None,
    *,
    rank: int,
    cell: str | None,
    genotype: BaseGenotype | None,
) -> list[CellWeights]:
    """The `CellWeights` of one cell or of all.

    Args:
        argument: String, the name of the argument that gave `source`.
        source: `DartsSearch`, path of a run, or array.
        primitives: Names, or those of each edge, for an array.
        edges: Names or pairs (input, node), for an array.
        rank: Integer, the axes of an array: 2, or 3 with one of epochs.
        cell: String or `None`.
        genotype: Genotype, or `None`: the one of the search or the run.
    """
    if hasattr(source, "mixing_weights"):
        result, known = _of_search(source)
    elif isinstance(source, str | pathlib.Path):
        result, known = _of_run(argument, user_path(source, argument))
    else:
        result = [_of_array(argument, source, primitives, edges, rank, cell)]
        return [_marked(cells, genotype) for cells in result]
    names = [cells.cell_type for cells in result]
    if cell is not None and cell not in names:
        raise unknown_name("cell", cell, names)
    return [
        _marked(cells, genotype or known)
        for cells in result
        if cell in (None, cells.cell_type)
    ]


def described(spec: CellSpec) -> dict[str, np.ndarray]:
    """Arrays that say of a `CellSpec` what its mixing weights belong to.

    Returns:
        Dictionary of `primitives`, (E, K) strings, empty where an edge has
        fewer, and `edges`, (E, 2) the input and the node.
    """
    width = spec.num_candidates
    rows = [(*names, *[""] * (width - len(names))) for names in spec.primitives]
    pairs = [(source, node) for node, source in spec.edges]
    return {"primitives": np.array(rows), "edges": np.array(pairs)}


def edge_names(edges: Sequence[Any] | None, count: int) -> list[str]:
    """Names for `count` edges, from what the user gave or from the number."""
    if edges is None:
        edges = _full_cell(count)
    elif len(edges) != count:
        raise ValueError(
            f"`edges` must name each of the {count} edges. "
            f"Received: edges={edges!r}"
        )
    return [
        edge if isinstance(edge, str) else "→".join(str(end) for end in edge)
        for edge in edges
    ]


def _full_cell(count):
    # No number of edges is that of a cell with two inputs and of one with one.
    for inputs in (2, 1):
        edges, node = [], inputs
        while len(edges) < count:
            edges += [(source, node) for source in range(node)]
            node += 1
        if len(edges) == count:
            return edges
    return [str(i) for i in range(count)]


def _of_search(search):
    cells = [
        _aligned(
            cell_type,
            weights[None],
            **described(search.search_space.cells[cell_type]),
        )
        for cell_type, weights in search.mixing_weights().items()
    ]
    return cells, search.genotype()


def _of_run(argument, folder):
    path = folder / FILE
    if not path.is_file():
        raise ValueError(
            f"`{argument}` must be a search, an array or the folder of a "
            f"search run. Received: {argument}={str(folder)!r}, which has no "
            f"{FILE}"
        )
    with np.load(path) as arrays:
        cell_types = [name for name in arrays.files if "/" not in name]
        cells = [
            _aligned(
                cell_type,
                arrays[cell_type],
                arrays[f"{cell_type}/primitives"],
                arrays[f"{cell_type}/edges"],
            )
            for cell_type in cell_types
        ]
    saved = folder / _GENOTYPE
    return cells, genotypes.load(saved) if saved.is_file() else None


def _of_array(argument, values, primitives, edges, rank, cell):
    values = np.asarray(values, dtype=float)
    axes = ("epochs", "edges", "primitives")[-rank:]
    if values.ndim != rank or 0 in values.shape:
        raise ValueError(
            f"`{argument}` must have the shape ({', '.join(axes)}), none of "
            "them 0, or be a search or the folder of one. Received: "
            f"{argument} of shape {values.shape}"
        )
    if values.shape[-1] != len(primitives or ()):
        raise ValueError(
            f"`primitives` must name each of the {values.shape[-1]} columns "
            f"of `{argument}`. Received: primitives={primitives!r}"
        )
    values = values.reshape(-1, *values.shape[-2:])
    names = edge_names(edges, values.shape[1])
    return CellWeights(cell, values, [*primitives], names)


def _aligned(cell_type, weights, primitives, edges):
    """One column a name, also where edges have different candidates."""
    names = dict.fromkeys(name for row in primitives for name in row if name)
    names = [str(name) for name in names]
    placed = np.full((*weights.shape[:2], len(names)), np.nan)
    for edge, row in enumerate(primitives):
        for column, name in enumerate(row):
            if name:
                placed[:, edge, names.index(name)] = weights[:, edge, column]
    return CellWeights(
        cell_type, placed, names, edge_names(edges.tolist(), len(edges))
    )


def _marked(cells, genotype):
    """With the edges of the genotype's cell, of the first if none is named."""
    if genotype is None:
        return cells
    graph = genotype.graph(cells.cell_type or genotype.cells[0])
    kept = {
        (f"{edge.source}→{edge.target}", edge.primitive)
        for edge in graph.edges
        if edge.primitive
    }
    return dataclasses.replace(cells, kept=frozenset(kept))
