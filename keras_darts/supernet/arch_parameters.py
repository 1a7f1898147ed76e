"""The alphas and betas of a search, and the mixing weights they give."""

from __future__ import annotations

import contextlib
import typing
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_darts import primitives
from keras_darts.utils.private_api import seeded
from keras_darts.utils.typing import ArrayLike

if TYPE_CHECKING:
    from keras_darts.search_spaces.cell_spec import CellSpec
    from keras_darts.search_spaces.search_space import BaseSpace


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


# With so many a primitive is made, only to be asked for its weights.
_FILTERS = 8


def mixing(
    supernet: Any,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Mixing weights (E, K) and edge weights (E,), arrays by cell type."""
    mixings = supernet.arch(training=False)
    weights = {
        cell_type: ops.convert_to_numpy(mixing.weights)
        for cell_type, mixing in mixings.items()
    }
    edge_weights = {
        cell_type: ops.convert_to_numpy(mixing.edge_weights)
        for cell_type, mixing in mixings.items()
        if mixing.edge_weights is not None
    }
    return weights, edge_weights


def main_cell(space: BaseSpace) -> tuple[str, CellSpec]:
    """Kind and `CellSpec` of the normal cell, or of the only one."""
    cell_type = "normal" if "normal" in space.cells else next(iter(space.cells))
    return cell_type, space.cells[cell_type]


def learnable_primitives(search: Any) -> set[str]:
    """The candidates that have weights; of a recurrent cell, all activations.

    A skip-connect has none where it does not halve its input, and counts as
    having none everywhere.
    """
    specs = search.search_space.cells.values()
    names = {
        name for spec in specs for edge in spec.primitives for name in edge
    }
    rank = getattr(search.supernet, "rank", None)
    if rank is None:
        return names - {"none"}
    with seeded(0):
        return {name for name in names if _has_weights(name, rank)}


def entropy(weights: Mapping[str, ArrayLike]) -> float:
    """Mean over the edges of all cells, in nats.

    Example:

    >>> round(entropy({"normal": np.full((14, 8), 1 / 8)}), 4)
    2.0794
    """
    rows = np.concatenate(
        [w.reshape(-1, w.shape[-1]) for w in weights.values()]
    )
    rows = rows / np.maximum(rows.sum(axis=-1, keepdims=True), 1e-12)
    logs = np.log(np.maximum(rows, 1e-12))
    # Without the sign of a zero.
    return abs(float((rows * logs).sum(axis=-1).mean()))


def normalized_entropy(
    weights: Mapping[str, ArrayLike], cells: Mapping[str, CellSpec]
) -> float:
    """Mean over the edges of all cells, as a share of the largest possible.

    Edges with one candidate have nothing to decide and don't count; where
    there are no others, it is zero.

    Args:
        weights: Dictionary from cell types to their mixing weights (E, K).
        cells: Dictionary from cell types to their `CellSpec`.

    Example:

    >>> from keras_darts.search_spaces import CellSpec
    >>> spec = CellSpec.uniform(("none", "skip_connect"), num_nodes=1)
    >>> weights = np.array([[0.5, 0.5], [1.0, 0.0]])
    >>> round(normalized_entropy({"normal": weights}, {"normal": spec}), 3)
    0.5
    """
    shares = [
        entropy({cell_type: row[None]}) / np.log(len(names))
        for cell_type, rows in weights.items()
        for row, names in zip(rows, cells[cell_type].primitives, strict=True)
        if len(names) > 1
    ]
    return float(np.mean(shares)) if shares else 0.0


def _has_weights(name, rank):
    layer = primitives.make_primitive(name, _FILTERS, affine=False)
    primitives.build_layer(layer, (None, *[_FILTERS] * (rank - 1)))
    return bool(layer.trainable_variables)


def regularizer_gradients(
    supernet: Any, regularizers: Sequence[Any], of_loss: Sequence[tf.Tensor]
) -> list[tf.Tensor]:
    """The terms' gradients in the order of the architecture variables.

    Args:
        supernet: Built supernet.
        regularizers: List of terms of the architecture loss.
        of_loss: Gradients of the search loss, in the same order, for a
            relaxation whose `weights_for_regularizer` asks which logits a step
            moves.
    """
    variables = [v.value for v in supernet.arch_variables]
    if not regularizers:
        return [tf.zeros_like(v) for v in variables]
    for term in regularizers:
        term.prepare(supernet)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(variables)
        logits = supernet.arch.all_logits()
        weights = _seen_weights(supernet, logits, of_loss)
        loss = tf.add_n([term(logits, weights) for term in regularizers])
    return tape.gradient(
        loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )


def _seen_weights(supernet, logits, of_loss):
    """Mixing weights by cell type, as terms of the loss see them."""
    relaxation = supernet.arch.relaxation
    # Gradients of betas come after those of all alphas.
    pairs = zip(logits.items(), of_loss, strict=False)
    seen = {
        cell_type: relaxation.weights_for_regularizer(values, gradient)
        for (cell_type, values), gradient in pairs
    }
    if any(weights is None for weights in seen.values()):
        # The mean, where they are drawn by chance.
        mixings = supernet.arch(training=False)
        return {
            cell_type: mixing.weights for cell_type, mixing in mixings.items()
        }
    return seen
