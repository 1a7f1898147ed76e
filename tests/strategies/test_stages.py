"""Stages: fewer candidates, deeper supernets, epochs in proportion."""

import dataclasses
import math

import numpy as np
import pytest

import keras_darts as kd
from keras_darts import strategies
from keras_darts.strategies import Stage
from keras_darts.strategies.stage import stage_epochs

SPACE = kd.search_spaces.darts_cnn(
    4, 5, num_nodes=1, primitives=("none", "skip_connect", "sep_conv_3x3")
)


@pytest.mark.parametrize(
    ("lengths", "epochs", "expected"),
    (
        ((25, 25, 25), 75, [25, 25, 25]),
        ((25, 25, 25), 3, [1, 1, 1]),
        ((25, 25, 25), 7, [2, 3, 2]),
        ((1, 9), 2, [1, 1]),
        ((9, 1), 2, [1, 1]),
        ((10, 30), 8, [2, 6]),
    ),
)
def test_epochs_are_divided_in_proportion_and_each_stage_has_one(
    lengths, epochs, expected
):
    result = stage_epochs([Stage(length) for length in lengths], epochs)
    assert result == expected


def test_fewer_epochs_than_stages_are_refused():
    with pytest.raises(ValueError, match="`epochs` must be 2 or more"):
        stage_epochs([Stage(), Stage()], 1)


def test_the_strongest_candidates_stay_in_the_order_they_had():
    weights = {
        "normal": np.array([[0.2, 0.5, 0.3], [0.4, 0.1, 0.5]]),
        "reduce": np.array([[0.3, 0.3, 0.3], [0.1, 0.1, 0.8]]),
    }
    space = Stage(num_candidates=2).space_from(SPACE, weights)
    assert space.normal.primitives == (
        ("skip_connect", "sep_conv_3x3"),
        ("none", "sep_conv_3x3"),
    )
    # Of equals the first.
    assert space.reduce.primitives[0] == ("none", "skip_connect")


def test_an_edge_with_fewer_candidates_keeps_them():
    spec = dataclasses.replace(
        SPACE.normal, primitives=(("skip_connect",), ("none", "sep_conv_3x3"))
    )
    space = SPACE.with_cells({"normal": spec})
    weights = {cell_type: np.ones((2, 3)) / 3 for cell_type in space.cells}
    left = Stage(num_candidates=2).space_from(space, weights)
    assert left.normal == spec


def test_depth_is_a_multiple_of_the_whole_space_s():
    weights = {cell_type: np.ones((2, 3)) / 3 for cell_type in SPACE.cells}
    depths = [
        stage.space_from(SPACE, weights, depth=5).num_cells
        for stage in strategies.get("p_darts").stages
    ]
    assert depths == [5, 11, 17]


def test_p_darts_keeps_eight_five_and_three_candidates():
    stages = strategies.get("p_darts").stages
    assert [stage.num_candidates for stage in stages] == [None, 5, 3]
    assert all(stage.reinitialize for stage in stages)


def test_p_darts_dropout_falls_linearly_then_exponentially():
    schedules = [
        strategies.get("p_darts").at_stage(index).callbacks[-1].schedule
        for index in range(3)
    ]
    for rate, schedule in zip((0.1, 0.4, 0.7), schedules, strict=True):
        results = [schedule(epoch, epochs=25) for epoch in range(25)]
        assert results[0] == pytest.approx(rate * 24 / 25)
        assert results[9] == pytest.approx(rate * 15 / 25)
        assert results[10] == pytest.approx(rate)
        assert results[24] == pytest.approx(rate * math.exp(-0.2 * 14))


def test_dr_nas_mixes_a_sixth_and_then_a_quarter_of_the_channels():
    strategy = strategies.get("dr_nas_progressive")
    of_stages = [strategy.at_stage(index).connection.k for index in range(2)]
    assert of_stages == [6, 4]
    assert strategy.stages[1].num_candidates == 4
    assert not strategy.stages[1].reinitialize


def test_pieces_of_stages_are_copies():
    strategy = strategies.get("p_darts")
    one, other = strategy.at_stage(1), strategy.at_stage(1)
    assert one.callbacks[-1] is not other.callbacks[-1]
    assert one.relaxation is not other.relaxation


@pytest.mark.parametrize(
    ("options", "message"),
    (
        ({"epochs": 0}, "`epochs` must be"),
        ({"num_candidates": 1}, "`num_candidates` must be 2 or more"),
        ({"depth_multiplier": 0}, "`depth_multiplier` must be a positive"),
        ({"connection": "fulll"}, "`connection`"),
    ),
)
def test_a_stage_refuses_what_can_not_be(options, message):
    with pytest.raises(ValueError, match=message):
        Stage(**options)


def test_stages_are_a_list_of_stages():
    with pytest.raises(TypeError, match="`stages` must be a list of Stage"):
        kd.SearchStrategy(stages=["first"])


def test_a_contradiction_in_a_stage_is_refused_in_the_constructor():
    round_twice = kd.connections.AuxiliarySkip(kd.connections.AuxiliarySkip())
    with pytest.raises(ValueError, match="`base` must be another"):
        kd.SearchStrategy(stages=[Stage(connection=round_twice)])


@pytest.mark.parametrize(
    ("pieces", "message"),
    (
        ({"discretizer": "perturbation"}, "`stages` must be left out"),
        (
            {"relaxation": "categorical", "architect": "reinforce"},
            "`stages` must start over for Categorical",
        ),
    ),
)
def test_stages_are_refused_where_they_mean_nothing(pieces, message):
    stages = [Stage(), Stage(num_candidates=2, reinitialize=False)]
    with pytest.raises(ValueError, match=message):
        kd.SearchStrategy(stages=stages, **pieces)
