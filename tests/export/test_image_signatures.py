"""What a SavedModel of images takes and answers, by choice."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts import export
from keras_darts.export.image_signatures import DecodedImages


def _serve(folder, **inputs):
    return export.load(folder).signatures["serving_default"](**inputs)


def test_integer_images_are_served_as_the_floats_that_they_are(
    network, tmp_path
):
    scaled = keras.layers.Rescaling(1 / 255)
    folder = export.saved_model(
        network, tmp_path, preprocessing=scaled, input_dtype="uint8"
    )
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]
    assert signature.structured_input_signature[1]["image"].dtype == tf.uint8
    pixels = np.random.default_rng(0).integers(256, size=(3, 16, 16, 3))
    pixels = pixels.astype("uint8")
    served = _serve(folder, image=pixels)["logits"]
    logits = network(pixels.astype("float32") / 255, training=False)
    np.testing.assert_allclose(served, logits, rtol=1e-4, atol=1e-5)
    parity = export.model_card(folder)["parity"]
    assert parity["samples_from"] == "uniform noise"
    assert parity["max_logit_difference"] < 1e-4 * parity["max_logit"]


def test_samples_are_compared_as_the_integers_that_are_served(linear, tmp_path):
    samples = np.full((2, 4, 4, 1), 3.4)
    arguments = {"input_dtype": "uint8", "samples": samples}
    network = linear()
    folder = export.saved_model(network, tmp_path, **arguments)
    parity = export.model_card(folder)["parity"]
    logits = network(np.full((2, 4, 4, 1), 3.0))
    assert parity["max_logit"] == pytest.approx(np.abs(logits).max(), rel=1e-5)


@pytest.mark.parametrize("top_k, count", [(None, 5), (2, 2), (9, 7)])
def test_as_many_classes_are_served_as_are_asked_for(
    linear, tmp_path, top_k, count
):
    network = linear(outputs=7, channels=2)
    folder = export.saved_model(
        network, tmp_path, labels=list("abcdefg"), top_k=top_k
    )
    images = np.zeros((2, 4, 4, 2), "float32")
    assert _serve(folder, image=images)["classes"].shape == (2, count)


def test_classes_are_ordered_where_probabilities_are_all_but_zero(
    linear, tmp_path
):
    network = linear(outputs=3, channels=2)
    network.set_weights([np.zeros((32, 3)), np.array([0.0, 500.0, 200.0])])
    folder = export.saved_model(network, tmp_path, labels=list("abc"))
    outputs = _serve(folder, image=np.zeros((1, 4, 4, 2), "float32"))
    assert outputs["probabilities"].tolist() == [[0, 1, 0]]
    assert outputs["classes"].tolist() == [[b"b", b"c", b"a"]]


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"top_k": 0}, "`top_k` must be a positive integer"),
        ({"input_dtype": "int8"}, "`input_dtype` must be one of"),
        ({"resize": 3}, "`resize` must be an integer"),
        ({"resize": 8.0}, "`resize` must be an integer"),
    ],
)
def test_choices_without_a_meaning_are_refused(
    linear, tmp_path, arguments, message
):
    with pytest.raises(ValueError, match=message):
        export.saved_model(linear(), tmp_path / "net", **arguments)
    assert not (tmp_path / "net").exists()


def test_an_export_that_decodes_otherwise_is_not_kept(
    linear, tmp_path, monkeypatch
):
    def upside_down(self, files):
        return DECODED(self, files)[:, ::-1]

    monkeypatch.setattr(DecodedImages, "__call__", upside_down)
    samples = np.arange(16.0).reshape(1, 4, 4, 1)
    with pytest.raises(RuntimeError, match="logits of image files differ"):
        export.saved_model(linear(), tmp_path / "net", samples=samples)
    assert not list((tmp_path / "net").iterdir())


DECODED = DecodedImages.__call__


def test_grey_files_and_such_in_colours_go_into_a_grey_network():
    pixels = np.arange(16, dtype="uint8").reshape(4, 4, 1)
    colours = np.repeat(pixels, 3, axis=-1)
    files = [tf.io.encode_png(each).numpy() for each in (pixels, colours)]
    decoded = DecodedImages((4, 4, 1))(tf.constant(files))
    np.testing.assert_array_equal(decoded, np.stack([pixels, pixels]))


def test_images_of_16_bits_and_palettes_are_decoded():
    deep = np.full((4, 4, 3), 257 * 7, "uint16")
    decoded = DecodedImages((4, 4, 3))(tf.io.encode_png(deep)[None])
    np.testing.assert_array_equal(decoded, np.full((1, 4, 4, 3), 7))


@pytest.mark.parametrize("shape", [(4, 4, 3), (4, 6, 3)])
@pytest.mark.parametrize("size", [(2, 3), (9, 5), (40, 40)])
def test_every_size_is_brought_to_that_of_the_network(shape, size):
    pixels = np.full((*size, 3), 7, "uint8")
    decoded = DecodedImages(shape)(tf.io.encode_png(pixels)[None])
    np.testing.assert_array_equal(decoded, np.full((1, *shape), 7))


def test_the_cut_is_that_of_evaluation():
    pixels = np.random.default_rng(0).integers(256, size=(20, 30, 3))
    file = tf.io.encode_png(pixels.astype("uint8"))
    cut = tf.image.resize(pixels, (10, 15), antialias=True)[1:9, 3:11]
    decoded = DecodedImages((8, 8, 3), resize=10)(file[None])
    np.testing.assert_allclose(decoded[0], tf.round(cut), atol=1e-3)


def test_images_of_other_channels_have_no_files(tmp_path):
    image = keras.Input((4, 4, 2))
    logits = keras.layers.Dense(2)(keras.layers.Flatten()(image))
    folder = export.saved_model(keras.Model(image, logits), tmp_path)
    assert list(export.load(folder).signatures) == ["serving_default"]
