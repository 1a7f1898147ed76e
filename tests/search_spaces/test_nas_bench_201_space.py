"""NAS-Bench-201 as a search space: its cells, and what it refuses."""

import collections

import pytest

from keras_darts import CellSpec
from keras_darts import search_spaces
from keras_darts.search_spaces import NasBench201Space
from keras_darts.search_spaces import nas_bench_201

FIVE = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")


def cell(names=FIVE, **options):
    options = {"num_inputs": 1, "edges_per_node": None, **options}
    return CellSpec.uniform(names, 3, concat=(3,), **options)


def test_the_space_is_that_of_the_benchmark():
    space = search_spaces.get("nas_bench_201")
    assert (space.filters, space.num_cells) == (16, 5)
    assert space.normalization == "batch_except_pooling"
    assert list(space.cells) == ["cell"]
    assert space.cell.primitives == (FIVE,) * 6
    assert space.cell.edges == ((1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2))
    assert space == NasBench201Space(cell())


def test_random_genotypes_are_uniform_on_every_edge():
    space = nas_bench_201()
    drawn = [space.random_genotype(seed) for seed in range(600)]
    for edge in range(6):
        counts = collections.Counter(result.edges[edge] for result in drawn)
        assert set(counts) == set(FIVE)
        # 120 of each, by more than five standard deviations.
        assert 65 < min(counts.values()) <= max(counts.values()) < 175
    assert len({result.edges for result in drawn}) > 550


def test_primitives_can_be_left_out():
    space = nas_bench_201().without(("none", "avg_pool_3x3"))
    assert space.cell.primitives == (FIVE[1:4],) * 6
    assert "none" not in space.random_genotype(0).primitives()


@pytest.mark.parametrize("settings", [{}, {"filters": 4, "num_nodes": 2}])
def test_a_config_gives_the_same_space(settings):
    space = nas_bench_201(**settings)
    assert search_spaces.get(space.get_config()) == space


def test_configs_of_recurrent_spaces_are_still_told_apart():
    space = search_spaces.darts_rnn(2)
    assert search_spaces.get(space.get_config()) == space


def test_edges_that_were_not_chosen_are_none():
    entries = cell().entries([("skip_connect", 2, 0), ("nor_conv_3x3", 3, 2)])
    assert [name for name, *_ in entries] == [
        *["none", "skip_connect", "none", "none", "none", "nor_conv_3x3"]
    ]
    with pytest.raises(ValueError, match="`discretizer` must choose one"):
        cell().entries([("skip_connect", 2, 0), ("nor_conv_3x3", 2, 0)])


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"cell": "cell"}, TypeError, "`cell` must be a CellSpec"),
        ({"cell": cell(num_inputs=2)}, ValueError, "`cell` must have one"),
        ({"cell": cell(edges_per_node=2)}, ValueError, "`cell` must have one"),
        ({"cell": cell(reduction=True)}, ValueError, "`cell` must have one"),
        (
            {"cell": cell(("none", "nor_conv_5x5"))},
            ValueError,
            "`primitives` must be one of .* Did you mean nor_conv_",
        ),
        ({"filters": 0}, ValueError, "`filters` must be a positive"),
        ({"num_cells": 1.5}, ValueError, "`num_cells` must be a positive"),
    ],
)
def test_what_makes_no_space_is_refused(settings, error, message):
    with pytest.raises(error, match=message):
        NasBench201Space(**{"cell": cell(), **settings})
