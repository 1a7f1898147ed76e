"""What `benchmark` measures, and that it measures the runtime alone."""

import json
import subprocess
import sys

import numpy as np
import pytest

import keras_darts as kd
from keras_darts import export
from keras_darts import profiling
from keras_darts.cli.main import main
from keras_darts.runtimes import timing

interpreter = pytest.importorskip(
    "ai_edge_litert.interpreter", reason="pip install keras_darts[litert]"
)
pytest.importorskip("onnxruntime", reason="pip install keras_darts[onnx]")

ALONE = """
import sys
from keras_darts.runtimes import litert, onnx, worker
litert.start(1), onnx.start(1)
heavy = {"keras", "tensorflow", "keras_darts.export"} & {*sys.modules}
assert not heavy, heavy
"""
# Of images of 16 x 16: convolutions, the separable one in two, the dense layer.
_PLACES = 16 * 16
MACS = (
    _PLACES * 9 * 3 * 12
    + _PLACES * (9 * 12 + 12 * 16)
    + _PLACES * (9 * 12 + 12 * 16)
    + _PLACES // 4 * 9 * (16 + 16 + 12) * 64
    + 64 * 4
)


@pytest.fixture(scope="module")
def files(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    return {
        "litert": export.litert(network, folder / "net.tflite"),
        "onnx": export.onnx(network, folder / "net.onnx"),
        "saved_model": export.saved_model(network, folder / "net"),
    }


@pytest.fixture(scope="module")
def of_litert(files):
    return profiling.benchmark(
        files["litert"], batch_sizes=(1, 3), repeats=20, warm_up=0
    )


def test_every_combination_is_measured(of_litert, files):
    rows = of_litert["measurements"]
    assert [row["inputs"] for row in rows] == [
        {"image": [1, 16, 16, 3]},
        {"image": [3, 16, 16, 3]},
    ]
    for row in rows:
        assert row["runs"] == 20 and row["warm_up_runs"] == 1
        assert 0 < row["min_ms"] <= row["p50_ms"] <= row["p99_ms"]
        assert row["runtime"].startswith("ai_edge_litert ")
    assert of_litert["size_bytes"] == files["litert"].stat().st_size
    assert of_litert["machine"]["cpu"]
    assert json.loads(json.dumps(of_litert)) == of_litert


@pytest.mark.parametrize(
    ("form", "runtime"),
    [("onnx", "onnxruntime"), ("saved_model", "tensorflow")],
)
def test_other_runtimes_are_measured_too(form, runtime, files):
    done = []
    figures = profiling.benchmark(
        files[form],
        threads=2,
        seconds=0.0,
        progress=lambda *counts: done.append(counts),
    )
    assert done == [(0, 1), (1, 1)]
    assert figures["format"] == form
    assert figures["operations"] is None
    assert figures["size_bytes"] >= 1e4
    (row,) = figures["measurements"]
    assert row["threads"] == 2
    # In no time, as few as there are in any case.
    assert row["runs"] == 10
    assert row["runtime"].startswith(runtime)


def test_the_memory_is_not_that_of_this_process(of_litert):
    now, peak = timing.memory()
    if now is None:
        pytest.skip("the system tells no memory of a process alone")
    # TensorFlow is loaded here.
    for row in of_litert["measurements"]:
        assert row["runtime_memory_bytes"] < row["peak_memory_bytes"] < peak / 3


def test_a_measurement_loads_the_runtime_alone():
    subprocess.run([sys.executable, "-c", ALONE], check=True, timeout=60)


def test_each_operation_of_a_litert_file_has_its_figures(of_litert, files):
    operations = of_litert["operations"]
    rows = operations["rows"]
    assert operations["batch_size"] == operations["threads"] == 1
    plain = interpreter.Interpreter(
        str(files["litert"]),
        experimental_op_resolver_type=(
            interpreter.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        ),
    )
    names = [details["op_name"] for details in plain._get_ops_details()]
    assert [row["operation"] for row in rows] == names
    assert sum(row["macs"] for row in rows) == MACS
    assert all(row["ms"] > 0 for row in rows)
    assert rows[-1]["output"] == [1, 4]


def test_a_language_model_is_measured_by_the_token(tmp_path):
    genotype = kd.RecurrentGenotype([("tanh", 0), ("relu", 1)], (1, 2))
    network = kd.networks.RecurrentLanguageModel(
        genotype, 7, embedding_size=4, hidden_size=4
    )
    file = export.litert(network, tmp_path / "words.tflite")
    figures = profiling.benchmark(file, batch_sizes=2, repeats=1)
    (row,) = figures["measurements"]
    assert row["inputs"] == {"token": [2], "state": [2, 4]}
    assert all(row["ms"] for row in figures["operations"]["rows"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_sizes": ()}, "`batch_sizes` must have a number"),
        ({"threads": (1, 0)}, "`threads` must be a positive integer"),
        ({"seconds": -1}, "`seconds` must be a number of at least zero"),
        ({"path": "none"}, "`path` must be a .tflite or .onnx file"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, message, files):
    path = arguments.pop("path", files["litert"])
    with pytest.raises(ValueError, match=message):
        profiling.benchmark(path, **arguments)


def test_a_file_that_does_not_run_is_named(tmp_path):
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(
        RuntimeError, match="broken.onnx.*could not be measured"
    ):
        profiling.benchmark(path)


def test_a_percentile_is_a_value_that_was_measured():
    values = np.random.default_rng(0).permutation(np.arange(1, 201)).tolist()
    assert timing.percentile(values, 50) == 100
    assert timing.percentile(values, 99) == 198
    assert timing.percentile([5], 99) == 5


def test_the_command_prints_tables_and_writes_them(files, tmp_path, capsys):
    output = tmp_path / "figures.json"
    command = ["benchmark", str(files["litert"]), f"--output={output}"]
    assert main([*command, "--repeats=5", "--batch_sizes=2"]) == 0
    printed = capsys.readouterr().out
    assert "median ms" in printed and "DEPTHWISE_CONV_2D" in printed
    (row,) = json.loads(output.read_text())["measurements"]
    assert row["batch_size"] == 2
    assert f"{row['p50_ms']:.3f}" in printed
    assert main([*command, "--batch_sizes=0"]) == 2
    assert main(["benchmark", "a", "b"]) == 2
    assert main(["benchmark"]) == 2
