"""Readings of the architecture parameters of a supernet."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from keras_darts import primitives
from keras_darts.analysis import count_macs
from keras_darts.analysis import count_parameters
from keras_darts.primitives import build_layer
from keras_darts.primitives import make_primitive
from keras_darts.utils.seeding import seeded
from keras_darts.utils.typing import ArrayLike

if TYPE_CHECKING:
    from keras_darts.search_spaces.base import BaseSpace
    from keras_darts.search_spaces.cell_spec import CellSpec


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


MEASURES: tuple[str, ...] = ("parameters", "macs")


def candidate_costs(supernet: Any, measure: str) -> dict[str, np.ndarray]:
    """Costs (E, K) by cell type, summed over its cells.

    Args:
        supernet: Supernet of normal and reduction cells, built.
        measure: `"parameters"` or `"macs"`, for one input.

    Raises:
        ValueError: for a recurrent supernet, whose candidates cost nothing.
    """
    if not hasattr(supernet, "cells"):
        raise ValueError(
            "`supernet` must have cells whose candidates differ in cost; the "
            "activations of a recurrent cell don't. Received: "
            f"{type(supernet).__name__}"
        )
    known = {}
    costs = {
        cell_type: np.zeros((len(spec.edges), spec.num_candidates))
        for cell_type, spec in supernet.space.cells.items()
    }
    cell_types = {
        spec: cell_type for cell_type, spec in supernet.space.cells.items()
    }
    for cell in supernet.cells:
        table = costs[cell_types[cell.spec]]
        for edge, names in enumerate(cell.spec.primitives):
            place = (cell.filters, cell.spec.stride(edge))
            shape = cell.input_shape_of(edge)
            for k, name in enumerate(names):
                key = (name, *place, shape)
                if key not in known:
                    known[key] = _cost(name, place, shape, measure)
                table[edge, k] += known[key]
    return costs


def _cost(name, place, shape, measure):
    filters, stride = place
    layer = make_primitive(name, filters, stride=stride)
    build_layer(layer, (None, *shape))
    if measure == "parameters":
        return count_parameters(layer)
    return count_macs(lambda inputs: layer(inputs, training=False), shape)
