"""Every format of every family of networks: the same answers."""

import json
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

import keras_darts as kd
from keras_darts import export
from keras_darts.utils.private_api import seeded

interpreter = pytest.importorskip(
    "ai_edge_litert.interpreter", reason="pip install keras_darts[litert]"
)
pytest.importorskip("onnxruntime", reason="pip install keras_darts[onnx]")
pytest.importorskip("tf2onnx", reason="pip install keras_darts[onnx]")

HOSTILE = pathlib.Path(__file__).with_name("hostile_requests.py")

STAGES = (
    "|nor_conv_3x3~0|+|avg_pool_3x3~0|skip_connect~1|"
    "+|nor_conv_1x1~0|none~1|nor_conv_3x3~2|"
)
CELLS = kd.Genotype.from_text(
    "Genotype(normal=[('sep_conv_3x3', 0), ('dil_conv_5x5', 1)], "
    "normal_concat=[2], "
    "reduce=[('max_pool_3x3', 0), ('avg_pool_3x3', 1)], reduce_concat=[2])"
)
SENTENCE_CELLS = kd.Genotype.from_text(
    "Genotype(normal=[('conv_1d_3', 0), ('skip_connect', 1)], "
    "normal_concat=[2], "
    "reduce=[('max_pool_1d_3', 0), ('conv_1d_3', 1)], reduce_concat=[2])"
)


def _cifar():
    return kd.networks.CifarNetwork(
        CELLS,
        3,
        filters=2,
        num_cells=2,
        auxiliary=False,
        input_shape=(12, 12, 3),
    )


def _imagenet():
    return kd.networks.ImageNetNetwork(
        CELLS,
        3,
        filters=2,
        num_cells=1,
        auxiliary=False,
        # No file has two channels: nothing is written that decodes such.
        input_shape=(32, 32, 2),
    )


def _nas_bench_201():
    return kd.networks.NasBench201Network(
        STAGES, 3, filters=2, num_cells=1, input_shape=(12, 12, 2)
    )


def _sentences():
    return kd.networks.TextNetwork(
        SENTENCE_CELLS,
        3,
        20,
        sequence_length=8,
        embedding_size=4,
        filters=2,
        num_cells=2,
    )


def _language():
    return kd.networks.RecurrentLanguageModel(
        "rnn_darts_v2", 20, embedding_size=4, hidden_size=4
    )


FAMILIES = {
    "cifar": _cifar,
    "imagenet": _imagenet,
    "nas_bench_201": _nas_bench_201,
    "sentences": _sentences,
    "language": _language,
}
# Of the largest logit.
FORMATS = {
    "saved_model": 1e-5,
    "net.tflite": 1e-5,
    "net_float16.tflite": 1e-2,
    "net.onnx": 1e-5,
    "net.keras": 0.0,
}


def _pretend_training(network):
    # Statistics as of a trained network: fresh ones hide mistakes in the BN.
    rng = np.random.default_rng(1)
    for weight in network.weights:
        noise = 0.3 * rng.standard_normal(weight.shape)
        if "variance" in weight.path or "gamma" in weight.path:
            weight.assign(1 + np.abs(noise))
        elif "rate" not in weight.path:
            weight.assign(np.asarray(weight) + noise)


def _inputs(network, count):
    rng = np.random.default_rng(2)
    if hasattr(network, "vocabulary_size"):
        return rng.integers(1, 20, size=(count, 8)).astype("int32")
    shape = (count, *network.input_shape[1:])
    return rng.standard_normal(shape, "float32")


def _good(network, inputs):
    """What an export takes by its names."""
    if isinstance(network, kd.networks.RecurrentLanguageModel):
        state = np.random.default_rng(3).standard_normal((6, 4), "float32")
        return {"token": inputs[:, 0], "state": np.tanh(state)}
    return {"image" if inputs.ndim == 4 else "ids": inputs}


@pytest.fixture(scope="module")
def families(tmp_path_factory):
    """By name a network, inputs, and the folder of all its exports."""
    made = {}
    for name, build in FAMILIES.items():
        with seeded(0):
            network = build()
        _pretend_training(network)
        inputs = _inputs(network, 6)
        folder = tmp_path_factory.mktemp(name)
        export.saved_model(network, folder / "saved_model", samples=inputs)
        export.litert(network, folder / "net.tflite", samples=inputs)
        export.litert(
            network,
            folder / "net_float16.tflite",
            quantization="float16",
            samples=inputs,
        )
        export.onnx(network, folder / "net.onnx", samples=inputs)
        export.keras(network, folder / "net.keras", samples=inputs)
        np.savez(folder / "good.npz", **_good(network, inputs))
        made[name] = network, inputs, folder
    return made


def _logits(path, inputs):
    if path.suffix == ".keras":
        loaded = keras.models.load_model(path)
        return np.asarray(loaded(inputs, training=False))
    exported = export.load(path)
    if exported.task == "language_modeling":
        logits, _ = exported.steps(inputs)
        return logits
    return exported(inputs)["logits"]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_format_gives_the_networks_logits(family, name, families):
    network, inputs, folder = families[family]
    expected = np.asarray(network(inputs, training=False))
    allowed = FORMATS[name] * np.abs(expected).max()
    logits = _logits(folder / name, inputs)
    assert np.isfinite(logits).all()
    np.testing.assert_allclose(logits, expected, rtol=0, atol=allowed)
    path = folder / name / "1" if name == "saved_model" else folder / name
    record = export.model_card(path)["parity"]
    assert record["samples"] == len(inputs)
    assert record["max_logit_difference"] <= allowed
    agreement = np.mean(logits.argmax(-1) == expected.argmax(-1))
    assert record["top1_agreement"] == agreement
    # Half precision may decide otherwise where two are as good.
    assert agreement == 1.0 or "float16" in name


@pytest.mark.parametrize("name", ["net.tflite", "net_float16.tflite"])
@pytest.mark.parametrize("family", FAMILIES)
def test_litert_files_read_no_variables(family, name, families):
    *_, folder = families[family]
    plain = interpreter.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    loaded = interpreter.Interpreter(
        str(folder / name), experimental_op_resolver_type=plain
    )
    names = {details["op_name"] for details in loaded._get_ops_details()}
    assert not any("VAR" in name or "CUSTOM" in name for name in names)
    assert not any(name.startswith("Flex") for name in names)


@pytest.fixture(scope="module")
def verdicts(families):
    """By an export's path what came of each hostile request."""
    paths = [
        folder / name
        for *_, folder in families.values()
        for name in ("saved_model", "net.tflite", "net.onnx")
    ]
    done = subprocess.run(
        [sys.executable, HOSTILE, *paths],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", ["saved_model", "net.tflite", "net.onnx"])
@pytest.mark.parametrize("family", FAMILIES)
def test_hostile_requests_harm_no_others(family, name, families, verdicts):
    *_, folder = families[family]
    result = verdicts[str(folder / name)]
    assert len(result) >= 10
    for request, (verdict, good_again) in result.items():
        assert good_again, (request, verdict)
        assert "differ" not in verdict, (request, verdict)
    raised = {
        name for name, (output, _) in result.items() if "raised" in output
    }
    assert {"missing", "unknown", "words"} < raised
    assert {"an axis more", "an axis less"} < raised
