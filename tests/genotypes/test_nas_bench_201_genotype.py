"""`NasBench201Genotype`: the architecture string of the benchmark."""

import dataclasses
import random

import pytest

from keras_darts import genotypes
from keras_darts.genotypes import NasBench201Genotype
from keras_darts.genotypes.nas_bench_201_genotype import PRIMITIVES

TEXT = (
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|skip_connect~1|"
    "+|skip_connect~0|nor_conv_1x1~1|avg_pool_3x3~2|"
)


def test_text_is_the_string_of_the_benchmark():
    made = NasBench201Genotype.from_text(f" {TEXT}\n")
    assert made.edges == (
        "nor_conv_3x3",
        "nor_conv_3x3",
        "skip_connect",
        "skip_connect",
        "nor_conv_1x1",
        "avg_pool_3x3",
    )
    assert made.to_text() == str(made) == TEXT


def test_nodes_have_an_edge_from_every_earlier_state():
    nodes = NasBench201Genotype.from_text(TEXT).nodes()
    assert [[source for _, source in node] for node in nodes] == [
        [0],
        [0, 1],
        [0, 1, 2],
    ]
    assert nodes[2][1] == ("nor_conv_1x1", 1)


def test_skips_are_counted():
    assert NasBench201Genotype.from_text(TEXT).num_skip_connects() == 2


def test_it_is_hashable_equal_by_value_and_fixed():
    first = NasBench201Genotype(["none"])
    assert {first, NasBench201Genotype(("none",))} == {first}
    assert first.primitives() == ("none",)
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.edges = ()


def test_random_genotypes_survive_text_and_json():
    rng = random.Random(0)
    for edges in [1, 3, 6, 10, 15] * 40:
        made = NasBench201Genotype(rng.choices(PRIMITIVES, k=edges))
        assert NasBench201Genotype.from_text(made.to_text()) == made
        assert NasBench201Genotype.from_json(made.to_json()) == made
        assert genotypes.from_json(made.to_json()) == made


@pytest.mark.parametrize("edges", [2, 4, 5, 7])
def test_a_cell_must_be_whole(edges):
    with pytest.raises(ValueError, match=f"`edges` must have one.*{edges} in"):
        NasBench201Genotype(["none"] * edges)


@pytest.mark.parametrize("edges", [[], [["none"]], ["nor_conv_3x4"], [0]])
def test_bad_edges_are_refused_by_name(edges):
    with pytest.raises(ValueError, match="`edges` must"):
        NasBench201Genotype(edges)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "|",
        "||",
        "none~0",
        "|none~0",
        "|none|",
        "|none~1|",
        "|none~00|",
        "|none~0||",
        "|none~0|+",
        "|none~0|+|none~0|",
        "|none~0|+|none~1|none~0|",
        "|none~0|+|none~0|none~1|none~2|",
    ],
)
def test_other_text_is_refused_with_what_was_found(text):
    with pytest.raises(ValueError, match="`text` must be like .*Received"):
        NasBench201Genotype.from_text(text)


def test_other_primitives_get_the_nearest_names():
    with pytest.raises(ValueError, match="Did you mean nor_conv_3x3"):
        NasBench201Genotype.from_text("|nor_conv_3x4~0|")
