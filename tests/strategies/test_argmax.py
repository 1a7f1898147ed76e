"""The largest candidate of every edge, and what becomes of `none`."""

import numpy as np
import pytest

import keras_darts as kd
from keras_darts.search_spaces import darts_cnn
from keras_darts.search_spaces import darts_rnn
from keras_darts.search_spaces import nas_bench_201
from keras_darts.search_spaces import rdarts_s1

ARGMAX = kd.discretizers.Argmax()
NAMES = ("none", "max_pool_3x3", "skip_connect", "sep_conv_3x3")


def random_weights(space, seed=0):
    generator = np.random.default_rng(seed)
    return {
        cell_type: generator.random((len(spec.edges), spec.num_candidates))
        for cell_type, spec in space.cells.items()
    }


def one_hot(space, chosen):
    """Mixing weights that leave no doubt: a column for each edge and kind."""
    return {
        cell_type: np.eye(spec.num_candidates)[chosen[cell_type]]
        for cell_type, spec in space.cells.items()
    }


@pytest.mark.parametrize("seed", range(5))
def test_nas_bench_201_keeps_the_largest_of_each_edge_or_none(seed):
    space = nas_bench_201()
    weights = random_weights(space, seed)
    result = ARGMAX(space, weights, {}).edges
    for name, row in zip(result, weights["cell"], strict=True):
        assert row[space.cell.primitives[0].index(name)] == row.max()
    assert "none" in {
        ARGMAX(space, random_weights(space, other), {}).edges[0]
        for other in range(20)
    }


def test_of_equals_the_first_wins():
    weights = {"cell": np.ones((6, 5))}
    assert set(ARGMAX(nas_bench_201(), weights, {}).edges) == {"none"}


@pytest.mark.parametrize("seed", range(5))
def test_a_cell_of_darts_keeps_every_edge_whose_largest_is_not_none(seed):
    space = darts_cnn(primitives=NAMES)
    weights = random_weights(space, seed)
    genotype = ARGMAX(space, weights, {})
    for cell_type, spec in space.cells.items():
        expected = {
            (NAMES[int(np.argmax(row))], *edge)
            for row, edge in zip(weights[cell_type], spec.edges, strict=True)
        }
        assert set(getattr(genotype, cell_type)) == {
            edge for edge in expected if edge[0] != "none"
        }


def test_a_cell_that_keeps_two_edges_a_node_is_written_as_darts_does():
    space = darts_cnn(primitives=NAMES, num_nodes=2)
    chosen = [3, 2, 0, 1, 3]
    weights = one_hot(space, {"normal": chosen, "reduce": chosen})
    assert ARGMAX(space, weights, {}).normal == (
        *(("sep_conv_3x3", 0), ("skip_connect", 1)),
        *(("max_pool_3x3", 1), ("sep_conv_3x3", 2)),
    )


def test_columns_without_a_candidate_are_never_chosen():
    space = nas_bench_201()
    edges = [("none", "skip_connect"), *[("none", "nor_conv_3x3")] * 5]
    space = kd.search_spaces.NasBench201Space(
        kd.CellSpec(
            (*edges[:5], (*edges[5], "avg_pool_3x3")),
            concat=(3,),
            num_inputs=1,
            edges_per_node=None,
        )
    )
    weights = {"cell": np.tile([0.1, 0.2, 0.7], (6, 1))}
    assert ARGMAX(space, weights, {}).edges == (
        *("skip_connect", *["nor_conv_3x3"] * 4),
        "avg_pool_3x3",
    )
    assert len(ARGMAX(rdarts_s1(), random_weights(rdarts_s1()), {}).normal) > 2


@pytest.mark.parametrize(
    "chosen",
    [[0, 0, 0, 0, 0], [0, 0, 0, 0, 3]],
    ids=["no edge", "an edge that leads from nothing"],
)
def test_a_cell_is_never_empty(chosen):
    space = darts_cnn(primitives=NAMES, num_nodes=2)
    weights = one_hot(space, {"normal": chosen, "reduce": [1, 1, 1, 1, 1]})
    # The strongest besides, on an edge from an input.
    weights["normal"][3] = [0.5, 0.1, 0.3, 0.1]
    genotype = ARGMAX(space, weights, {})
    assert genotype.normal == (("skip_connect", 3, 1),)
    assert genotype.without_isolated_nodes().normal_concat == (3,)
    network = kd.networks.CifarNetwork(
        genotype, 3, 2, 2, auxiliary=False, input_shape=(8, 8, 1)
    )
    assert network(np.zeros((1, 8, 8, 1))).shape == (1, 3)


def test_top_k_leaves_none_on_the_edges_that_it_drops():
    space = nas_bench_201()
    weights = {"cell": np.tile([0.5, 0.1, 0.2, 0.15, 0.05], (6, 1))}
    weights["cell"][3] *= 0.5
    result = kd.discretizers.TopK(2)(space, weights, {}).edges
    kept = ["nor_conv_1x1"] * 6
    assert list(result) == [*kept[:3], "none", *kept[4:]]


def test_recurrent_cells_are_refused_when_the_search_is_made():
    space = darts_rnn(2, hidden_size=4)
    search = kd.DartsSearch(
        space, kd.SearchStrategy(discretizer="argmax"), vocabulary_size=9
    )
    with pytest.raises(ValueError, match="`discretizer` must keep one edge"):
        search.genotype()


def test_a_space_names_its_own_discretizer():
    strategy = kd.SearchStrategy()
    assert strategy.discretizer_for(nas_bench_201()) == ARGMAX
    assert strategy.discretizer_for(darts_cnn()) == kd.discretizers.TopK(2)
    assert strategy.clone().discretizer is None
    chosen = kd.SearchStrategy(discretizer="top_k")
    assert chosen.discretizer_for(nas_bench_201()) == kd.discretizers.TopK(2)
    assert chosen != strategy
