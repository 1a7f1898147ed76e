"""The alphas and betas of a search, and the mixing weights they give."""

from __future__ import annotations

import contextlib
import typing
from collections.abc import Iterator
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_darts.utils.typing import ArrayLike

if TYPE_CHECKING:
    from keras_darts.search_spaces.cell_spec import CellSpec


class Decisions(keras.layers.Layer):
    """Takes the mixing weights of decided edges from variables.

    Args:
        spec: `CellSpec`.

    Call: (E, K) mixing weights give (E, K) with the decided rows.

    Example:

    >>> spec = kd.CellSpec.uniform(("skip_connect", "none"), num_nodes=1)
    >>> decisions = Decisions(spec)
    >>> decisions.decide(1, [0.0, 1.0])
    >>> decisions(np.full((2, 2), 0.5)).numpy().tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """

    def __init__(self, spec: CellSpec, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spec = spec
        shape = (len(spec.edges), spec.num_candidates)
        options = {
            "initializer": "zeros",
            "trainable": False,
            "autocast": False,
        }
        self.decided: keras.Variable = self.add_weight(
            name="decided", shape=shape[:1], **options
        )
        self.rows: keras.Variable = self.add_weight(
            name="rows", shape=shape, **options
        )

    def call(self, weights: tf.Tensor) -> tf.Tensor:
        decided = ops.expand_dims(ops.greater(self.decided, 0), -1)
        return ops.where(decided, ops.cast(self.rows, weights.dtype), weights)

    def values(self) -> tuple[np.ndarray, np.ndarray]:
        """Booleans (E,) and rows (E, K), as arrays."""
        return self.decided.numpy() > 0, np.array(self.rows.numpy())

    def decide(self, edge: int, row: ArrayLike) -> None:
        decided, rows = self.values()
        decided[edge], rows[edge] = True, row
        self._assign(decided, rows)

    @contextlib.contextmanager
    def tried(self, edge: int, row: ArrayLike) -> Iterator[None]:
        before = self.values()
        self.decide(edge, row)
        try:
            yield
        finally:
            self._assign(*before)

    def forget(self) -> None:
        self._assign(*(np.zeros_like(value) for value in self.values()))

    def _assign(self, decided, rows):
        self.decided.assign(decided.astype(self.decided.dtype))
        self.rows.assign(rows)


class Mixing(typing.NamedTuple):
    """What a cell needs to know of the architecture.

    `weights` (E, K) mix the candidates of each edge, `edge_weights` (E,) the
    edges of each node, or are `None`. `sampled` (E, n) are the numbers of the
    candidates that shall run, or `None` for all.
    """

    weights: object
    edge_weights: object = None
    sampled: object = None


class ArchParameters(keras.layers.Layer):
    """Architecture parameters of all cell types.

    Args:
        cells: Dictionary from cell types to their `CellSpec`.
        relaxation: `Relaxation`, logits (E, K) to weights (E, K).
        initializer: Keras initializer of the alphas and betas.
        edge_normalization: Boolean, whether each node weighs its edges by a
            softmax over betas. Defaults to `False`.
        decides: Boolean, whether the weights of single edges can be decided
            while others are still sought. Defaults to `False`.

    Call: returns the `Mixing` of each cell type.

    Reference: Liu et al., 2019, DARTS, equation 2; Xu et al., 2020, PC-DARTS,
    equation 3 for the edge weights.
    """

    def __init__(
        self,
        cells: Mapping[str, CellSpec],
        relaxation: Any,
        initializer: Any,
        edge_normalization: bool = False,
        decides: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.cells: dict[str, CellSpec] = dict(cells)
        self._situation = _Situation()
        self.relaxation = relaxation
        relaxation.prepare(self.cells)
        self.edge_normalization = edge_normalization
        self.alphas: dict[str, keras.Variable] = {
            cell_type: self._parameter(
                f"alphas_{cell_type}",
                (len(spec.edges), spec.num_candidates),
                initializer,
            )
            for cell_type, spec in cells.items()
        }
        self.betas: dict[str, keras.Variable] = {
            cell_type: self._parameter(
                f"betas_{cell_type}", (len(spec.edges),), initializer
            )
            for cell_type, spec in cells.items()
            if edge_normalization
        }
        self._decisions = {
            cell_type: Decisions(
                spec, name=f"decisions_{cell_type}", dtype=self.dtype
            )
            for cell_type, spec in cells.items()
            if decides
        }
        # A relaxation that draws may never be called as a layer.
        self.built = True

    @property
    def arch_variables(self) -> list[keras.Variable]:
        """Alphas in the order of the cells, betas, what the relaxation has."""
        return [
            *self.alphas.values(),
            *self.betas.values(),
            *self.relaxation.trainable_variables,
        ]

    @property
    def samples(self) -> bool:
        """Whether the relaxation draws candidates."""
        return self.relaxation.samples

    def call(self, training: bool | None = None) -> dict[str, Mixing]:
        whole = self.relaxation.samples_architectures
        if whole and not self._situation.weights:
            weights, sampled = self.relaxation.architecture(
                self.all_logits(), training
            )
            return {
                cell_type: Mixing(
                    weights[cell_type], sampled=sampled.get(cell_type)
                )
                for cell_type in self.cells
            }
        return {
            cell_type: self._mixing(cell_type, training)
            for cell_type in self.cells
        }

    @contextlib.contextmanager
    def within(
        self,
        *,
        searching: bool,
        weights: Mapping[str, tf.Tensor] | None = None,
        sampled: Mapping[str, tf.Tensor] | None = None,
    ) -> Iterator[None]:
        """Inside, a step runs that differs from others.

        Args:
            searching: Boolean, whether it is a step of the architecture.
            weights: Dictionary from cell types to mixing weights that
                replace those of the relaxation. Defaults to `None`.
            sampled: The same of the candidates that then run. Defaults to
                `None`: all.
        """
        before = vars(self._situation).copy()
        vars(self._situation).update(
            searching=searching, weights=weights or {}, sampled=sampled or {}
        )
        try:
            yield
        finally:
            vars(self._situation).update(before)

    def decisions(self, cell_type: str) -> tuple[np.ndarray, np.ndarray]:
        """Which edges are decided (E,), and rows (E, K) that then hold."""
        return self._decisions[cell_type].values()

    def decide(self, cell_type: str, edge: int, row: ArrayLike) -> None:
        """Lets an edge have these mixing weights (K,) from now on."""
        self._decisions[cell_type].decide(edge, row)

    def tried(
        self, cell_type: str, edge: int, row: ArrayLike
    ) -> contextlib.AbstractContextManager[None]:
        """A context in which an edge has these mixing weights (K,)."""
        return self._decisions[cell_type].tried(edge, row)

    def forget_decisions(self) -> None:
        """Nothing is decided."""
        for decisions in self._decisions.values():
            decisions.forget()

    def logits(self, cell_type: str) -> tf.Tensor:
        """The alphas, with those of absent candidates at minus infinity."""
        present = _present(self.cells[cell_type])
        alphas = ops.convert_to_tensor(self.alphas[cell_type])
        if present.all():
            return alphas
        return ops.where(present, alphas, ops.cast(-1e9, alphas.dtype))

    def all_logits(self) -> dict[str, tf.Tensor]:
        """Those of each cell type."""
        return {cell_type: self.logits(cell_type) for cell_type in self.cells}

    def _mixing(self, cell_type, training):
        relaxed = self._relaxed(cell_type, training)
        if cell_type not in self._decisions:
            return relaxed
        return relaxed._replace(
            weights=self._decisions[cell_type](relaxed.weights)
        )

    def _relaxed(self, cell_type, training):
        edge_weights, situation = self._edge_weights(cell_type), self._situation
        if cell_type in situation.weights:
            return Mixing(
                situation.weights[cell_type],
                edge_weights,
                situation.sampled.get(cell_type),
            )
        logits = self.logits(cell_type)
        if training:
            weights, sampled = self.relaxation.sample(
                logits, self._situation.searching
            )
            return Mixing(weights, edge_weights, sampled)
        return Mixing(self.relaxation(logits, training=training), edge_weights)

    def _edge_weights(self, cell_type):
        if not self.edge_normalization:
            return None
        spec, betas = self.cells[cell_type], self.betas[cell_type]
        return ops.concatenate(
            [
                tf.nn.softmax(betas[edges[0] : edges[-1] + 1])
                for edges in map(spec.edges_into, spec.nodes)
            ]
        )

    def _parameter(self, name, shape, initializer):
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=keras.initializers.get(initializer).clone(),
            autocast=False,
        )


class _Situation:
    """The step in which the parameters are asked for."""

    def __init__(self):
        self.searching = False
        self.weights = {}
        self.sampled = {}


def _present(spec):
    """(E, K) booleans: which columns of the alphas stand for a candidate."""
    counts = np.array([len(edge) for edge in spec.primitives])
    return np.arange(spec.num_candidates) < counts[:, None]
