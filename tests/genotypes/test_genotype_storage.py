"""Genotypes as versioned JSON, in strings and in files."""

import json

import pytest

from keras_darts import genotypes
from keras_darts.genotypes import Genotype
from keras_darts.genotypes import NasBench201Genotype
from keras_darts.genotypes import RecurrentGenotype

GENOTYPES = {
    "cell": genotypes.get("fair_darts_a"),
    "recurrent": genotypes.get("rnn_enas"),
    "nas_bench_201": NasBench201Genotype(["none"]),
}


def changed(**fields):
    """The JSON of a genotype with some of its keys replaced."""
    return json.dumps({**json.loads(GENOTYPES["cell"].to_json()), **fields})


@pytest.mark.parametrize("genotype_type", GENOTYPES)
def test_json_names_schema_version_and_kind(genotype_type):
    document = json.loads(GENOTYPES[genotype_type].to_json())
    assert list(document)[:3] == ["schema", "version", "genotype_type"]
    assert document["schema"] == "keras_darts/genotype"
    assert document["version"] == 1
    assert document["genotype_type"] == genotype_type


@pytest.mark.parametrize("genotype_type", GENOTYPES)
def test_files_give_back_what_was_saved(genotype_type, tmp_path):
    path = tmp_path / "new" / "genotype.json"
    genotypes.save(GENOTYPES[genotype_type], path)
    assert genotypes.load(path) == GENOTYPES[genotype_type]
    assert genotypes.load(str(path)) == GENOTYPES[genotype_type]
    assert [file.name for file in path.parent.iterdir()] == ["genotype.json"]


def test_saving_replaces_the_whole_file(tmp_path):
    path = tmp_path / "genotype.json"
    path.write_text("x" * 10_000)
    genotypes.save(GENOTYPES["recurrent"], path)
    assert path.read_text() == GENOTYPES["recurrent"].to_json() + "\n"


def test_a_failed_save_leaves_nothing_behind(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(ValueError, match="`path` must be the path of a file"):
        genotypes.save(GENOTYPES["cell"], tmp_path / "taken")
    assert [file.name for file in tmp_path.iterdir()] == ["taken"]


def test_only_genotypes_are_saved(tmp_path):
    with pytest.raises(TypeError, match="`genotype` must be a genotype"):
        genotypes.save("darts_v2", tmp_path / "genotype.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("string", "message"),
    [
        ("", "`string` must be the JSON"),
        ("{", "`string` must be the JSON"),
        ("[" * 10**5, "`string` must be the JSON"),
        ("[]", "`string` must be a JSON object"),
        ("{}", "`string` must have schema .* Received: schema=None"),
        (
            changed(version=2),
            "schema 'keras_darts/genotype' and version 1. Received: "
            "schema='keras_darts/genotype', version=2",
        ),
        (changed(schema="other"), "Received: schema='other', version=1"),
        (
            changed(genotype_type="Cell"),
            "`genotype_type` must be one of cell, .*mean cell",
        ),
        (changed(genotype_type=["cell"]), "`genotype_type` must be one of"),
        (
            changed(genotype_type="recurrent"),
            "must have recurrent, concat and nothing",
        ),
        (changed(more=1), "must have normal, normal_concat, .*'more'"),
        (changed(normal=3), "`normal` must be a list"),
        (changed(normal=[["a", "0"]]), "`normal` must have ints"),
        (changed(reduce_concat=[9]), "`reduce_concat` must name nodes"),
    ],
)
def test_other_json_is_refused_with_what_was_found(string, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        genotypes.from_json(string)
    path = tmp_path / "genotype.json"
    path.write_text(string)
    with pytest.raises(ValueError, match="`path` must be.*genotype.json.*`"):
        genotypes.load(path)


def test_a_class_reads_its_own_kind_only():
    with pytest.raises(
        ValueError, match="'cell' to be a Genotype.*'recurrent'"
    ):
        Genotype.from_json(GENOTYPES["recurrent"].to_json())
    with pytest.raises(ValueError, match="to be a RecurrentGenotype.*'cell'"):
        RecurrentGenotype.from_json(GENOTYPES["cell"].to_json())


def test_json_must_be_a_string():
    with pytest.raises(TypeError, match="`string` must be a string"):
        genotypes.from_json({"genotype_type": "cell"})


def test_files_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "genotype.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="`path` must be a genotype file"):
        genotypes.load(path)
