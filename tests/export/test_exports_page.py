"""The code of docs/exports.md runs, without keras_darts where it says so."""

import pathlib
import re
import subprocess
import sys

import pytest

import keras_darts as kd
from keras_darts.training.run_folder import save_network

for package in ("ai_edge_litert", "onnxruntime", "tf2onnx", "safetensors"):
    pytest.importorskip(package, reason="pip install keras_darts[test]")

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "exports.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
WRITING, CARD, *ELSEWHERE = BLOCKS
# What the other blocks may not import, by what they do.
ABSENT = {
    "tensorflow": ("keras_darts", "keras"),
    "ai_edge_litert": ("keras_darts", "keras", "tensorflow"),
    "onnxruntime": ("keras_darts", "keras", "tensorflow"),
    "safetensors": ("keras_darts", "keras", "tensorflow"),
}


def _absent(block):
    return next((ABSENT[name] for name in ABSENT if name in block), None)


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
        exec(WRITING, {})
    return path


def test_the_card_and_kerass_own_file_are_read(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    exec(CARD, {})
    difference, agreement = map(float, capsys.readouterr().out.split())
    assert difference < 1e-5 and agreement == 1.0
    (block,) = [block for block in ELSEWHERE if _absent(block) is None]
    names = {}
    exec(block, names)
    assert names["network"].genotype


@pytest.mark.parametrize(
    "block", [block for block in ELSEWHERE if _absent(block)]
)
def test_files_are_used_without_keras_darts(block, folder):
    hidden = f"import sys\nsys.modules.update(dict.fromkeys({_absent(block)}))"
    done = subprocess.run(
        [sys.executable, "-c", f"{hidden}\n{block}"],
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
