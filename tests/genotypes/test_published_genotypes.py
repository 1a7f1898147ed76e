"""The published genotypes, and that they need no numerical library."""

import os
import pathlib
import subprocess
import sys

import pytest

from keras_darts import genotypes
from keras_darts.genotypes import Genotype
from keras_darts.genotypes import RecurrentGenotype

TEXTS = {
    "darts_v1": (
        "Genotype(normal=[('sep_conv_3x3', 1), ('sep_conv_3x3', 0), "
        "('skip_connect', 0), ('sep_conv_3x3', 1), ('skip_connect', 0), "
        "('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('skip_connect', 2)], "
        "normal_concat=range(2, 6), reduce=[('max_pool_3x3', 0), "
        "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 0), "
        "('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), "
        "('avg_pool_3x3', 0)], reduce_concat=range(2, 6))"
    ),
    "darts_v2": (
        "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), "
        "('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 1), "
        "('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], "
        "normal_concat=range(2, 6), reduce=[('max_pool_3x3', 0), "
        "('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), "
        "('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), "
        "('max_pool_3x3', 1)], reduce_concat=range(2, 6))"
    ),
    "amoebanet_a": (
        "Genotype(normal=[('avg_pool_3x3', 0), ('max_pool_3x3', 1), "
        "('sep_conv_3x3', 0), ('sep_conv_5x5', 2), ('sep_conv_3x3', 0), "
        "('avg_pool_3x3', 3), ('sep_conv_3x3', 1), ('skip_connect', 1), "
        "('skip_connect', 0), ('avg_pool_3x3', 1)], "
        "normal_concat=range(4, 7), reduce=[('avg_pool_3x3', 0), "
        "('sep_conv_3x3', 1), ('max_pool_3x3', 0), ('sep_conv_7x7', 2), "
        "('sep_conv_7x7', 0), ('avg_pool_3x3', 1), ('max_pool_3x3', 0), "
        "('max_pool_3x3', 1), ('conv_7x1_1x7', 0), ('sep_conv_3x3', 5)], "
        "reduce_concat=[3, 4, 6])"
    ),
    "fair_darts_a": (
        "Genotype(normal=[('sep_conv_3x3', 2, 0), ('sep_conv_5x5', 2, 1), "
        "('max_pool_3x3', 4, 0), ('sep_conv_3x3', 5, 0)], "
        "normal_concat=range(2, 6), reduce=[('max_pool_3x3', 2, 0), "
        "('avg_pool_3x3', 2, 1), ('avg_pool_3x3', 3, 0), "
        "('dil_conv_5x5', 3, 1), ('avg_pool_3x3', 4, 0), "
        "('sep_conv_5x5', 4, 1), ('skip_connect', 5, 0), "
        "('skip_connect', 5, 1)], reduce_concat=range(2, 6))"
    ),
    "rnn_darts_v2": (
        "Genotype(recurrent=[('sigmoid', 0), ('relu', 1), ('relu', 1), "
        "('identity', 1), ('tanh', 2), ('sigmoid', 5), ('tanh', 3), "
        "('relu', 5)], concat=range(1, 9))"
    ),
    "rnn_enas": (
        "Genotype(recurrent=[('tanh', 0), ('tanh', 1), ('relu', 1), "
        "('tanh', 3), ('tanh', 3), ('relu', 3), ('relu', 4), ('relu', 7), "
        "('relu', 8), ('relu', 8), ('relu', 8)], "
        "concat=[2, 5, 6, 9, 10, 11])"
    ),
}
ROOT = pathlib.Path(__file__).parents[2]


@pytest.mark.parametrize("name", TEXTS)
def test_published_text_is_printed_and_read(name):
    made = genotypes.get(name)
    assert made.to_text() == TEXTS[name]
    assert type(made).from_text(TEXTS[name]) == made


@pytest.mark.parametrize("name", genotypes.list())
def test_every_published_genotype_survives_text_and_json(name):
    made = genotypes.get(name)
    assert type(made).from_text(made.to_text()) == made
    assert type(made).from_json(made.to_json()) == made
    assert genotypes.from_json(made.to_json()) == made
    cls = RecurrentGenotype if name.startswith("rnn_") else Genotype
    assert type(made) is cls


def test_the_promised_names_are_there():
    promised = {
        *("darts_v1", "darts_v2", "nasnet_a", "amoebanet_a"),
        *("pc_darts_cifar", "pc_darts_imagenet", "p_darts"),
        *(f"fair_darts_{letter}" for letter in "abcdefg"),
        *("rnn_darts_v1", "rnn_darts_v2", "rnn_enas"),
    }
    assert promised <= set(genotypes.list())
    assert len(set(map(genotypes.get, genotypes.list()))) == len(
        genotypes.list()
    )


def test_the_list_of_names_is_a_copy():
    genotypes.list().clear()
    assert "darts_v2" in genotypes.list()


def test_isolated_nodes_of_fair_darts_are_kept_as_published():
    made = genotypes.get("fair_darts_c")
    assert made.nodes("normal")[1] == ()
    assert ("skip_connect", 5, 3) in made.normal
    left = made.without_isolated_nodes()
    assert left.nodes("normal")[3] == (("sep_conv_3x3", 0),)
    assert left.normal_concat == (2, 4, 5)
    assert left.reduce == made.reduce


def test_names_are_found_in_any_case():
    assert genotypes.get("DARTS_V2") is genotypes.get("darts_v2")


@pytest.mark.parametrize("name", ["DARTS_V3", "darts_v22"])
def test_unknown_names_get_the_nearest_ones(name):
    with pytest.raises(
        ValueError, match="`name` must .*Did you mean .*darts_v2"
    ):
        genotypes.get(name)


@pytest.mark.parametrize("name", [None, 2, ["darts_v2"]])
def test_other_than_names_are_refused(name):
    with pytest.raises(ValueError, match="`name` must be one of"):
        genotypes.get(name)


def test_genotypes_import_no_numerical_library():
    script = (
        "import sys, keras_darts as kd; kd.genotypes.get('darts_v2'); "
        "kd.Genotype, kd.RecurrentGenotype, kd.NasBench201Genotype; "
        "print({'tensorflow', 'keras', 'numpy', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    )
    assert done.stdout.strip() == "set()"
