import numpy as np
import pytest
import tensorflow as tf

from keras_darts import export
from keras_darts.export.specification import describe


def _record(folder):
    return export.model_card(folder)["parity"]


def test_the_record_holds_the_comparison(network, images, tmp_path):
    folder = export.saved_model(network, tmp_path, samples=images)
    record = _record(folder)
    logits = network(images, training=False)
    assert record["samples"] == 5
    assert record["samples_from"] == "given"
    assert record["max_logit_difference"] < 1e-5
    assert record["max_logit"] == pytest.approx(np.abs(logits).max(), rel=1e-5)
    assert record["top1_agreement"] == 1.0
    card = export.model_card(folder)
    assert card["quantization"] is None
    model = (folder / "saved_model.pb").stat().st_size
    assert card["size_bytes"] > model


def test_the_record_says_when_the_samples_are_noise(linear, tmp_path):
    record = _record(export.saved_model(linear(channels=2), tmp_path))
    assert record["samples"] == 16
    assert record["samples_from"] == "standard normal noise"


@pytest.mark.parametrize("form", ["set", "pairs", "tuple", "list", "endless"])
def test_samples_come_in_many_forms(network, images, form):
    labels = np.arange(5)
    samples = {
        "set": tf.data.Dataset.from_tensor_slices(images).batch(2),
        "pairs": tf.data.Dataset.from_tensor_slices((images, labels)).batch(2),
        "tuple": (images, labels),
        "list": list(images),
        "endless": tf.data.Dataset.from_tensors(images).repeat(),
    }[form]
    none = ("preprocessing", "labels", "input_shape", "vocabulary")
    serving = describe(network, activation="auto", **dict.fromkeys(none))
    result, source = serving.samples(samples)
    assert source == "given"
    expected = np.concatenate([images] * 205)[:1024]
    expected = expected if form == "endless" else images
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(
    "samples, error, message",
    [
        (np.zeros((2, 8, 8, 3)), ValueError, r"\(N, 16, 16, 3\).*\(2, 8, 8, 3"),
        (np.zeros((16, 16, 3)), ValueError, r"\(N, 16, 16, 3\)"),
        (np.zeros((0, 16, 16, 3)), ValueError, "at least one image"),
        (np.full((1, 16, 16, 3), np.nan), ValueError, "finite"),
        ({"image": np.zeros((1, 16, 16, 3))}, TypeError, "of type dict"),
        (3, TypeError, "of type int"),
    ],
)
def test_samples_that_are_no_images_are_refused(
    network, tmp_path, samples, error, message
):
    with pytest.raises(error, match=f"`samples`.*{message}"):
        export.saved_model(network, tmp_path, samples=samples)


def _otherwise_in_a_graph(x):
    return x + 1.0 if tf.inside_function() else x


def _not_finite_in_a_graph(x):
    return x / 0.0 if tf.inside_function() else x


@pytest.mark.parametrize(
    "function, message",
    [
        (_otherwise_in_a_graph, "differ from the Keras model's by 1"),
        (_not_finite_in_a_graph, "export's output .* is not finite"),
    ],
)
def test_an_export_that_differs_is_not_kept(
    linear, tmp_path, function, message
):
    export.saved_model(linear(channels=2), tmp_path / "net")
    export.litert(linear(channels=2), tmp_path / "net.tflite")
    before = (tmp_path / "net.tflite").read_bytes()
    with pytest.raises(RuntimeError, match=message):
        export.saved_model(linear(function, channels=2), tmp_path / "net")
    with pytest.raises(RuntimeError, match=message):
        export.litert(linear(function, channels=2), tmp_path / "net.tflite")
    assert [entry.name for entry in (tmp_path / "net").iterdir()] == ["1"]
    assert (tmp_path / "net.tflite").read_bytes() == before
    names = sorted(entry.name for entry in tmp_path.iterdir())
    assert names == ["net", "net.tflite", "net.tflite.model_card.json"]


@pytest.mark.parametrize("quantization", [None, "dynamic", "float16"])
def test_a_network_that_is_not_finite_is_named(linear, tmp_path, quantization):
    network = linear()
    network.weights[0].assign(np.full((16, 2), np.nan))
    with pytest.raises(ValueError, match="`network` must give finite logits"):
        export.litert(
            network, tmp_path / "net.tflite", quantization=quantization
        )
    assert not list(tmp_path.iterdir())
