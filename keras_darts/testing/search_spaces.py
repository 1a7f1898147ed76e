"""Contract tests of search spaces."""

from __future__ import annotations

import dataclasses
import json
import pickle
from typing import TYPE_CHECKING

from keras_darts import primitives
from keras_darts import search_spaces
from keras_darts.genotypes import NasBench201Genotype
from keras_darts.genotypes import RecurrentGenotype
from keras_darts.strategies import SearchStrategy
from keras_darts.supernet import arch_parameters
from keras_darts.testing.layers import assert_finite
from keras_darts.testing.small import small_batch
from keras_darts.testing.small import small_network
from keras_darts.testing.small import small_search

if TYPE_CHECKING:
    from keras_darts.genotypes.base_genotype import BaseGenotype
    from keras_darts.search_spaces.search_space import BaseSpace


_CHANNELS = 4
# Both cell types stand among so many.
_CELLS = 3


def run_search_space_test(space: BaseSpace) -> None:
    """A search space is plain data, and makes networks that run.

    Args:
        space: `SearchSpace`, `RecurrentSpace`, `NasBench201Space`, name or
            config.

    Raises:
        AssertionError: if its config or a pickle gives another space, it
            names an unknown primitive, a random genotype differs for the same
            seed or can't be had, or its supernet or a network derived from it
            does not run.

    Example:

    >>> run_search_space_test(
    ...     kd.search_spaces.darts_cnn(
    ...         num_cells=3, num_nodes=1, primitives=("skip_connect",)
    ...     )
    ... )
    """
    space = search_spaces.get(space)
    plain = json.loads(json.dumps(space.get_config()))
    assert search_spaces.get(plain) == space
    assert pickle.loads(pickle.dumps(space)) == space
    known = _known_primitives(space)
    for spec in space.cells.values():
        for edge in spec.primitives:
            assert set(edge) <= known, edge
    for seed in range(5):
        genotype = space.random_genotype(seed)
        assert genotype == space.random_genotype(seed)
        assert_genotype_of_space(genotype, space)
    _run_network_test(_narrow(space))


def assert_genotype_of_space(genotype: BaseGenotype, space: BaseSpace) -> None:
    """Each kept edge has a candidate of the space that is not `none`.

    Where a genotype names every edge, `none` may stand on any.
    """
    for cell_type, spec in space.cells.items():
        nodes = enumerate(_nodes(genotype, cell_type), spec.num_inputs)
        kept = [(node, *pair) for node, pairs in nodes for pair in pairs]
        if spec.edges_per_node is None:
            assert len(kept) == len(spec.edges)
            kept = [edge for edge in kept if edge[1] != "none"]
        for node, name, source in kept:
            assert name in spec.primitives[spec.edges.index((node, source))]
            assert name != "none"


def _nodes(genotype, cell_type):
    """For each node of a cell its (primitive, input) pairs."""
    if isinstance(genotype, RecurrentGenotype):
        return [[pair] for pair in genotype.recurrent]
    if isinstance(genotype, NasBench201Genotype):
        return genotype.nodes()
    return genotype.nodes(cell_type)


def _known_primitives(space):
    if space.task == "language_modeling":
        return set(primitives.activation_names())
    return set(primitives.names())


def _narrow(space):
    if space.skeleton == "language":
        return space.resized(hidden_size=_CHANNELS)
    num_cells = 1 if space.skeleton == "stages" else _CELLS
    return dataclasses.replace(space, filters=_CHANNELS, num_cells=num_cells)


def _run_network_test(space):
    search = small_search(space)
    inputs, _ = small_batch(space)
    logits = search(inputs)
    assert logits.shape[0] == len(inputs)
    adapter = search.task_adapter
    assert logits.shape[-1] == adapter.num_outputs(search.data_sizes)
    assert_finite(logits)
    for spec, alphas in zip(
        space.cells.values(), search.arch_variables, strict=True
    ):
        assert alphas.shape == (len(spec.edges), spec.num_candidates)
    weights, _ = arch_parameters.mixing(search.supernet)
    derive = SearchStrategy().discretizer_for(space)
    for genotype in (derive(space, weights, {}), space.random_genotype(0)):
        network = small_network(search, genotype)
        assert_finite(network(inputs))
