"""Decisions by perturbation, on scores made by hand."""

import numpy as np
import pytest

import keras_darts as kd
from keras_darts.discretizers import Perturbation
from keras_darts.discretizers import perturbation
from keras_darts.strategies.methods import darts_pt

NAMES = ("none", "max_pool_3x3", "skip_connect", "sep_conv_3x3")
SPEC = kd.CellSpec.uniform(NAMES, num_nodes=2)
FREE = kd.CellSpec.uniform(
    NAMES, num_nodes=3, num_inputs=1, edges_per_node=None
)
FLAT = np.full((5, 4), 0.25)
ONE, NOTHING = np.eye(4), np.zeros(4)


def ordered(spec, seed=0):
    return perturbation.trial_choices(spec, np.random.default_rng(seed))


def recorded(worth):
    """A score that is worth the weights of a row, and the calls of it."""
    calls = []

    def score(edge, row):
        calls.append((edge, row.tolist()))
        return float(row @ worth) + edge * 1e-3

    return score, calls


@pytest.mark.parametrize(
    ("space", "epochs"),
    [
        ("darts_cnn", 81),
        ("nas_bench_201", 26),
        ("rdarts_s1", 81),
        ("rdarts_s4", 81),
        ("text_cnn", 51),
    ],
)
def test_a_decision_every_five_epochs(space, epochs):
    space = kd.search_spaces.get(space)
    assert Perturbation().extra_epochs(space) == epochs
    assert Perturbation(0).extra_epochs(space) == 1


def test_edges_come_in_a_random_order_and_nodes_after_them():
    result = ordered(kd.CellSpec.uniform(NAMES))
    edges, nodes = result[:14], result[14:]
    assert sorted(choice.edge for choice in edges) == list(range(14))
    assert sorted(choice.node for choice in nodes) == [3, 4, 5]
    assert [c.edge for c in edges] != list(range(14))
    assert result == ordered(kd.CellSpec.uniform(NAMES))
    assert result != ordered(kd.CellSpec.uniform(NAMES), seed=1)


def test_kinds_of_cells_have_orders_of_their_own():
    space = Perturbation().choices(kd.search_spaces.darts_cnn(), 3)
    assert space["normal"] != space["reduce"]
    assert space == Perturbation(seed=3).choices(
        kd.search_spaces.darts_cnn(), 0
    )


def test_the_candidate_stays_that_is_missed_most():
    score, calls = recorded(np.array([9.0, 1.0, 3.0, 2.0]))
    rows, scores = perturbation.made(
        perturbation.Choice(edge=1), SPEC, FLAT, score
    )
    np.testing.assert_array_equal(rows[1], ONE[2])
    assert list(rows) == [1]
    assert min(scores, key=scores.get) == "skip_connect"
    # The others keep their weights, and `none` can't be kept.
    assert calls == [
        (1, [0.25, 0.0, 0.25, 0.25]),
        (1, [0.25, 0.25, 0.0, 0.25]),
        (1, [0.25, 0.25, 0.25, 0.0]),
    ]


def test_of_candidates_missed_alike_the_first_stays():
    rows, _ = perturbation.made(
        perturbation.Choice(edge=0), SPEC, FLAT, lambda edge, row: 1.0
    )
    np.testing.assert_array_equal(rows[0], ONE[1])


def test_none_is_a_candidate_where_a_genotype_can_say_it():
    rows, scores = perturbation.made(
        perturbation.Choice(edge=0),
        FREE,
        np.full((6, 4), 0.25),
        lambda e, row: 0.0,
    )
    assert set(scores) == set(NAMES)
    np.testing.assert_array_equal(rows[0], ONE[0])
    assert all(choice.node is None for choice in ordered(FREE))


def test_edges_go_that_are_missed_least():
    spec = kd.CellSpec.uniform(NAMES, num_nodes=3)
    weights = ONE[[1, 1, 2, 2, 3, 1, 1, 1, 1]]
    worth = {5: 0.5, 6: 0.7, 7: 0.6, 8: 0.4}
    seen = []

    def score(edge, row):
        seen.append(row.tolist())
        return worth[edge]

    rows, scores = perturbation.made(
        perturbation.Choice(node=4), spec, weights, score
    )
    # Without 8 and 5 the score is lowest: these stay.
    assert set(rows) == {6, 7}
    assert not np.any(list(rows.values()))
    assert scores == worth
    assert seen == [NOTHING.tolist()] * 4


def test_a_decision_is_known_to_be_made_from_what_is_decided():
    decided, rows = np.zeros(5, bool), np.zeros((5, 4))
    edge, node = perturbation.Choice(edge=3), perturbation.Choice(node=3)
    assert not perturbation.is_made(edge, SPEC, decided, rows)
    decided[:], rows[:] = True, ONE[1]
    assert perturbation.is_made(edge, SPEC, decided, rows)
    assert not perturbation.is_made(node, SPEC, decided, rows)
    rows[4] = 0.0
    assert perturbation.is_made(node, SPEC, decided, rows)


def test_where_nothing_can_be_chosen_nothing_is_asked():
    spec = kd.CellSpec(
        (("none", "skip_connect"), ("skip_connect", "max_pool_3x3"))
    )
    assert ordered(spec) == [perturbation.Choice(edge=1)]
    assert [*perturbation.foregone(spec)] == [0]
    np.testing.assert_array_equal(perturbation.foregone(spec)[0], [0.0, 1.0])


def test_the_genotype_is_what_was_decided():
    space = kd.search_spaces.darts_cnn(2, 3, num_nodes=2, primitives=NAMES)
    rows = ONE[[1, 2, 3, 3, 2]]
    rows[3] = 0.0
    genotype = Perturbation()(space, {"normal": rows, "reduce": rows}, {})
    assert set(genotype.nodes("normal")[1]) == {
        ("sep_conv_3x3", 0),
        ("skip_connect", 2),
    }


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"criterion": "acuracy"}, "criterion"),
        ({"tune_epochs": -1}, "tune_epochs"),
        ({"batches": 0}, "batches"),
        ({"seed": 0.5}, "seed"),
    ],
)
def test_arguments_are_checked(options, named):
    with pytest.raises(ValueError, match=f"`{named}`.*Received"):
        Perturbation(**options)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"relaxation": "binary_gates"}, "relaxation"),
        ({"callbacks": [kd.callbacks.StopOnSkipConnects()]}, "callbacks"),
    ],
)
def test_pieces_that_prevent_decisions_are_refused(options, named):
    with pytest.raises(ValueError, match=f"`{named}`.*Perturbation"):
        kd.SearchStrategy(discretizer="perturbation", **options)


def test_the_learning_rate_falls_only_if_asked():
    recipe = kd.strategies.SearchRecipe()
    assert Perturbation().learning_rates(recipe) == (0.0025, 0.0025)
    falling = Perturbation(anneal=True)
    assert falling.learning_rates(recipe) == (0.0025, 1e-3)


def test_a_blank_search_trains_no_alpha():
    strategy = darts_pt(blank=True)
    assert strategy.callbacks[0].epochs is None
    assert kd.strategies.get(strategy.get_config()) == strategy
