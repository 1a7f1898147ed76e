"""What was exported runs again, whatever its format."""

import numpy as np
import pytest

from keras_darts import export


@pytest.fixture(scope="module")
def folder(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("exports")
    export.saved_model(network, path / "net")
    export.litert(network, path / "net.tflite")
    return path


@pytest.mark.parametrize("name", ["net", "net/1", "net.tflite"])
def test_every_form_gives_the_networks_logits(name, folder, network, images):
    exported = export.load(folder / name)
    assert exported.image_shape == images.shape[1:]
    assert exported.path.exists() and exported.runtime
    np.testing.assert_allclose(
        exported(images)["logits"], network(images, training=False), atol=1e-4
    )


def test_the_newest_version_is_taken(folder, linear, tmp_path):
    for outputs in (2, 3):
        network = linear(outputs=outputs, channels=2)
        export.saved_model(network, tmp_path / "net")
    (tmp_path / "net" / "10").mkdir()
    exported = export.load(tmp_path / "net")
    assert exported.path.name == "2"
    assert exported(np.zeros((1, 4, 4, 2), "float32"))["logits"].shape == (1, 3)


@pytest.mark.parametrize("name", ["none", "none.tflite", "."])
def test_what_is_no_export_is_refused(name, tmp_path):
    with pytest.raises(
        ValueError, match="`path` must be a .tflite or .onnx file"
    ):
        export.load(tmp_path / name)


def test_inputs_that_do_not_fit_are_named(folder, images):
    exported = export.load(folder / "net.tflite")
    with pytest.raises(ValueError, match=r"`image` must have.*\(16, 16, 3\)"):
        exported(images[0])
    signature = exported.signatures["serving_default"]
    with pytest.raises(ValueError, match="inputs must be image. Received: ids"):
        signature(ids=images)
