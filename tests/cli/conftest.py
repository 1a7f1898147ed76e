"""The command line in the process of the tests, and one run of each kind."""

import os
import pathlib
import types

import pytest
import tensorflow as tf

from keras_darts import search_spaces
from keras_darts.cli.main import main
from keras_darts.search_spaces import catalog


def tiny():
    return search_spaces.darts_cnn(
        2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
    )


@pytest.fixture(scope="session", autouse=True)
def process():
    """What the command line sets for its process is put back."""
    with pytest.MonkeyPatch.context() as patch:
        # Given by the user, so that the command line leaves them alone.
        patch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
        patch.setenv("KERAS_BACKEND", "tensorflow")
        patch.setitem(catalog._REGISTRY._entries, "tiny", tiny)
        yield
    tf.config.optimizer.set_experimental_options(
        {"disable_meta_optimizer": False}
    )


@pytest.fixture(scope="session")
def runs(process, tmp_path_factory):
    """The folders of a tiny search, of a training and of its exports."""
    root = tmp_path_factory.mktemp("runs")
    made = types.SimpleNamespace(
        search=root / "search", train=root / "train", exports=root / "exports"
    )
    common = ["--dataset=digits", "--max_examples=64", "--epochs=2"]
    for command in (
        [
            "search",
            f"--output_dir={made.search}",
            "--search_space=tiny",
            "--batch_size=16",
            *common,
        ],
        [
            "train",
            f"--output_dir={made.train}",
            f"--genotype={made.search}",
            "--filters=2",
            "--num_cells=2",
            *common,
        ],
        [
            "export",
            f"--run={made.train}",
            f"--output_dir={made.exports}",
            "--quantization=none,int8",
        ],
    ):
        assert main(command) == 0
    return made


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def environment():
    """Of a subprocess, where nothing is set that the tests set for theirs."""
    ours = ("TF_ENABLE_ONEDNN_OPTS", "TF_CPP_MIN_LOG_LEVEL", "KERAS_BACKEND")
    others = {k: v for k, v in os.environ.items() if k not in ours}
    return {**others, "PYTHONPATH": str(pathlib.Path(__file__).parents[2])}
