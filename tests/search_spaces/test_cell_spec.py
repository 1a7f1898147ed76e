"""Cells as data: edges, strides, candidates, and what is no cell."""

import pytest

from keras_darts import CellSpec

NAMES = ("none", "skip_connect", "max_pool_3x3")


@pytest.mark.parametrize("num_nodes", [1, 2, 3, 4, 7])
def test_a_node_has_an_edge_from_all_that_comes_before(num_nodes):
    spec = CellSpec.uniform(NAMES, num_nodes)
    assert spec.num_nodes == num_nodes
    assert len(spec.edges) == sum(range(2, num_nodes + 2))
    for node in range(2, num_nodes + 2):
        sources = [spec.edges[k][1] for k in spec.edges_into(node)]
        assert sources == list(range(node))
    assert spec.concat == tuple(range(2, num_nodes + 2))


def test_darts_cell_has_fourteen_edges_in_order():
    edges = CellSpec.uniform(NAMES).edges
    assert len(edges) == 14
    assert list(edges) == sorted(edges)


@pytest.mark.parametrize("reduction", [False, True])
def test_only_edges_from_the_inputs_of_a_reduction_cell_stride(reduction):
    spec = CellSpec.uniform(NAMES, 3, reduction)
    for k, (_, source) in enumerate(spec.edges):
        assert spec.stride(k) == (2 if reduction and source < 2 else 1)


def test_each_edge_may_have_candidates_of_its_own():
    spec = CellSpec([NAMES, ["none"]])
    assert spec.primitives == (NAMES, ("none",))
    assert spec.num_candidates == 3
    assert spec.without(["max_pool_3x3"]).primitives == (
        ("none", "skip_connect"),
        ("none",),
    )


def test_a_config_gives_an_equal_cell_that_hashes_alike():
    spec = CellSpec([NAMES, ("none",)], reduction=True, concat=[2])
    copy = CellSpec.from_config(spec.get_config())
    assert copy == spec
    assert hash(copy) == hash(spec)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: CellSpec([NAMES]), ValueError, "an entry an edge: 2, 5, 9"),
        (lambda: CellSpec([]), ValueError, "`primitives` must"),
        (lambda: CellSpec([NAMES, ()]), ValueError, "at least one candidate"),
        (lambda: CellSpec([NAMES, ("none",) * 2]), ValueError, "none twice"),
        (lambda: CellSpec(NAMES[:2]), TypeError, "Received: 'none'"),
        (lambda: CellSpec.uniform("none"), TypeError, "list or tuple of names"),
        (lambda: CellSpec.uniform(["none"]), ValueError, "other than 'none'"),
        (lambda: CellSpec.uniform(NAMES, 0), ValueError, "`num_nodes` must"),
        (
            lambda: CellSpec.uniform(NAMES, 2, concat=(2, 4)),
            ValueError,
            "`concat` must name nodes from 2 to 3",
        ),
        (
            lambda: CellSpec.uniform(NAMES, 2, concat=(2, 2)),
            ValueError,
            "each once",
        ),
        (
            lambda: CellSpec.uniform(NAMES, 2, concat=()),
            ValueError,
            "`concat` must name nodes",
        ),
        (
            lambda: CellSpec.uniform(NAMES[:1] + NAMES[1:2]).without(NAMES[:2]),
            ValueError,
            "at least one candidate",
        ),
    ],
)
def test_what_is_no_cell_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
