"""Tables of costs: what they add up, keep and refuse."""

import json

import numpy as np
import pytest
from small_costs import space
from small_costs import table

import keras_darts as kd
from keras_darts.search_spaces import cost_table


def genotype(normal, reduce):
    return kd.Genotype(normal, (2, 3), reduce, (2, 3))


def test_an_architecture_costs_what_its_primitives_do_in_all_cells():
    cell = (
        ("sep_conv_3x3", 0),
        ("skip_connect", 1),
        ("max_pool_3x3", 0),
        ("sep_conv_3x3", 2),
    )
    normal = 8 + 0.5 + 2 + 8
    reduce = 8 / 2 + 0.5 / 2 + 2 / 2 + 8 / 4
    expected = 3 + 2 * (2 * normal + reduce)
    assert table().predict(genotype(cell, cell)) == pytest.approx(expected)


def test_bounds_are_the_costs_of_real_architectures():
    least, most = table().bounds(space())
    slow = (("sep_conv_3x3", 0), ("sep_conv_3x3", 1)) * 2
    fast = (("skip_connect", 0), ("skip_connect", 1))
    # Behind a reduction everything costs half as much again.
    fast_reduce = (*fast, ("skip_connect", 2), ("skip_connect", 0))
    assert most == table().predict(genotype(slow, slow))
    assert least == table().predict(genotype(fast * 2, fast_reduce))
    for seed in range(20):
        drawn = table().predict(space().random_genotype(seed))
        assert least <= drawn <= most


def test_a_file_gives_the_table_back(tmp_path):
    table(facts={"threads": 1}).save(tmp_path / "table.json")
    assert cost_table.get(tmp_path / "table.json") == table(
        facts={"threads": 1}
    )
    assert cost_table.get(str(tmp_path / "table.json")).unit == "ms"


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"format": "another"}', '{"cells": 3}']
)
def test_a_damaged_file_is_refused(tmp_path, damage):
    (tmp_path / "table.json").write_text(damage)
    with pytest.raises(ValueError, match="`table` must be the JSON file"):
        cost_table.get(tmp_path / "table.json")
    with pytest.raises(ValueError, match="missing.json"):
        cost_table.get(tmp_path / "missing.json")


def test_a_file_without_a_field_is_refused(tmp_path):
    config = table().get_config()
    for name in ("cells", "costs", "measure", "format"):
        left = {k: v for k, v in config.items() if k != name}
        (tmp_path / "table.json").write_text(json.dumps(left))
        with pytest.raises(ValueError, match="`table` must be the JSON file"):
            cost_table.get(tmp_path / "table.json")


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"measure": "watts"}, "`measure` must be one of"),
        ({"fixed": -1.0}, "must be finite and not negative"),
        ({"scale": np.nan}, "must be finite and not negative"),
    ],
)
def test_a_table_of_no_sense_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        table(**settings)


def test_what_the_table_lacks_is_named():
    other = kd.search_spaces.darts_cnn(4, 3, num_nodes=1)
    with pytest.raises(ValueError, match="without 'avg_pool_3x3 4 1 8x8'"):
        table().edge_costs(other)
    with pytest.raises(ValueError, match="`table` must be one of"):
        table().edge_costs(kd.search_spaces.nas_bench_201())
    with pytest.raises(TypeError, match="`table` must be a CostTable"):
        cost_table.get(3)
