"""Runs that Python wrote, on the command line."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.cli.main import main

CELL = [("skip_connect", 0), ("skip_connect", 1)]
GENOTYPE = kd.Genotype(
    normal=CELL, normal_concat=[2], reduce=CELL, reduce_concat=[2]
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A training in Python, which says nothing of its data."""
    y = np.arange(32) % 10
    x = np.random.default_rng(0).integers(0, 255, (32, 8, 8, 1), "uint8")
    network = kd.networks.network_for(
        GENOTYPE, 10, (8, 8, 1), filters=2, num_cells=3, auxiliary=False
    )
    recipe = kd.training.small_image_recipe(
        network, 32, mean=(127.0,), variance=(5000.0,), epochs=1, batch_size=8
    )
    folder = tmp_path_factory.mktemp("python") / "mine"
    data = tf.data.Dataset.from_tensor_slices((x, y))
    recipe.fit(network, data, verbose=0, output_dir=folder)
    return folder


def test_a_run_of_python_is_exported(run, tmp_path, capsys):
    command = ["export", f"--run={run}", f"--output_dir={tmp_path}"]
    assert main(command) == 0
    output = capsys.readouterr().out
    assert "--dataset" in output
    assert "noise" in output
    x = np.random.default_rng(1).uniform(0, 255, size=(1, 8, 8, 1))
    network = kd.training.load_network(run)
    expected = network.predict(x, verbose=0)
    for path in (tmp_path / "mine", tmp_path / "mine.tflite"):
        exported = kd.export.load(path)(x.astype("float32"))
        np.testing.assert_allclose(exported["logits"], expected, atol=1e-4)


def test_a_data_set_brings_labels_and_samples(run, tmp_path):
    command = ["export", f"--run={run}", f"--output_dir={tmp_path}"]
    command += ["--dataset=digits", "--format=saved_model"]
    assert main(command) == 0
    card = kd.export.model_card(tmp_path / "digits" / "1")
    assert len(card["labels"]) == 10
    assert card["parity"]["samples_from"] == "given"
    assert card["accuracy"]["network"] == card["accuracy"]["export"]


def test_a_model_without_settings_is_exported(run, tmp_path):
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(run / "model.keras", bare)
    command = ["export", f"--run={bare}", f"--output_dir={tmp_path}"]
    assert main([*command, "--format=litert"]) == 0
    assert (tmp_path / "bare.tflite").is_file()


def test_what_a_run_lacks_is_named(run, tmp_path, capsys):
    def error(*flags):
        assert main(["export", *flags, f"--output_dir={tmp_path}"])
        return capsys.readouterr().err

    assert "which is no folder" in error(f"--run={tmp_path / 'nothing'}")
    (tmp_path / "empty").mkdir()
    assert "which has no model.keras" in error(f"--run={tmp_path / 'empty'}")
    (tmp_path / "search").mkdir()
    config = {"search": {"search_space": "darts_cnn"}}
    (tmp_path / "search" / "config.json").write_text(json.dumps(config))
    output = error(f"--run={tmp_path / 'search'}")
    assert "keras-darts train --run=" in output
    output = error(f"--run={run}", "--quantization=int8")
    assert "`dataset` must be given" in output


def test_a_format_of_another_name_has_a_hint(run, capsys):
    assert main(["export", f"--run={run}", "--format=tflite"]) == 2
    assert "Did you mean litert?" in capsys.readouterr().err
