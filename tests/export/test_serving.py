"""What TensorFlow Serving and its clients find in an export."""

import pathlib
import runpy
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format

from keras_darts import export

pytest.importorskip(
    "tensorflow_serving", reason="pip install keras_darts[serving]"
)
from stand_in_server import Service  # noqa: E402
from stand_in_server import over_grpc  # noqa: E402
from stand_in_server import over_rest  # noqa: E402
from tensorflow_serving.apis import prediction_log_pb2  # noqa: E402
from tensorflow_serving.config import model_server_config_pb2  # noqa: E402

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples" / "serving"
LABELS = ["ant", "bee", "cat", "dog"]


@pytest.fixture(scope="module")
def folder(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "insects"
    return export.saved_model(network, path, labels=LABELS)


@pytest.fixture(scope="module")
def service(folder):
    return Service("insects", folder)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A PNG and a JPEG of other sizes than the network's, and no image."""
    folder = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng(0)
    png = rng.integers(256, size=(16, 16, 3), dtype="uint8")
    jpeg = rng.integers(256, size=(40, 30, 3), dtype="uint8")
    (folder / "a.png").write_bytes(tf.io.encode_png(png).numpy())
    (folder / "b.jpg").write_bytes(tf.io.encode_jpeg(jpeg).numpy())
    (folder / "c.jpg").write_bytes(b"no image at all, but words")
    return [folder / name for name in ("a.png", "b.jpg", "c.jpg")]


@pytest.mark.parametrize(
    "script, server, refusal",
    [
        ("grpc_client", over_grpc, "INVALID_ARGUMENT"),
        ("rest_client", over_rest, "400"),
    ],
)
def test_a_client_is_answered(
    service, files, script, server, refusal, monkeypatch, capsys
):
    outputs = service.model.signatures["serving_bytes"](
        image_bytes=tf.constant([file.read_bytes() for file in files[:2]])
    )
    with server(service) as address:

        def ask(*names):
            path = EXAMPLES / f"{script}.py"
            arguments = [f"--server={address}", "--model=insects", *names]
            monkeypatch.setattr(sys, "argv", [path, *map(str, arguments)])
            runpy.run_path(str(path), run_name="__main__")

        ask(*files[:2])
        lines = capsys.readouterr().out.splitlines()
        with pytest.raises(SystemExit, match=refusal) as refused:
            ask(files[2])
    assert "must be JPEG or PNG files" in str(refused.value)
    assert len(lines) == 2
    for line, file, names in zip(
        lines, files, outputs["classes"].numpy(), strict=False
    ):
        assert line.startswith(f"{file}: {names[0].decode()} ")
        assert "%" in line


def test_the_command_line_tool_of_tensorflow_runs_it(
    folder, network, images, tmp_path
):
    np.save(tmp_path / "x.npy", images)
    subprocess.run(
        [
            *(sys.executable, "-m", "tensorflow.python.tools.saved_model_cli"),
            *("run", "--dir", folder, "--tag_set", "serve"),
            *("--signature_def", "serving_default"),
            *("--inputs", f"image={tmp_path / 'x.npy'}", "--outdir", tmp_path),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    logits = network(images, training=False)
    served = np.load(tmp_path / "logits.npy")
    np.testing.assert_allclose(served, logits, rtol=1e-5, atol=1e-5)


def test_warm_up_requests_are_answered(folder, service):
    file = folder / "assets.extra" / "tf_serving_warmup_requests"
    records = [r.numpy() for r in tf.data.TFRecordDataset(str(file))]
    signatures = set()
    for record in records:
        log = prediction_log_pb2.PredictionLog.FromString(record)
        request = log.predict_log.request
        signatures.add(request.model_spec.signature_name)
        outputs = service.Predict(request, context=None).outputs
        assert len(tf.make_ndarray(outputs["classes"])[0]) == 4
    assert signatures == {"serving_default", "serving_bytes"}


def test_warm_up_is_left_out_if_asked(linear, tmp_path):
    folder = export.saved_model(linear(), tmp_path, warm_up=False)
    extras = {file.name for file in (folder / "assets.extra").iterdir()}
    assert extras == {"model_card.json"}


def test_warm_up_says_what_it_needs(linear, tmp_path, monkeypatch):
    name = "tensorflow_serving.apis.prediction_log_pb2"
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delattr("tensorflow_serving.apis.prediction_log_pb2")
    with pytest.raises(ImportError, match=r"keras_darts\[serving\]"):
        export.saved_model(linear(), tmp_path / "a", warm_up=True)
    folder = export.saved_model(linear(), tmp_path / "b")
    extras = {file.name for file in (folder / "assets.extra").iterdir()}
    assert extras == {"model_card.json"}


def test_the_configuration_names_every_model(folder):
    models = folder.parents[1]
    (models / "notes").mkdir(exist_ok=True)
    file = export.serving_config(models, max_batch_size=8)
    server = model_server_config_pb2.ModelServerConfig()
    text_format.Parse(file.read_text(), server)
    (entry,) = server.model_config_list.config
    assert (entry.name, entry.base_path) == ("insects", "/models/insects")
    assert entry.model_platform == "tensorflow"
    batching = (models / "batching.config").read_text().splitlines()
    assert "max_batch_size { value: 8 }" in batching
    assert "batch_timeout_micros { value: 1000 }" in batching


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"max_batch_size": 0}, "`max_batch_size`"),
        ({"batch_timeout_milliseconds": -1}, "`batch_timeout_milliseconds`"),
        ({"num_batch_threads": 1.5}, "`num_batch_threads`"),
        ({}, "`folder` must hold SavedModels"),
    ],
)
def test_a_configuration_without_a_meaning_is_refused(
    tmp_path, arguments, message
):
    with pytest.raises(ValueError, match=message):
        export.serving_config(tmp_path, **arguments)
    assert not list(tmp_path.iterdir())
