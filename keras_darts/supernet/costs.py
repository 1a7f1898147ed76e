"""What the candidates of a supernet cost, in parameters or operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_darts.analysis import count_macs
from keras_darts.analysis import count_parameters
from keras_darts.primitives import build_layer
from keras_darts.primitives import make_primitive

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
