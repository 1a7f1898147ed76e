"""The code of docs/exports.md runs, without keras_darts where it says so."""

import subprocess
import sys

import pytest
from pages import python_blocks

import keras_darts as kd
from keras_darts.training.run_folder import save_network

for package in ("ai_edge_litert", "onnxruntime", "tf2onnx", "safetensors"):
    pytest.importorskip(package, reason="pip install keras_darts[test]")

BLOCKS = python_blocks("docs/exports.md")
# What blocks may not import.
ABSENT = {
    "saved-model": ("keras_darts", "keras"),
    "litert": ("keras_darts", "keras", "tensorflow"),
    "onnx": ("keras_darts", "keras", "tensorflow"),
    "safetensors": ("keras_darts", "keras", "tensorflow"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the first block was run after a training."""
    path = tmp_path_factory.mktemp("page")
    network = kd.networks.NasBench201Network(
        "|nor_conv_1x1~0|+|none~0|skip_connect~1|+|none~0|none~1|none~2|",
        filters=2,
        num_cells=1,
        input_shape=(8, 8, 1),
    )
    (path / "runs" / "digits").mkdir(parents=True)
    save_network(network, path / "runs" / "digits" / "model.keras")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        exec(BLOCKS["write"], {})
    return path


def test_the_card_and_kerass_own_file_are_read(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    exec(BLOCKS["model-card"], {})
    difference, agreement = map(float, capsys.readouterr().out.split())
    assert difference < 1e-5 and agreement == 1.0
    names = {}
    exec(BLOCKS["keras"], names)
    assert names["network"].genotype


@pytest.mark.parametrize("name", ABSENT)
def test_files_are_used_without_keras_darts(name, folder):
    hidden = f"import sys\nsys.modules.update(dict.fromkeys({ABSENT[name]}))"
    done = subprocess.run(
        [sys.executable, "-c", f"{hidden}\n{BLOCKS[name]}"],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
