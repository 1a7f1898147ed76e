"""`RecurrentGenotype`: what it accepts, what it refuses and its forms."""

import dataclasses
import random

import pytest

from keras_darts import genotypes
from keras_darts.genotypes import RecurrentGenotype


def test_text_is_the_one_darts_prints():
    made = RecurrentGenotype([("relu", 0), ("tanh", 1)], range(1, 3))
    text = "Genotype(recurrent=[('relu', 0), ('tanh', 1)], concat=range(1, 3))"
    assert made.to_text() == str(made) == text
    assert RecurrentGenotype.from_text(f"X = {text}") == made


def test_it_is_hashable_equal_by_value_and_fixed():
    first = RecurrentGenotype((("relu", 0),), (1,))
    assert {first, RecurrentGenotype([["relu", 0]], [1])} == {first}
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.concat = (1,)


def test_random_genotypes_survive_text_and_json():
    rng = random.Random(0)
    for _ in range(200):
        nodes = rng.randint(1, 12)
        pairs = [
            (rng.choice("abc"), rng.randrange(n + 1)) for n in range(nodes)
        ]
        concat = rng.sample(range(1, nodes + 1), rng.randint(1, nodes))
        made = RecurrentGenotype(pairs, concat)
        assert RecurrentGenotype.from_text(made.to_text()) == made
        assert RecurrentGenotype.from_json(made.to_json()) == made
        assert genotypes.from_json(made.to_json()) == made


def test_primitives_are_those_in_use():
    primitives = genotypes.get("rnn_darts_v1").primitives()
    assert primitives == ("identity", "relu", "tanh")


@pytest.mark.parametrize(
    ("recurrent", "concat", "message"),
    [
        ([], [1], "`recurrent` must not be empty"),
        ([("relu", 1)], [1], "0 to 0 at node 1. Received: input 1 in recurr"),
        (
            [("relu", 1, 0)],
            [1],
            r"`recurrent` must have entries \(primitive, i",
        ),
        ([("relu", 0)], [], "`concat` must not be empty"),
        ([("relu", 0)], [0], "`concat` must name nodes from 1 to 1"),
        ([("relu", 0)], [1, 2], "`concat` must name nodes from 1 to 1"),
    ],
)
def test_bad_values_are_refused_by_name(recurrent, concat, message):
    with pytest.raises(ValueError, match=message):
        RecurrentGenotype(recurrent, concat)


def test_the_text_of_a_cell_network_is_refused():
    with pytest.raises(ValueError, match="must have recurrent, concat and"):
        RecurrentGenotype.from_text(genotypes.get("darts_v2").to_text())
