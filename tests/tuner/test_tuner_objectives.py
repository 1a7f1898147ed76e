"""The figures of trained networks, and which way is better."""

import importlib.util

import keras
import keras_tuner
import numpy as np
import pytest

import keras_darts as kd
from keras_darts.search.mixed_precision import default_policy
from keras_darts.tuner import objectives

LOGS = {"val_accuracy": 0.75, "val_loss": 0.5}


def image_network(filters=2):
    return kd.networks.CifarNetwork(
        "darts_v2",
        filters=filters,
        num_cells=2,
        auxiliary=False,
        input_shape=(8, 8, 1),
    )


def language_network():
    return kd.networks.RecurrentLanguageModel(
        "rnn_darts_v2", vocabulary_size=50, embedding_size=4, hidden_size=4
    )


def text_network():
    return kd.networks.TextNetwork(
        kd.search_spaces.text_cnn().random_genotype(0),
        vocabulary_size=50,
        filters=2,
        num_cells=1,
        sequence_length=8,
    )


@pytest.fixture(scope="module")
def network():
    return image_network()


@pytest.fixture
def file(network, tmp_path):
    return kd.export.litert(network, tmp_path / "network.tflite")


@pytest.mark.parametrize(
    "name, direction",
    [
        ("val_accuracy", "max"),
        ("val_loss", "min"),
        ("val_auc", "max"),
        ("parameters", "min"),
        ("macs", "min"),
        ("size", "min"),
        ("latency", "min"),
    ],
)
def test_the_better_direction_of_a_name_is_known(name, direction):
    objective = objectives.get(name)
    assert (objective.name, objective.direction) == (name, direction)


def test_several_names_become_what_keras_tuner_takes():
    objective = objectives.get(["val_accuracy", "parameters"])
    assert all(isinstance(one, keras_tuner.Objective) for one in objective)
    oracle = keras_tuner.oracles.RandomSearchOracle(objective)
    assert oracle.objective.name == "multi_objective"
    expected = {"val_accuracy": "max", "parameters": "min"}
    assert objectives.directions(oracle.objective) == expected


def test_objectives_of_keras_tuner_are_taken_as_they_are():
    own = keras_tuner.Objective("harvest", "max")
    assert objectives.get(own) is own
    assert objectives.directions([own]) == {"harvest": "max"}


@pytest.mark.parametrize(
    "objective, error, message",
    [
        ("val_acuracy", ValueError, "Did you mean val_accuracy"),
        ("harvest", ValueError, r"keras_tuner.Objective\('harvest'"),
        ("harvest", ValueError, "latency, macs, parameters, size, val_acc"),
        ([], ValueError, r"different ones. Received: objective=\[\]"),
        (["size", "size"], ValueError, "different ones"),
        (3, TypeError, "Received: objective=3"),
    ],
)
def test_an_unknown_objective_is_refused(objective, error, message):
    with pytest.raises(error, match=message):
        objectives.get(objective)


def test_without_the_runtime_latency_is_refused_before_anything_is_trained(
    monkeypatch,
):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == "ai_edge_litert" else find(name),
    )
    with pytest.raises(ImportError, match=r"pip install keras_darts\[litert\]"):
        objectives.get(["val_accuracy", "latency"])
    assert objectives.get("size").direction == "min"


def test_counts_are_those_of_the_analysis(network):
    names = ["parameters", "macs"]
    expected = {
        "parameters": kd.analysis.count_parameters(network),
        "macs": kd.analysis.count_macs(network),
    }
    assert objectives.measure(network, names, LOGS) == expected


def test_size_and_latency_are_those_of_the_litert_file(network, file):
    figures = objectives.measure(network, ["size", "latency"], {})
    # The converter numbers the functions that it has made in a process.
    assert figures["size"] == pytest.approx(file.stat().st_size, rel=0.02)
    again = objectives.median_latency(file)
    assert again / 20 < figures["latency"] < again * 20


def test_the_latency_of_a_heavier_file_is_longer(file, tmp_path):
    heavy = keras.Sequential(
        [keras.Input((64, 64, 3)), keras.layers.Conv2D(64, 7)]
        + [keras.layers.GlobalAveragePooling2D()]
    )
    heavy = kd.export.litert(heavy, tmp_path / "heavy.tflite")
    assert objectives.median_latency(heavy) > 2 * objectives.median_latency(
        file
    )


def test_only_what_is_asked_for_is_measured(network, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("measured without being asked for")

    monkeypatch.setattr(objectives.export, "litert", refuse)
    monkeypatch.setattr(objectives.analysis, "count_macs", refuse)
    names = ["val_accuracy", "parameters"]
    figures = objectives.measure(network, names, LOGS)
    assert list(figures) == names and figures["val_accuracy"] == 0.75


def test_a_figure_that_nobody_has_is_named_with_those_there_are(network):
    with pytest.raises(ValueError, match="val_loss.*Received: .*'val_auc'"):
        objectives.measure(network, ["val_auc"], LOGS)


def test_of_running_text_a_token_is_counted():
    network = language_network()
    # The first state of input and hidden state, each node, and the decoder.
    nodes = len(network.genotype.recurrent)
    expected = (4 + 4) * 2 * 4 + nodes * 4 * 2 * 4 + 4 * 50
    assert objectives.measure(network, ["macs"], {}) == {"macs": expected}


@pytest.mark.parametrize("make", [text_network, language_network])
def test_networks_of_text_are_measured_too(make):
    names = ["parameters", "macs", "size", "latency"]
    figures = objectives.measure(make(), names, {})
    assert list(figures) == names and all(v > 0 for v in figures.values())


def test_a_network_in_half_precision_is_measured_in_float32(network):
    with default_policy("mixed_bfloat16"):
        half = image_network()
    half.set_weights(network.get_weights())
    copy = objectives._in_float32(half)
    images = np.random.default_rng(0).random((2, 8, 8, 1), "float32")
    np.testing.assert_allclose(copy(images), network(images), rtol=1e-5)
    assert objectives.measure(half, ["size"], {})["size"] > 0
