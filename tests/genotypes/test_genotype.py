"""`Genotype`: what it holds, what it refuses and its round trips."""

import copy
import dataclasses
import pickle
import random

import pytest

from keras_darts import genotypes
from keras_darts.genotypes import Genotype

PAIRS = (("sep_conv_3x3", 0), ("skip_connect", 1))
TRIPLES = (("sep_conv_3x3", 2, 0), ("skip_connect", 4, 1), ("none", 4, 3))


def genotype(normal=PAIRS, normal_concat=(2,), **fields):
    fields = {"reduce": PAIRS, "reduce_concat": (2,), **fields}
    return Genotype(normal, normal_concat, **fields)


def random_pairs(rng):
    last = rng.randint(2, 8)
    pairs = [
        (rng.choice(["none", "skip_connect", "mine"]), rng.randrange(node))
        for node in range(2, last + 1)
        for _ in range(2)
    ]
    return pairs, rng.sample(range(2, last + 1), rng.randint(1, last - 1))


def random_triples(rng):
    """Some nodes are isolated, the last ones too, some by another's being."""
    last = rng.randint(2, 8)
    nodes = sorted(rng.choices(range(2, last + 1), k=rng.randint(0, 12)))
    triples = [("first", 2, 0)] + [
        (
            rng.choice(["none", "skip_connect", "mine"]),
            node,
            rng.randrange(node),
        )
        for node in nodes
    ]
    return triples, range(2, last + 1)


def random_genotype(rng):
    normal, normal_concat = rng.choice([random_pairs, random_triples])(rng)
    reduce, reduce_concat = rng.choice([random_pairs, random_triples])(rng)
    return Genotype(normal, normal_concat, reduce, reduce_concat)


def test_lists_and_ranges_become_tuples():
    made = genotype([["a", 0], ["b", 1]], range(2, 3))
    assert made.normal == (("a", 0), ("b", 1))
    assert made.normal_concat == (2,)


def test_equal_values_are_equal_and_hash_alike():
    first, second = genotype(), genotype(list(PAIRS), [2])
    assert first == second
    assert len({first, second}) == 1
    assert first != genotype(PAIRS[::-1])
    assert first != "Genotype"


def test_nothing_can_be_changed():
    made = genotype()
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.normal = ()
    with pytest.raises(dataclasses.FrozenInstanceError):
        del made.reduce


def test_copies_and_pickles_are_equal():
    made = genotype(TRIPLES, range(2, 5))
    assert copy.deepcopy(made) == made
    assert pickle.loads(pickle.dumps(made)) == made


def test_pairs_are_two_a_node():
    made = genotype(PAIRS + (("a", 2), ("b", 0)), (2, 3))
    assert made.nodes("normal") == (PAIRS, (("a", 2), ("b", 0)))
    assert made.nodes("reduce") == (PAIRS,)


def test_triples_are_grouped_by_node_and_nodes_may_be_empty():
    made = genotype(TRIPLES, range(2, 6))
    assert made.nodes("normal") == (
        (("sep_conv_3x3", 0),),
        (),
        (("skip_connect", 1), ("none", 3)),
        (),
    )


def test_triples_keep_the_order_inside_a_node_and_repeated_edges():
    triples = [("b", 3, 2), ("b", 2, 1), ("a", 3, 0), ("c", 3, 2)]
    nodes = genotype(triples, [3, 2]).nodes("normal")
    assert nodes == ((("b", 1),), (("b", 2), ("a", 0), ("c", 2)))


def test_isolated_nodes_and_what_hangs_on_them_can_be_left_out():
    triples = [("a", 2, 0), ("b", 4, 3), ("c", 5, 4), ("d", 5, 2), ("e", 6, 4)]
    made = genotype(triples, range(2, 8)).without_isolated_nodes()
    assert made.normal == (("a", 2, 0), ("d", 5, 2))
    assert made.normal_concat == (2, 5)
    assert made.nodes("normal") == ((("a", 0),), (), (), (("d", 2),))
    assert made.without_isolated_nodes() == made


def test_pairs_have_no_isolated_nodes():
    made = genotypes.get("nasnet_a")
    assert made.without_isolated_nodes() == made


def test_primitives_and_skips_are_those_in_use():
    made = genotype(TRIPLES, [2, 4])
    assert made.primitives() == ("none", "sep_conv_3x3", "skip_connect")
    assert made.num_skip_connects("normal") == 1
    assert genotypes.get("darts_v1").num_skip_connects("reduce") == 3


