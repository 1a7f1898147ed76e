"""What a search space has to stand."""

import dataclasses
import json
import pickle

from keras_darts import primitives
from keras_darts import search_spaces
from keras_darts.strategies.discretizers import TopK
from keras_darts.testing.layers import assert_finite
from keras_darts.testing.primitives import small_inputs
from keras_darts.testing.primitives import small_network
from keras_darts.testing.primitives import small_supernet

_FILTERS = 4


def run_search_space_test(space):
    """A search space is plain data, and makes networks that run.

    Args:
        space: `SearchSpace`, its name or its config.

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
    for spec in space.cells.values():
        for edge in spec.primitives:
            assert set(edge) <= set(primitives.names()), edge
    _run_random_genotype_test(space)
    _run_network_test(dataclasses.replace(space, filters=_FILTERS))


def _run_random_genotype_test(space):
    for seed in range(5):
        genotype = space.random_genotype(seed)
        assert genotype == space.random_genotype(seed)
        for kind, spec in space.cells.items():
            for node, pairs in enumerate(genotype.nodes(kind), start=2):
                for name, source in pairs:
                    edge = spec.edges.index((node, source))
                    assert name in spec.primitives[edge]
                    assert name != "none"


def _run_network_test(space):
    supernet = small_supernet(space)
    inputs = small_inputs(space)
    logits = supernet(inputs)
    assert logits.shape == (2, 3)
    assert_finite(logits)
    for spec, alphas in zip(
        space.cells.values(), supernet.arch_variables, strict=True
    ):
        assert alphas.shape == (len(spec.edges), spec.num_candidates)
    weights = {kind: mixing for kind, (mixing, _) in supernet.arch().items()}
    for genotype in (TopK()(space, weights, {}), space.random_genotype(0)):
        network = small_network(space, genotype)
        assert_finite(network(inputs))
