"""Spaces of recurrent cells are plain data, and say what may be derived."""

import dataclasses
import json
import pickle

import numpy as np
import pytest

import keras_darts as kd
from keras_darts import search_spaces
from keras_darts.discretizers import TopK
from keras_darts.search_spaces import darts_rnn

PRIMITIVES = ("none", "tanh", "relu", "sigmoid", "identity")


def uneven():
    """Edges with candidates of their own, one of which has only `none`."""
    return kd.RecurrentSpace(
        kd.CellSpec(
            (("tanh",), ("none",), ("relu", "none", "identity")),
            concat=(2,),
            num_inputs=1,
            edges_per_node=1,
        )
    )


def test_darts_rnn_is_the_published_space():
    space = search_spaces.get("darts_rnn")
    spec = space.cells["recurrent"]
    assert list(space.cells) == ["recurrent"]
    assert spec.edges == tuple((i, j) for i in range(1, 9) for j in range(i))
    assert set(spec.primitives) == {PRIMITIVES}
    assert spec.concat == tuple(range(1, 9))
    assert (spec.num_inputs, spec.edges_per_node) == (1, 1)
    assert (space.embedding_size, space.hidden_size) == (300, 300)
    assert space.language_settings == {
        "output_dropout": 0.75,
        "hidden_dropout": 0.25,
        "cell_input_dropout": 0.75,
        "input_dropout": 0.2,
        "embedding_dropout": 0.0,
        "activation_regularization": 0.0,
        "temporal_activation_regularization": 1e-3,
    }
    assert (space.task, space.normalization) == ("language_modeling", "batch")


def test_enas_has_a_space_of_its_own_depth():
    space = darts_rnn(11, concat=(3, 4, 5))
    assert len(space.cell.edges) == 66
    assert space.random_genotype(0).concat == (3, 4, 5)


@pytest.mark.parametrize(
    "space",
    [
        darts_rnn(),
        darts_rnn(3, concat=(1, 3), hidden_size=8, embedding_size=8),
        darts_rnn(normalization=None, input_dropout=0.0),
        uneven(),
    ],
)
def test_config_and_pickle_give_an_equal_space(space):
    plain = json.loads(json.dumps(space.get_config()))
    fields = {field.name for field in dataclasses.fields(space)}
    assert set(plain) == fields
    assert search_spaces.get(plain) == space
    assert pickle.loads(pickle.dumps(space)) == space
    assert hash(search_spaces.get(plain)) == hash(space)


def test_either_size_says_the_other():
    for name in ("embedding_size", "hidden_size"):
        space = darts_rnn(**{name: 8})
        assert (space.embedding_size, space.hidden_size) == (8, 8)


def test_primitives_are_left_out():
    space = darts_rnn(2).without(("none", "relu"))
    assert set(space.cell.primitives) == {("tanh", "sigmoid", "identity")}
    assert dataclasses.replace(space, cell=darts_rnn(2).cell) == darts_rnn(2)


@pytest.mark.parametrize("space", [darts_rnn(), darts_rnn(3), uneven()])
def test_random_genotypes_are_of_the_space(space):
    seen = set()
    spec = space.cell
    for seed in range(60):
        genotype = space.random_genotype(seed)
        assert genotype == space.random_genotype(seed)
        assert isinstance(genotype, kd.RecurrentGenotype)
        assert genotype.concat == spec.concat
        assert len(genotype.recurrent) == spec.num_nodes
        for node, (name, source) in enumerate(genotype.recurrent, start=1):
            assert name != "none"
            edge = spec.edges.index((node, source))
            assert name in spec.primitives[edge]
            seen.add((node, source, name))
    possible = {
        (*edge, name)
        for edge, names in zip(spec.edges, spec.primitives, strict=True)
        for name in names
        if name != "none"
    }
    if len(possible) < 40:
        assert seen == possible


def brute_force(space, weights):
    """For each node the best of all its (edge, activation), but no `none`."""
    spec, pairs = space.cell, []
    for node in spec.nodes:
        results = [
            (weights[edge, column], source, name)
            for edge, (end, source) in enumerate(spec.edges)
            for column, name in enumerate(spec.primitives[edge])
            if end == node and name != "none"
        ]
        _, source, name = max(results)
        pairs.append((name, source))
    return kd.RecurrentGenotype(pairs, spec.concat)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("space", [darts_rnn(), uneven()], ids=["rnn", "own"])
def test_the_strongest_edge_of_each_node_is_derived(space, seed):
    spec, generator = space.cell, np.random.default_rng(seed)
    alphas = generator.normal(size=(len(spec.edges), spec.num_candidates))
    # So that `none` would often win.
    for edge, names in enumerate(spec.primitives):
        if "none" in names:
            alphas[edge, names.index("none")] += 1
    weights = np.exp(alphas) / np.exp(alphas).sum(axis=1, keepdims=True)
    genotype = TopK()(space, {"recurrent": weights}, {})
    assert genotype == brute_force(space, weights)


def test_edge_weights_decide_between_edges():
    space = darts_rnn(2, ("tanh", "relu"))
    weights = np.array([[0.6, 0.4], [0.3, 0.7], [0.4, 0.6]])
    for betas, second in [
        ((1.0, 0.5, 0.5), ("relu", 0)),
        ((1.0, 0.2, 0.8), ("relu", 1)),
    ]:
        genotype = TopK()(space, {"recurrent": weights}, {"recurrent": betas})
        assert genotype.recurrent == (("tanh", 0), second)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"embedding_size": 9, "hidden_size": 8}, "`hidden_size` must be"),
        ({"hidden_size": 0, "embedding_size": 0}, "one positive integer"),
        ({"hidden_size": 8.0, "embedding_size": 8.0}, "one positive integer"),
        ({"output_dropout": 1.0}, r"`output_dropout` must be in \[0, 1\)"),
        ({"embedding_dropout": -0.1}, "`embedding_dropout`"),
        ({"num_nodes": 0}, "`num_nodes` must be a positive integer"),
        ({"concat": (0,)}, "`concat` must name nodes from 1 to 8"),
        ({"concat": (9,)}, "`concat` must name nodes from 1 to 8"),
        ({"primitives": ("none",)}, "other than 'none'"),
    ],
)
def test_wrong_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        darts_rnn(**settings)


def test_a_cell_of_another_form_is_refused():
    with pytest.raises(TypeError, match="`cell` must be a CellSpec"):
        kd.RecurrentSpace(("tanh",))
    for options in ({}, {"num_inputs": 1}, {"edges_per_node": 1}):
        with pytest.raises(ValueError, match="`cell` must have one input"):
            kd.RecurrentSpace(kd.CellSpec.uniform(("tanh",), 2, **options))


def test_a_node_that_could_be_nothing_is_refused():
    edges = (("tanh",), ("none",), ("none",))
    with pytest.raises(ValueError, match="for each node.*for node 2"):
        kd.RecurrentSpace(kd.CellSpec(edges, num_inputs=1, edges_per_node=1))
