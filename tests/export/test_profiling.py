"""Cost tables that are measured or counted."""

import pytest

import keras_darts as kd
from keras_darts.profiling.cost_tables import line
from keras_darts.search_spaces.cost_table import places

SIZES = {"filters": 4, "num_cells": 3, "input_shape": (8, 8, 1)}


def space():
    names = ("none", "skip_connect", "max_pool_3x3", "sep_conv_3x3")
    return kd.search_spaces.darts_cnn(num_nodes=2, primitives=names)


def network(genotype, **sizes):
    return kd.networks.network_for(
        genotype, 10, auxiliary=False, **{**SIZES, **sizes}
    )


@pytest.mark.parametrize(
    "measure, count",
    [
        ("parameters", kd.analysis.count_parameters),
        ("macs", kd.analysis.count_macs),
    ],
)
def test_counts_are_those_of_networks(measure, count):
    table = kd.profiling.build_cost_table(space(), measure, **SIZES)
    for seed in (1, 2, 3):
        genotype = space().random_genotype(seed)
        assert table.predict(genotype) == count(network(genotype))


def test_counts_are_those_of_large_images_and_of_stages():
    large = {"input_shape": (128, 128, 3), "num_cells": 2}
    table = kd.profiling.build_cost_table(
        space(), "parameters", **{**SIZES, **large}
    )
    genotype = space().random_genotype(0)
    assert [cell.sides for cell in table.cells] == [(16, 16), (8, 8)]
    loaded = kd.analysis.count_parameters(network(genotype, **large))
    assert table.predict(genotype) == loaded
    stages = kd.search_spaces.nas_bench_201()
    table = kd.profiling.build_cost_table(stages, "macs", **SIZES)
    genotype = stages.random_genotype(4)
    loaded = kd.analysis.count_macs(network(genotype))
    assert table.predict(genotype) == loaded


def test_every_primitive_is_measured_at_every_place(tmp_path):
    pytest.importorskip("ai_edge_litert", reason="keras_darts[litert]")
    steps = []
    table = kd.profiling.build_cost_table(
        space(),
        **SIZES,
        num_networks=3,
        rounds=2,
        progress=lambda done, total: steps.append((done, total)),
    )
    results = {name.split()[0] for name in table.costs}
    assert results == {"skip_connect", "max_pool_3x3", "sep_conv_3x3"}
    assert len(table.costs) == len(places(space(), table.cells)) == 15
    for name, cost in table.costs.items():
        identity = name.startswith("skip_connect") and name.split()[2] == "1"
        assert (cost == 0) == identity, name
    assert len(table.facts["networks"]) == 3
    assert table.facts["runtime"].startswith("ai_edge_litert")
    assert steps[-1][0] == steps[-1][1]
    table.save(tmp_path / "table.json")
    again = kd.CostTable.load(tmp_path / "table.json")
    least, most = again.bounds(space())
    assert 0 < least < most


def test_a_line_never_falls_nor_begins_below_zero():
    assert line([1.0, 2.0], [2.0, 1.0])[1] == 0
    assert line([1.0, 2.0, 3.0], [0.5, 2.0, 3.5])[0] == 0


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["darts_rnn"], "`search_space` must be one for images"),
        (["text_cnn"], "`search_space` must be one for images"),
        (["darts_cnn", "watts"], "`measure` must be one of"),
    ],
)
def test_what_can_not_be_measured_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        kd.profiling.build_cost_table(*arguments)


@pytest.mark.parametrize("name", ["filters", "num_threads", "num_networks"])
def test_numbers_of_no_sense_are_named(name):
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        kd.profiling.build_cost_table("darts_cnn", **{name: 0})
