"""Keras' own files, and weights alone: the same comes back, to the last bit."""

import json
import sys

import keras
import numpy as np
import pytest

import keras_darts as kd
from keras_darts import export
from keras_darts.export.weights import named_weights

safetensors = pytest.importorskip(
    "safetensors", reason="pip install keras_darts[safetensors]"
)

GENOTYPE = (
    "|nor_conv_1x1~0|+|none~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|"
)


def _network(**settings):
    sizes = {"filters": 2, "num_cells": 1, "input_shape": (8, 8, 1)}
    return kd.networks.NasBench201Network(GENOTYPE, 2, **{**sizes, **settings})


def _contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def trained():
    network = _network()
    network.compile("adam", "mse")
    rng = np.random.default_rng(0)
    x, y = rng.random((4, 8, 8, 1)), rng.random((4, 2))
    network.fit(x, y, epochs=1, verbose=0)
    return network


@pytest.mark.parametrize("form", ["keras", "safetensors"])
def test_the_card_says_that_nothing_differs(form, trained, tmp_path):
    samples = np.random.default_rng(1).random((3, 8, 8, 1))
    path = tmp_path / f"net.{form}"
    # It was trained on squared errors, but names classes.
    file = getattr(export, form)(
        trained,
        path,
        labels=["even", "odd"],
        samples=samples,
        activation="softmax",
    )
    card = export.model_card(file)
    assert card["format"] == form
    assert card["labels"] == ["even", "odd"]
    assert card["training"]["epochs"] == 1
    assert card["parity"]["samples"] == 3
    assert card["parity"]["max_logit_difference"] == 0.0
    assert card["parity"]["top1_agreement"] == 1.0
    assert len(_contents(tmp_path)) == 2


def test_a_keras_file_trains_on_as_before(trained, tmp_path):
    file = export.keras(trained, tmp_path / "net.keras")
    loaded = keras.models.load_model(file)
    for before, after in zip(
        trained.variables + trained.optimizer.variables,
        loaded.variables + loaded.optimizer.variables,
        strict=True,
    ):
        np.testing.assert_array_equal(before, after)


@keras.saving.register_keras_serializable(package="test_weights_files")
class Forgetful(keras.Model):
    """Its config holds nothing of what it was made with."""

    def __init__(self, units=2, slope=1.0):
        super().__init__()
        self.units, self.slope = units, slope
        self.input_shape = (4, 4, 1)
        self.flatten = keras.layers.Flatten()
        self.head = keras.layers.Dense(units)
        self(np.zeros((1, 4, 4, 1), "float32"))

    def call(self, images):
        return self.slope * self.head(self.flatten(images))

    def get_config(self):
        return {}


def test_a_keras_file_of_another_network_is_not_kept(tmp_path):
    export.keras(Forgetful(), tmp_path / "net.keras")
    before = _contents(tmp_path)
    with pytest.raises(RuntimeError, match="logits of what was read back"):
        export.keras(Forgetful(slope=2.0), tmp_path / "net.keras")
    assert _contents(tmp_path) == before


def test_names_are_of_attributes_and_the_same_for_each_network(trained):
    # Keras numbers the layers of the second network otherwise.
    other = _network()
    assert trained.weights[0].path != other.weights[0].path
    names = list(named_weights(trained))
    assert list(named_weights(other)) == names
    expected = {"stem.kernel", "stem.bn.moving_mean", "blocks.0.ops.0.kernel"}
    assert expected < {*names}


def test_every_weight_has_one_name(network):
    shared = keras.layers.Dense(4, name="shared")
    inner = keras.Sequential([shared, keras.layers.Dense(4)])
    image = keras.Input((4,))
    nested = keras.Model(image, shared(inner(inner(inner(shared(image))))))
    for net in (network, inner):
        names = named_weights(net)
        assert len(names) == len(net.weights)
        assert {*map(id, names.values())} == {*map(id, net.weights)}
    assert list(named_weights(inner)) == [
        *("shared.bias", "shared.kernel", "dense.bias", "dense.kernel")
    ]
    assert len(named_weights(nested)) == 4


def test_the_metadata_hold_what_to_build(trained, tmp_path):
    file = export.safetensors(trained, tmp_path / "net.safetensors")
    with safetensors.safe_open(file, "np") as opened:
        metadata = opened.metadata()
    assert metadata["network"] == "NasBench201Network"
    assert metadata["genotype"] == GENOTYPE
    built = keras.saving.deserialize_keras_object(
        json.loads(metadata["config"])
    )
    export.load_weights(built, file)
    for before, after in zip(trained.weights, built.weights, strict=True):
        np.testing.assert_array_equal(before, after)


def test_every_name_that_does_not_fit_is_listed(trained, tmp_path):
    file = export.safetensors(trained, tmp_path / "net.safetensors")
    larger = _network(num_cells=2, input_shape=(8, 8, 3))
    before = [np.asarray(weight) for weight in larger.weights]
    message = (
        r"`path` must hold the weights of `network`.*\n"
        r"\d+ missing: (?s:.*)"
        r"\d+ of another shape: .*stem.kernel \(3, 3, 1, 2\) instead of "
        r"\(3, 3, 3, 2\)"
    )
    with pytest.raises(ValueError, match=message):
        export.load_weights(larger, file)
    for value, weight in zip(before, larger.weights, strict=True):
        np.testing.assert_array_equal(value, weight)


def test_only_files_of_the_kind_are_read_and_written(trained, tmp_path):
    with pytest.raises(ValueError, match="`path` must be a .safetensors file"):
        export.load_weights(trained, tmp_path / "none.safetensors")
    with pytest.raises(ValueError, match="`path` must be a file that ends"):
        export.safetensors(trained, tmp_path / "net.keras")
    with pytest.raises(ValueError, match="`path` must be a file that ends"):
        export.keras(trained, tmp_path / "net.h5")


def test_without_safetensors_its_remedy_is_named(
    trained, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(ImportError, match=r"pip install keras_darts\[safet"):
        export.safetensors(trained, tmp_path / "net.safetensors")
