"""One table: every registered piece goes through every contract it has.

A new piece is tested here by being registered.
"""

import functools

import pytest

from keras_darts import architects
from keras_darts import connections
from keras_darts import discretizers
from keras_darts import primitives
from keras_darts import profiling
from keras_darts import regularizers
from keras_darts import relaxations
from keras_darts import search_spaces
from keras_darts import strategies
from keras_darts import testing
from keras_darts.connections import FullConnection

SLOTS = (
    (relaxations, testing.run_relaxation_test),
    (connections, testing.run_connection_test),
    (architects, testing.run_architect_test),
    (regularizers, testing.run_regularizer_test),
    (discretizers, testing.run_discretizer_test),
)
RECURRENT = search_spaces.darts_rnn(2, hidden_size=4)
# Nodes of recurrent cells have one input each, which these don't decide.
NOT_FOR_RECURRENT = ("argmax", "perturbation", "threshold")
FOR_RECURRENT = (discretizers.BestOfSamples, discretizers.TopK)


# Those that need no table of the space.
ALONE = sorted({*discretizers.registry.names()} - {"cost_constrained"})


def fitting_strategies():
    """Those that a recurrent cell can have, one of each kind of step."""
    by_config = {}
    for name in strategies.names():
        strategy = strategies.get(name)
        # Others mix channels, which a recurrent cell has not.
        full = strategy.connection == FullConnection()
        rule = strategy.discretizer
        if full and (rule is None or isinstance(rule, FOR_RECURRENT)):
            config = {**strategy.get_config(), "callbacks": [], "recipe": None}
            by_config.setdefault(repr({**config, "citations": []}), name)
    return sorted({*by_config.values()} - {"proxyless"})


def made(slot, name):
    """A piece by its name, and by what it can't do without."""
    if name == "cost_constrained":
        return discretizers.CostConstrained(cost_table(), target=5000.0)
    return slot.get(name)


@functools.cache
def cost_table():
    return profiling.build_cost_table("darts_cnn", "parameters", **SIZES)


FITTING = fitting_strategies()
SIZES = {"filters": 4, "num_cells": 3, "input_shape": (8, 8, 1)}
PIECES = [
    pytest.param(slot, name, check, id=f"{slot.registry.argument}-{name}")
    for slot, check in SLOTS
    for name in slot.registry.names()
]


@pytest.mark.parametrize("name", primitives.names())
def test_primitive(name):
    testing.run_primitive_test(name)


@pytest.mark.parametrize("name", search_spaces.names())
def test_search_space(name):
    testing.run_search_space_test(name)


@pytest.mark.parametrize("name", strategies.names())
def test_strategy(name):
    testing.run_strategy_test(name)


@pytest.mark.parametrize("name", FITTING)
def test_strategy_for_recurrent_cells(name):
    testing.run_strategy_test(name, RECURRENT)


@pytest.mark.parametrize("name", ("fair_darts", "p_darts", "proxyless", "snas"))
def test_strategy_that_means_nothing_for_recurrent_cells(name):
    with pytest.raises(ValueError, match="recurrent cell|recurrent search"):
        testing.run_strategy_test(name, RECURRENT)


@pytest.mark.parametrize("name", architects.registry.names())
def test_architect_for_recurrent_cells(name):
    testing.run_architect_test(architects.get(name), RECURRENT)


@pytest.mark.parametrize("space", search_spaces.names())
@pytest.mark.parametrize("name", ALONE)
def test_discretizer_for_each_space(name, space):
    discretizer = discretizers.get(name)
    recurrent = search_spaces.get(space).task == "language_modeling"
    if recurrent and name in NOT_FOR_RECURRENT:
        with pytest.raises(ValueError, match="`discretizer` must"):
            testing.run_discretizer_test(discretizer, space)
    else:
        testing.run_discretizer_test(discretizer, space)


@pytest.mark.parametrize(("slot", "name", "check"), PIECES)
def test_piece(slot, name, check):
    check(made(slot, name))


@pytest.mark.parametrize(("slot", "name", "check"), PIECES)
def test_piece_comes_back_from_its_config(slot, name, check):
    piece = made(slot, name)
    config = slot.serialize(piece)
    assert config["name"] == name
    assert slot.serialize(slot.get(config)) == config
    assert slot.serialize(slot.clone(piece)) == config
    assert slot.get(piece) is piece
