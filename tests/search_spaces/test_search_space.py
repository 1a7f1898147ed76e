"""Search spaces as data, their names, and random genotypes."""

import collections

import pytest

import keras_darts as kd
from keras_darts import CellSpec
from keras_darts import SearchSpace
from keras_darts import search_spaces

NAMES = ("none", "skip_connect", "sep_conv_3x3")


def space(num_nodes=2, **settings):
    return SearchSpace(
        normal=CellSpec.uniform(NAMES, num_nodes),
        reduce=CellSpec.uniform(NAMES, num_nodes, reduction=True),
        **settings,
    )


@pytest.mark.parametrize(
    ("num_cells", "expected"),
    [
        (1, (0,)),
        (2, (0, 1)),
        (3, (1, 2)),
        (4, (1, 2)),
        (5, (1, 3)),
        (8, (2, 5)),
        (14, (4, 9)),
        (20, (6, 13)),
    ],
)
def test_reductions_stand_at_thirds_of_the_depth(num_cells, expected):
    search_space = space(num_cells=num_cells)
    assert search_space.reduction_indices == expected
    cell_types = [search_space.cell_type(i) for i in range(num_cells)]
    assert [
        i for i, cell_type in enumerate(cell_types) if cell_type == "reduce"
    ] == list(expected)


def test_darts_cnn_is_that_of_the_paper():
    space = search_spaces.get("darts_cnn")
    assert (space.filters, space.num_cells) == (16, 8)
    for spec in space.cells.values():
        assert len(spec.edges) == 14
        assert set(spec.primitives) == {
            (
                "none",
                "max_pool_3x3",
                "avg_pool_3x3",
                "skip_connect",
                "sep_conv_3x3",
                "sep_conv_5x5",
                "dil_conv_3x3",
                "dil_conv_5x5",
            )
        }


@pytest.mark.parametrize(
    "identifier",
    [
        "darts_cnn",
        search_spaces.darts_cnn(),
        search_spaces.darts_cnn().get_config(),
    ],
    ids=["name", "object", "config"],
)
def test_a_space_is_found_by_name_config_and_itself(identifier):
    assert search_spaces.get(identifier) == search_spaces.darts_cnn()


def test_a_users_space_is_found_by_its_name():
    @kd.register_search_space("test_two_nodes")
    def two_nodes(filters=6):
        return space(filters=filters)

    assert "test_two_nodes" in search_spaces.names()
    assert search_spaces.get("test_two_nodes") == space(filters=6)
    kd.testing.run_search_space_test("test_two_nodes")


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: space(filters=7), ValueError, "`filters` must be even"),
        (lambda: space(filters=0), ValueError, "`filters` must be a pos"),
        (lambda: space(num_cells=2.0), ValueError, "`num_cells` must be a pos"),
        (
            lambda: space(num_cells=True),
            ValueError,
            "`num_cells` must be a pos",
        ),
        (
            lambda: SearchSpace(normal=NAMES, reduce=NAMES),
            TypeError,
            "`normal` must be a CellSpec",
        ),
        (
            lambda: SearchSpace(
                normal=CellSpec.uniform(NAMES), reduce=CellSpec.uniform(NAMES)
            ),
            ValueError,
            "`reduce` must be a reduction cell",
        ),
        (
            lambda: search_spaces.get("darts_cn"),
            ValueError,
            "`search_space` must be one of .*Did you mean darts_cnn",
        ),
        (lambda: search_spaces.get(3), TypeError, "`search_space` must be a"),
        (lambda: search_spaces.get({"filters": 8}), TypeError, "'normal'"),
    ],
)
def test_what_is_no_space_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_without_leaves_primitives_out_everywhere():
    space = search_spaces.darts_cnn().without(["none", "skip_connect"])
    for spec in space.cells.values():
        assert {len(edge) for edge in spec.primitives} == {6}


def test_a_seed_decides_the_random_genotype():
    space = search_spaces.darts_cnn()
    genotypes = [space.random_genotype(seed) for seed in range(20)]
    assert genotypes == [space.random_genotype(seed) for seed in range(20)]
    assert len(set(genotypes)) == 20


def test_random_genotypes_have_two_different_inputs_a_node_and_no_none():
    space = search_spaces.darts_cnn()
    for seed in range(50):
        genotype = space.random_genotype(seed)
        assert "none" not in genotype.primitives()
        for cell_type in space.cells:
            nodes = genotype.nodes(cell_type)
            assert len(nodes) == 4
            for pairs in nodes:
                (_, first), (_, second) = pairs
                assert first < second


def test_random_genotypes_are_uniform():
    result, count = space(num_nodes=3), 2000
    drawn = [result.random_genotype(seed) for seed in range(count)]
    primitives = collections.Counter(
        name for genotype in drawn for name, _ in genotype.normal
    )
    share = primitives["skip_connect"] / primitives.total()
    # Four standard deviations of a mean of 12,000 draws.
    assert share == pytest.approx(0.5, abs=0.02)
    pairs = collections.Counter(
        tuple(source for _, source in genotype.reduce[4:]) for genotype in drawn
    )
    assert len(pairs) == 6  # Of two out of the four inputs of the last node.
    for times in pairs.values():
        assert times / count == pytest.approx(1 / 6, abs=0.034)


def test_a_random_genotype_goes_round_edges_that_can_only_be_none():
    spec = [("none",), NAMES, NAMES, ("none",), ("none",)]
    space = SearchSpace(
        normal=CellSpec(spec), reduce=CellSpec(spec, reduction=True)
    )
    for seed in range(10):
        nodes = space.random_genotype(seed).nodes("normal")
        assert [[source for _, source in pairs] for pairs in nodes] == [
            [1],
            [0],
        ]
