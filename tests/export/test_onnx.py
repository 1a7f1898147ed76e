"""ONNX files, as onnxruntime runs them."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts import export

onnx = pytest.importorskip("onnx", reason="pip install keras_darts[onnx]")
onnxruntime = pytest.importorskip(
    "onnxruntime", reason="pip install keras_darts[onnx]"
)
pytest.importorskip("tf2onnx", reason="pip install keras_darts[onnx]")

LABELS = ["ant", "bee", "cat", "dög"]

ALONE = """
import sys
modules = ("keras", "keras_darts", "tensorflow", "tf2onnx", "onnx")
sys.modules.update(dict.fromkeys(modules))
import json
import numpy as np
import onnxruntime

file, images, outputs = sys.argv[1:]
session = onnxruntime.InferenceSession(file)
labels = json.loads(session.get_modelmeta().custom_metadata_map["labels"])
images = np.load(images)
(one,), (all,) = (
    session.run(["logits"], {"image": x}) for x in (images[:1], images)
)
np.savez(outputs, one=one, all=all, labels=labels)
"""


@pytest.fixture(scope="module")
def file(network, images, tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "net.onnx"
    return export.onnx(network, path, labels=LABELS, samples=images)


def test_it_runs_where_only_onnxruntime_can_be_imported(
    file, network, images, tmp_path
):
    np.save(tmp_path / "images.npy", images)
    arguments = [file, tmp_path / "images.npy", tmp_path / "outputs.npz"]
    subprocess.run(
        [sys.executable, "-c", ALONE, *map(str, arguments)],
        check=True,
        cwd=tmp_path,
        timeout=120,
    )
    outputs = np.load(tmp_path / "outputs.npz")
    logits = network(images, training=False)
    np.testing.assert_allclose(outputs["one"], logits[:1], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(outputs["all"], logits, rtol=1e-5, atol=1e-5)
    assert outputs["labels"].tolist() == LABELS


def test_the_file_says_what_it_takes_and_gives(file):
    model = onnx.load(file)
    shapes = {
        tensor.name: [
            d.dim_param or d.dim_value
            for d in tensor.type.tensor_type.shape.dim
        ]
        for tensor in (*model.graph.input, *model.graph.output)
    }
    assert shapes == {
        "image": ["batch", 16, 16, 3],
        "logits": ["batch", 4],
        "probabilities": ["batch", 4],
    }
    assert {entry.version for entry in model.opset_import} >= {18}
    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert properties["signature"] == "serving_default"
    assert json.loads(properties["labels"]) == LABELS


def test_the_card_holds_the_comparison(file, images):
    card = export.model_card(file)
    assert card["format"] == "onnx"
    assert card["opset"] == 18
    assert card["runtime"] == f"onnxruntime {onnxruntime.__version__}"
    assert card["labels"] == LABELS
    record = card["parity"]
    assert record["samples"] == len(images)
    assert record["max_logit_difference"] < 1e-5 * record["max_logit"]
    assert record["top1_agreement"] == 1.0


def test_a_mismatch_keeps_the_older_file(linear, tmp_path):
    def function(x):
        return x + 1.0 if tf.inside_function() else x

    file = export.onnx(linear(), tmp_path / "net.onnx", opset=13)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(
        RuntimeError, match="differ from the Keras model's by 1"
    ):
        export.onnx(linear(function), file)
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_operations_that_onnx_lacks_are_named(linear, tmp_path):
    network = linear(lambda x: tf.math.digamma(tf.math.erfinv(tf.tanh(x))))
    with pytest.raises(ValueError, match="`network`.*Digamma, Erfinv"):
        export.onnx(network, tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"path": "net.pb"}, "`path` must be a file that ends in '.onnx'"),
        ({"opset": 12}, "`opset` must be an integer from 13 to 18.*opset=12"),
        ({"opset": "18"}, "`opset` must be an integer"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    arguments, message, network, tmp_path
):
    path = tmp_path / arguments.pop("path", "net.onnx")
    with pytest.raises(ValueError, match=message):
        export.onnx(network, path, **arguments)


@pytest.mark.parametrize("package", ["tf2onnx", "onnxruntime"])
def test_a_missing_package_comes_with_its_remedy(
    package, linear, file, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match=r"needs .*keras_darts\[onnx\]"):
        if package == "tf2onnx":
            export.onnx(linear(), tmp_path / "net.onnx")
        else:
            export.load(file)
    assert not list(tmp_path.iterdir())


def test_a_language_model_goes_token_by_token(tmp_path):
    vocabulary = kd.datasets.Vocabulary.of_words(["the cat saw the dog\n"])
    network = kd.networks.RecurrentLanguageModel(
        "rnn_darts_v2", len(vocabulary), embedding_size=4, hidden_size=4
    )
    file = export.onnx(network, tmp_path / "words.onnx", vocabulary=vocabulary)
    exported = export.load(file)
    assert exported.task == "language_modeling"
    assert exported.vocabulary.tokens == vocabulary.tokens
    ids = np.array([[1, 2, 3], [0, 2, 1]])
    logits, state = exported.steps(ids)
    np.testing.assert_allclose(logits, network(ids), atol=1e-5)
    assert state.shape == (2, 4)
    arguments = {"prompt": "the cat", "num_tokens": 5}
    expected = export.generate(network, vocabulary=vocabulary, **arguments)
    assert export.generate(file, **arguments) == expected


def test_networks_in_bfloat16_are_refused(linear, tmp_path):
    network = linear()
    network.dtype_policy = keras.DTypePolicy("mixed_bfloat16")
    with pytest.raises(ValueError, match="`network` must not .* in bfloat16"):
        export.onnx(network, tmp_path / "net.onnx")
