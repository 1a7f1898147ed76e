import hashlib
import sys
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts import export

interpreter = pytest.importorskip(
    "ai_edge_litert.interpreter", reason="pip install keras_darts[litert]"
)

TOLERANCES = {None: 1e-5, "dynamic": 5e-2, "float16": 1e-2, "int8": 2e-1}


def many(images):
    """As many as are not too few to calibrate by."""
    return np.concatenate([images] * 20)


@pytest.fixture(scope="module")
def files(network, images, tmp_path_factory):
    """One file of each precision."""
    folder = tmp_path_factory.mktemp("litert")
    return {
        quantization: export.litert(
            network,
            folder / f"{quantization}.tflite",
            quantization=quantization,
            representative_data=many(images)
            if quantization == "int8"
            else None,
            samples=images,
        )
        for quantization in TOLERANCES
    }


def _record(file):
    return export.model_card(file)["parity"]


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("quantization", TOLERANCES)
def test_outputs_are_near_those_of_the_network(
    network, images, files, quantization, batch
):
    loaded = interpreter.Interpreter(str(files[quantization]))
    served = loaded.get_signature_runner("serving_default")(
        image=images[:batch]
    )
    logits = network(images[:batch], training=False).numpy()
    allowed = TOLERANCES[quantization] * np.abs(logits).max()
    np.testing.assert_allclose(served["logits"], logits, atol=allowed)
    softmax = keras.ops.softmax(served["logits"])
    np.testing.assert_allclose(served["probabilities"], softmax, atol=2e-2)


@pytest.mark.parametrize("quantization", TOLERANCES)
def test_operations_are_builtin_and_read_no_variables(files, quantization):
    loaded = interpreter.Interpreter(
        str(files[quantization]),
        experimental_op_resolver_type=(
            interpreter.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        ),
    )
    names = {details["op_name"] for details in loaded._get_ops_details()}
    assert "CONV_2D" in names
    assert not any("VAR" in name or "CUSTOM" in name for name in names)
    assert not any(name.startswith("Flex") for name in names)


@pytest.mark.parametrize("quantization", TOLERANCES)
def test_the_signature_has_the_names_of_the_saved_model(files, quantization):
    loaded = interpreter.Interpreter(str(files[quantization]))
    assert loaded.get_signature_list() == {
        "serving_default": {
            "inputs": ["image"],
            "outputs": ["logits", "probabilities"],
        }
    }
    (details,) = loaded.get_input_details()
    assert details["dtype"] == np.float32
    assert details["shape_signature"].tolist() == [-1, 16, 16, 3]


@pytest.mark.parametrize("quantization", TOLERANCES)
def test_the_record_holds_the_comparison(images, files, quantization):
    file = files[quantization]
    card, record = export.model_card(file), _record(file)
    assert card["quantization"] == quantization
    assert record["samples"] == len(images)
    assert card["size_bytes"] == file.stat().st_size
    assert card["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    relative = record["max_logit_difference"] / record["max_logit"]
    assert relative < TOLERANCES[quantization]
    assert card["runtime"].startswith("ai_edge_litert")


def test_quantized_files_are_smaller(files):
    size = {name: file.stat().st_size for name, file in files.items()}
    assert size["float16"] < 0.7 * size[None]
    assert size["dynamic"] < 0.5 * size[None]
    assert size["int8"] < 0.5 * size[None]


def test_int8_needs_representative_data(network, images, tmp_path):
    path = tmp_path / "net.tflite"
    with pytest.raises(ValueError, match="`representative_data`.*int8"):
        export.litert(network, path, quantization="int8")
    with pytest.raises(ValueError, match="`representative_data`.*dynamic"):
        export.litert(
            network, path, quantization="dynamic", representative_data=images
        )
    with pytest.raises(ValueError, match="`representative_data`.*16, 16, 3"):
        export.litert(
            network,
            path,
            quantization="int8",
            representative_data=images[:, :8],
        )


def test_representative_data_may_be_a_data_set(network, images, tmp_path):
    inputs = many(images)
    pairs = tf.data.Dataset.from_tensor_slices((inputs, np.arange(len(inputs))))
    file = export.litert(
        network,
        tmp_path / "net.tflite",
        quantization="int8",
        representative_data=pairs.batch(2),
        samples=images,
    )
    assert export.model_card(file)["calibration"]["samples"] == len(inputs)


def test_an_unknown_quantization_gets_the_nearest_name(network, tmp_path):
    message = "`quantization`.*Did you mean int8"
    with pytest.raises(ValueError, match=message):
        export.litert(network, tmp_path / "net.tflite", quantization="int-8")


def test_operations_that_are_not_builtin_are_named(linear, tmp_path):
    network = linear(lambda x: tf.math.digamma(tf.math.erfinv(tf.tanh(x))))
    with pytest.raises(ValueError, match="`network`.*Digamma, Erfinv"):
        export.litert(network, tmp_path / "net.tflite")
    assert not list(tmp_path.iterdir())


def test_labels_lie_inside_the_file(network, images, tmp_path):
    path = tmp_path / "net.tflite"
    file = export.litert(network, path, labels=["ant", "bee", "cat", "dög"])
    with zipfile.ZipFile(file) as archive:
        text = archive.read("labels.txt").decode("utf-8")
    assert text.splitlines() == ["ant", "bee", "cat", "dög"]
    assert _record(file)["max_logit_difference"] < 1e-5
    with pytest.raises(ValueError, match="`labels`.*4 outputs.*1 labels"):
        export.litert(network, path, labels=["ant"])


def test_preprocessing_happens_inside(network, images, tmp_path):
    file = export.litert(
        network,
        tmp_path / "net.tflite",
        preprocessing=keras.layers.Rescaling(1 / 127.5, offset=-1),
        samples=127.5 + 40 * images,
    )
    loaded = interpreter.Interpreter(str(file))
    pixels = (127.5 + 40 * images).astype("float32")
    served = loaded.get_signature_runner("serving_default")(image=pixels)
    expected = network(pixels / 127.5 - 1, training=False)
    np.testing.assert_allclose(served["logits"], expected, rtol=1e-4, atol=1e-5)


def test_a_path_that_is_no_file_is_refused(network, tmp_path):
    (tmp_path / "folder.tflite").mkdir()
    (tmp_path / "file").write_text("in the way")
    for name in ("net.lite", "folder.tflite", "file/net.tflite"):
        with pytest.raises(ValueError, match="`path`.*Received"):
            export.litert(network, tmp_path / name)


def test_half_precision_networks_are_refused(tmp_path):
    image = keras.Input((4, 4, 1))
    x = keras.layers.Flatten()(image)
    network = keras.Model(image, keras.layers.Dense(2)(x))
    network.dtype_policy = keras.DTypePolicy("mixed_float16")
    with pytest.raises(ValueError, match="`network`.*float32.*float16"):
        export.litert(network, tmp_path / "net.tflite")


def test_tensorflow_runs_the_file_without_ai_edge_litert(
    linear, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    file = export.litert(linear(), tmp_path / "net.tflite")
    assert export.model_card(file)["runtime"] == f"tensorflow {tf.__version__}"
    assert _record(file)["max_logit_difference"] < 1e-5
