"""The command line in the process of the tests, and one run of each kind."""

import contextlib
import os
import pathlib
import types
import warnings

import pytest
import tensorflow as tf
from less_work import has_no_loop
from less_work import without_graphs

from keras_darts import search_spaces
from keras_darts.cli.main import main
from keras_darts.search_spaces import catalog


def tiny():
    return search_spaces.darts_cnn(
        2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
    )


def tiny_convolutions():
    return search_spaces.darts_cnn(
        2, 2, num_nodes=2, primitives=("none", "skip_connect", "sep_conv_3x3")
    )


def tiny_rnn():
    return search_spaces.darts_rnn(2, embedding_size=4, hidden_size=4)


def tiny_text():
    return search_spaces.text_cnn(
        2, 2, num_nodes=1, primitives=("none", "skip_connect", "conv_1d_3")
    )


_SPACES = {
    space.__name__: space
    for space in (tiny, tiny_convolutions, tiny_rnn, tiny_text)
}


@pytest.fixture(scope="session", autouse=True)
def process():
    """What the command line sets for its process is put back."""
    with pytest.MonkeyPatch.context() as patch:
        # Given by the user, so that the command line leaves them alone.
        patch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")
        patch.setenv("KERAS_BACKEND", "tensorflow")
        for name, space in _SPACES.items():
            patch.setitem(catalog._REGISTRY._entries, name, space)
        yield
    tf.config.optimizer.set_experimental_options(
        {"disable_meta_optimizer": False}
    )


@contextlib.contextmanager
def _quick():
    """No graph is traced for a few steps."""
    with without_graphs(has_no_loop):
        yield


@pytest.fixture(autouse=True)
def quick():
    with _quick():
        yield


def _run(*commands):
    with _quick():
        for command in commands:
            assert main(command) == 0


@pytest.fixture(scope="session")
def runs(process, tmp_path_factory):
    """The folders of a tiny search and of a training."""
    root = tmp_path_factory.mktemp("runs")
    made = types.SimpleNamespace(search=root / "search", train=root / "train")
    common = ["--dataset=digits", "--max_examples=64", "--epochs=2"]
    _run(
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
            f"--run={made.search}",
            "--filters=2",
            "--num_cells=2",
            *common,
        ],
    )
    return made


@pytest.fixture(scope="session")
def exports(runs):
    """The folder of the exports of the training, next to it."""
    folder = runs.train.parent / "exports"
    _run(
        [
            "export",
            f"--run={runs.train}",
            f"--output_dir={folder}",
            "--quantization=none,int8",
            "--format=saved_model,litert,onnx,keras,safetensors",
        ]
    )
    return folder


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """A folder with a text that says the same again and again."""
    folder = tmp_path_factory.mktemp("corpus")
    line = "the cat saw the dog and the dog saw the cat\n"
    for part, count in (("train", 40), ("valid", 12), ("test", 8)):
        (folder / f"{part}.txt").write_text(line * count)
    return folder


@pytest.fixture(scope="session")
def language_runs(process, corpus, tmp_path_factory):
    """The folders of a tiny search on text and of a training."""
    root = tmp_path_factory.mktemp("language")
    made = types.SimpleNamespace(
        search=root / "search", train=root / "train", exports=root / "exports"
    )
    _run(
        [
            *["search", "--search_space=tiny_rnn", f"--dataset={corpus}"],
            *["--batch_size=4", "--epochs=1", "--learning_rate=3"],
            f"--output_dir={made.search}",
        ],
        [
            *["train", f"--run={made.search}", f"--dataset={corpus}"],
            *["--batch_size=4", "--epochs=2", "--hidden_size=8"],
            f"--output_dir={made.train}",
        ],
        [
            *["export", f"--run={made.train}", "--name=text"],
            *["--format=saved_model,litert,onnx,keras"],
            *["--quantization=none,int8", f"--output_dir={made.exports}"],
        ],
    )
    return made


@pytest.fixture(scope="session")
def sentences(tmp_path_factory):
    """A folder with sentences whose class is told by one word."""
    folder = tmp_path_factory.mktemp("sentences")
    pairs = [
        f"{label} {begin} film with {what}"
        for label, begin in (("good", "a fine"), ("bad", "a dull"))
        for what in ("rain", "a cat", "no dog at all", "music")
    ]
    for part, count in (("train", 6), ("dev", 2), ("test", 1)):
        (folder / f"{part}.txt").write_text("\n".join(pairs * count))
    return folder


@pytest.fixture(scope="session")
def sentence_runs(process, sentences, tmp_path_factory):
    """The folders of a tiny search on sentences, a training and exports."""
    root = tmp_path_factory.mktemp("sentence_runs")
    made = types.SimpleNamespace(
        search=root / "search", train=root / "train", exports=root / "exports"
    )
    with warnings.catch_warnings():
        # They are few to calibrate by.
        warnings.filterwarnings("ignore", "`representative_data`")
        _run(
            [
                *["search", "--search_space=tiny_text", "--batch_size=8"],
                *[f"--dataset={sentences}", f"--output_dir={made.search}"],
                "--epochs=1",
            ],
            [
                *["train", f"--run={made.search}", "--batch_size=8"],
                *[f"--dataset={sentences}", f"--output_dir={made.train}"],
                *["--epochs=2", "--filters=2", "--num_cells=2"],
            ],
            [
                *["export", f"--run={made.train}", "--name=films"],
                *[f"--output_dir={made.exports}", "--quantization=none,int8"],
                "--format=saved_model,litert,onnx",
            ],
        )
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