@pytest.mark.parametrize("method", ["nodes", "num_skip_connects"])
def test_other_cells_are_refused(method):
    with pytest.raises(ValueError, match="`cell` must be one of normal, red"):
        getattr(genotype(), method)("reduction")


@pytest.mark.parametrize(
    ("concat", "text"),
    [
        ([2, 3, 4], "range(2, 5)"),
        ([3], "range(3, 4)"),
        ([4, 2, 3], "[4, 2, 3]"),
        ((2, 4), "[2, 4]"),
    ],
)
def test_text_prints_a_range_when_contiguous(concat, text):
    made = genotype([(name, i % 2) for i in range(3) for name in "ab"], concat)
    assert f"normal_concat={text}, reduce" in made.to_text()


def test_str_is_the_text():
    assert str(genotype()) == genotype().to_text()


def test_random_genotypes_survive_text_and_json():
    rng = random.Random(0)
    for _ in range(300):
        made = random_genotype(rng)
        assert Genotype.from_text(made.to_text()) == made
        assert Genotype.from_text(f"NAME = {made}").to_text() == str(made)
        assert Genotype.from_json(made.to_json()) == made
        assert Genotype.from_text(made.to_text()).to_json() == made.to_json()
        assert genotypes.from_json(made.to_json()) == made


def test_random_genotypes_without_isolated_nodes_have_none_that_count():
    rng = random.Random(1)
    for _ in range(300):
        made = random_genotype(rng).without_isolated_nodes()
        assert made.without_isolated_nodes() == made
        for cell in ("normal", "reduce"):
            nodes = dict(enumerate(made.nodes(cell), 2))
            used = {edge[-1] for edge in getattr(made, cell)} - {0, 1}
            used.update(getattr(made, f"{cell}_concat"))
            assert all(nodes[node] for node in used)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"normal": ()}, "`normal` must not be empty"),
        ({"normal": PAIRS[:1]}, "`normal` must have two pairs a node.*1 pairs"),
        ({"normal": ["ab", "cd"]}, r"entries .*Received: normal\[0\]='ab'"),
        ({"normal": [("a", 0), ("b",)]}, r"Received: normal\[1\]=\('b',\)"),
        ({"normal": [("a", 0), ("b", 2, 1)]}, "`normal` must have .*one form"),
        ({"normal": [("a", 0), ("b c", 1)]}, "identifiers.*'b c'"),
        ({"normal": [("a", 0), ("", 1)]}, "`normal` must name its primitives"),
        ({"normal": [("a", 0), (1, 1)]}, "`normal` must name its primitives"),
        ({"normal": [("a", 0), ("b", 1.0)]}, "`normal` must have ints"),
        ({"normal": [("a", 0), ("b", True)]}, "`normal` must have ints"),
        (
            {"normal": [("a", 0), ("b", 2)]},
            r"0 to 1 at node 2.*input 2 in norm",
        ),
        ({"normal": [("a", 0), ("b", -1)]}, "input -1"),
        ({"normal": [("a", 3, 3)]}, "0 to 2 at node 3. Received: input 3"),
        ({"normal": [("a", 1, 0)]}, "`normal` must have nodes from 2 on"),
        ({"normal": [("a", 10**9, 0)]}, "`normal` must have indices below"),
        ({"normal_concat": []}, "`normal_concat` must not be empty"),
        ({"normal_concat": [2, 2]}, "`normal_concat` must name each node once"),
        (
            {"normal_concat": [2, 3]},
            "`normal_concat` must name nodes from 2 to",
        ),
        (
            {"normal_concat": [1, 2]},
            "`normal_concat` must name nodes from 2 to",
        ),
        ({"normal_concat": ["2"]}, "`normal_concat` must have ints"),
        ({"normal_concat": [[2]]}, "`normal_concat` must have ints"),
        ({"reduce_concat": range(2, 10**20)}, "`reduce_concat` must have at m"),
        (
            {"normal": TRIPLES, "normal_concat": [2, 4, 6]},
            "`normal_concat` must name nodes from 2 to 4",
        ),
        (
            {"normal": TRIPLES, "normal_concat": [3]},
            "`normal_concat` must name a node that has an input",
        ),
    ],
)
def test_bad_values_are_refused_by_name(fields, message):
    with pytest.raises(ValueError, match=message):
        genotype(**fields)


@pytest.mark.parametrize("value", [3, "ab", None, {2: 3}, {2}])
def test_other_containers_are_refused(value):
    for name in ("normal", "normal_concat", "reduce", "reduce_concat"):
        with pytest.raises(TypeError, match=f"`{name}` must be a list, a tup"):
            genotype(**{name: value})
