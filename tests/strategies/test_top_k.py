"""The derivation rule against a statement of it by ranks."""

import numpy as np
import pytest

import keras_darts as kd

NAMES = ("none", "max_pool_3x3", "skip_connect", "sep_conv_3x3")


@pytest.fixture
def space():
    return kd.search_spaces.darts_cnn(2, 3, primitives=NAMES)


def stated(spec, weights, edge_weights=None, k=2):
    """Of each node the edges that fewer than `k` others beat.

    An edge beats another by a larger score, or by the same and an earlier
    place; so does a candidate on an edge.
    """
    chosen = []
    for node in range(2, spec.num_nodes + 2):
        results = {}
        for edge, (end, source) in enumerate(spec.edges):
            if end != node:
                continue
            known = [
                (weights[edge][i], name)
                for i, name in enumerate(spec.primitives[edge])
                if name != "none"
            ]
            largest = max((w for w, _ in known), default=None)
            if largest is None:
                continue
            name = [name for w, name in known if w == largest][0]
            factor = 1 if edge_weights is None else edge_weights[edge]
            results[source] = (largest * factor, name)
        rank = {
            source: sum(
                other > score or (other == score and earlier < source)
                for earlier, (other, _) in results.items()
            )
            for source, (score, _) in results.items()
        }
        for place in range(k):
            chosen += [
                (results[source][1], node, source)
                for source in results
                if rank[source] == place
            ]
    return chosen


def triples(genotype, cell_type):
    return [
        (name, node, source)
        for node, pairs in enumerate(genotype.nodes(cell_type), start=2)
        for name, source in pairs
    ]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def random_weights(space, seed, levels=None):
    generator = np.random.default_rng(seed)

    def draw(*shape):
        if levels is None:
            return generator.normal(size=shape)
        return generator.integers(levels, size=shape) / levels

    mixing, betas = {}, {}
    for cell_type, spec in space.cells.items():
        mixing[cell_type] = draw(len(spec.edges), spec.num_candidates)
        betas[cell_type] = draw(len(spec.edges))
    return mixing, betas


@pytest.mark.parametrize("with_betas", [False, True])
@pytest.mark.parametrize("seed", range(60))
def test_random_alphas_give_what_the_rule_states(space, seed, with_betas):
    alphas, betas = random_weights(space, seed)
    weights = {cell_type: softmax(a) for cell_type, a in alphas.items()}
    edge_weights = (
        {cell_type: np.exp(b) for cell_type, b in betas.items()}
        if with_betas
        else {}
    )
    genotype = kd.discretizers.TopK()(space, weights, edge_weights)
    for cell_type, spec in space.cells.items():
        expected = stated(spec, weights[cell_type], edge_weights.get(cell_type))
        assert triples(genotype, cell_type) == expected


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("seed", range(10))
def test_of_equals_the_first_wins(space, seed, levels, k):
    weights, edge_weights = random_weights(space, seed, levels)
    genotype = kd.discretizers.TopK(k)(space, weights, edge_weights)
    for cell_type, spec in space.cells.items():
        expected = stated(spec, weights[cell_type], edge_weights[cell_type], k)
        assert triples(genotype, cell_type) == expected


def test_the_stronger_edge_comes_first(space):
    weights = {
        cell_type: np.full((len(spec.edges), 4), 0.1)
        for cell_type, spec in space.cells.items()
    }
    weights["normal"][1, 3] = 0.7
    weights["normal"][0, 2] = 0.6
    genotype = kd.discretizers.TopK()(space, weights, {})
    assert genotype.normal[:2] == (("sep_conv_3x3", 1), ("skip_connect", 0))


def test_none_is_never_chosen_however_strong(space):
    weights = {
        cell_type: np.tile([0.97, 0.01, 0.02, 0.0], (len(spec.edges), 1))
        for cell_type, spec in space.cells.items()
    }
    genotype = kd.discretizers.TopK()(space, weights, {})
    assert genotype.primitives() == ("skip_connect",)


def test_edges_that_can_only_be_none_are_passed_over():
    edges = [("none",), NAMES, NAMES, ("none",), ("none",)]
    space = kd.SearchSpace(
        normal=kd.CellSpec(edges),
        reduce=kd.CellSpec(edges, reduction=True),
        filters=2,
        num_cells=3,
    )
    weights, _ = random_weights(space, seed=0)
    genotype = kd.discretizers.TopK()(space, weights, {})
    for cell_type, spec in space.cells.items():
        assert triples(genotype, cell_type) == stated(spec, weights[cell_type])
        assert [len(pairs) for pairs in genotype.nodes(cell_type)] == [1, 1]


@pytest.mark.parametrize("k", [0, -1])
def test_k_must_be_positive(k):
    with pytest.raises(ValueError, match="`k` must be positive"):
        kd.discretizers.TopK(k)


@pytest.mark.parametrize("name", ["darts_v1", "darts_v2"])
def test_a_search_reads_a_published_cell_from_alphas_that_say_it(name):
    published = kd.genotypes.get(name)
    search = kd.DartsSearch(
        filters=2, num_cells=3, num_classes=2, input_shape=(8, 8, 1)
    )
    for variable, (cell_type, spec) in zip(
        search.arch_variables, search.search_space.cells.items(), strict=True
    ):
        alphas = np.zeros(variable.shape)
        alphas[:, spec.primitives[0].index("none")] = 9.0
        for node, pairs in enumerate(published.nodes(cell_type), start=2):
            for strength, (primitive, source) in zip(
                (9, 8), pairs, strict=True
            ):
                edge = spec.edges.index((node, source))
                column = spec.primitives[edge].index(primitive)
                alphas[edge, column] = strength
        variable.assign(alphas)
    assert search.genotype() == published


def test_a_search_derives_by_alphas_and_betas(space):
    search = kd.DartsSearch(
        space,
        kd.SearchStrategy(edge_normalization=True),
        num_classes=2,
        input_shape=(8, 8, 1),
    )
    for seed in range(5):
        alphas, betas = random_weights(space, seed)
        values = [*alphas.values(), *betas.values()]
        for variable, value in zip(search.arch_variables, values, strict=True):
            variable.assign(value)
        genotype = search.genotype()
        for cell_type, spec in space.cells.items():
            shares = np.zeros(len(spec.edges))
            for node in range(2, 6):
                edges = spec.edges_into(node)
                shares[edges] = softmax(betas[cell_type][edges])
            expected = stated(spec, softmax(alphas[cell_type]), shares)
            assert triples(genotype, cell_type) == expected
