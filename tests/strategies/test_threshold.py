"""The rules of FairDARTS, and the bound on skip-connections of P-DARTS."""

import numpy as np
import pytest

import keras_darts as kd
from keras_darts.discretizers import Threshold
from keras_darts.discretizers import TopK
from keras_darts.search_spaces import darts_cnn

NAMES = ("skip_connect", "max_pool_3x3", "sep_conv_3x3")
SPACE = darts_cnn(primitives=NAMES, num_nodes=2)
# Edges in order: 2<-0, 2<-1, 3<-0, 3<-1, 3<-2.
GATES = np.array(
    [
        [0.90, 0.10, 0.95],
        [0.10, 0.10, 0.20],
        [0.86, 0.85, 0.99],
        [0.10, 0.80, 0.10],
        [0.84, 0.10, 0.10],
    ]
)


def derived(rule, gates=GATES, space=SPACE):
    return rule(space, {"normal": gates, "reduce": gates}, {}).normal


def test_sparse_asks_the_two_best_edges_of_each_node():
    # Of node 3 the second best edge, from 2 with 0.84, is too weak.
    assert derived(Threshold(0.85)) == (
        ("sep_conv_3x3", 2, 0),
        ("sep_conv_3x3", 3, 0),
    )
    assert derived(Threshold(0.84)) == (
        ("sep_conv_3x3", 2, 0),
        ("sep_conv_3x3", 3, 0),
        ("skip_connect", 3, 2),
    )


def test_edge_asks_two_candidates_of_every_edge():
    assert derived(Threshold(0.85, "edge")) == (
        ("sep_conv_3x3", 0),
        ("skip_connect", 0),
        ("sep_conv_3x3", 0),
        ("skip_connect", 0),
    )
    one = Threshold(0.85, "edge", per_edge=1)
    assert derived(one) == (("sep_conv_3x3", 2, 0), ("sep_conv_3x3", 3, 0))
    assert derived(Threshold(0.8, "edge"))[-2:] == (
        ("max_pool_3x3", 3, 1),
        ("skip_connect", 3, 2),
    )


@pytest.mark.parametrize("form", ["sparse", "edge"])
def test_the_widest_gate_stays_if_none_is_wide_enough(form):
    assert derived(Threshold(0.999, form)) == (("sep_conv_3x3", 3, 0),)


def test_none_is_no_candidate_however_wide_its_gate():
    space = darts_cnn(primitives=("none", "skip_connect"), num_nodes=1)
    gates = np.array([[1.0, 0.9], [1.0, 0.2]])
    for form in ("sparse", "edge"):
        result = derived(Threshold(0.85, form), gates, space)
        assert result == (("skip_connect", 2, 0),)


def test_a_network_is_made_of_what_is_left():
    genotype = Threshold(0.85, "edge")(
        SPACE, {"normal": GATES, "reduce": GATES}, {}
    )
    network = kd.networks.CifarNetwork(
        genotype, 3, 4, 3, auxiliary=False, input_shape=(8, 8, 1)
    )
    assert network(np.zeros((1, 8, 8, 1))).shape == (1, 3)


def skips(genotype):
    return genotype.num_skip_connects("normal")


@pytest.mark.parametrize("bound", range(5))
def test_no_more_skips_than_the_bound_says(bound):
    weights = np.full((14, 8), 0.1)
    weights[:, 3] = np.linspace(0.2, 0.3, 14)
    weights[:, 4] = np.linspace(0.16, 0.15, 14)
    both = {"normal": weights, "reduce": weights}
    free = TopK()(darts_cnn(), both, {})
    bounded = TopK(max_skip_connects=bound)(darts_cnn(), both, {})
    assert skips(free) == 8
    assert skips(bounded) == bound
    assert bounded.reduce == free.reduce


def test_the_weakest_skip_goes_first_and_its_edge_with_it():
    space = darts_cnn(primitives=("skip_connect", "sep_conv_3x3"), num_nodes=1)
    weights = np.array([[0.9, 0.1], [0.8, 0.2]])
    bounded = TopK(max_skip_connects=1)
    assert derived(bounded, weights, space) == (
        ("skip_connect", 0),
        ("sep_conv_3x3", 1),
    )


def test_an_edge_without_choice_keeps_its_skip():
    space = darts_cnn(primitives=("none", "skip_connect"), num_nodes=1)
    weights = np.array([[0.1, 0.9], [0.2, 0.8]])
    result = derived(TopK(max_skip_connects=0), weights, space)
    assert [name for name, _ in result] == ["skip_connect"] * 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Threshold(form="dense"), "`form` must be"),
        (lambda: Threshold(per_edge=0), "`per_edge` must be"),
        (lambda: TopK(max_skip_connects=-1), "`max_skip_connects` must be"),
    ],
)
def test_settings_that_make_no_rule_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
