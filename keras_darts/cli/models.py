"""The flags that say which model, in all its forms."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING

from keras_darts.cli import folders
from keras_darts.cli.options import define_path
from keras_darts.cli.options import define_run
from keras_darts.cli.options import require_one
from keras_darts.cli.options import run_folder

if TYPE_CHECKING:
    from typing import Any

    import keras
    from absl import flags

    from keras_darts.datasets.vocabulary import Vocabulary
    from keras_darts.export.exported_model import ExportedModel

_NETWORK = "model.keras"
_FILES = (".tflite", ".onnx")


def define(options: flags.FlagValues) -> None:
    """Declares the flags."""
    define_run(options, "Folder of a training; in place of --model.")
    define_path(
        options,
        "model",
        None,
        "A .keras, .tflite or .onnx file, or a SavedModel's folder.",
    )


def find(options: flags.FlagValues) -> tuple[pathlib.Path, dict[str, Any]]:
    """The path of the model, and what `config.json` of its run says.

    Raises:
        ValueError: if there is nothing, or a search.
    """
    if require_one(options, "run", "model") == "run":
        path = _in_run(run_folder(options))
        return path, folders.config(path.parent)
    path = pathlib.Path(options.model)
    if not path.exists():
        raise ValueError(
            "`model` must be a folder or a file that exists. Received: "
            f"model={options.model!r}"
        )
    if not (is_of_run(path) or is_export(path)):
        raise ValueError(
            "`model` must be a .keras, .tflite or .onnx file, or a "
            "SavedModel's folder; --run takes the folder of a training. "
            f"Received: model={str(path)!r}"
        )
    return path, folders.config(path.parent) if is_of_run(path) else {}


def _in_run(folder):
    path = folder / _NETWORK
    if not path.exists():
        raise ValueError(
            "`run` must be a training: `keras-darts train` makes one from a "
            f"search. Received: run={str(folder)!r}, which has no {_NETWORK}"
        )
    return path


def is_of_run(path: pathlib.Path) -> bool:
    """Whether the file is a Keras model, and not an export."""
    return path.suffix == ".keras"


def is_export(path: pathlib.Path) -> bool:
    """Whether it is a file of a runtime, or a SavedModel, maybe in versions."""
    if path.is_file():
        return path.suffix in _FILES
    places = [path, *(each for each in path.iterdir() if each.name.isdigit())]
    return any((each / "saved_model.pb").is_file() for each in places)


def load(
    path: pathlib.Path,
) -> tuple[keras.Model | ExportedModel, Vocabulary | None, pathlib.Path]:
    """The Keras model or `ExportedModel`, its vocabulary or `None`, its "
    "place."""
    if is_of_run(path):
        from keras_darts import training

        return training.load_network(path), _vocabulary(path), path
    from keras_darts import export

    exported = export.load(path)
    return exported, exported.vocabulary, exported.path


def _vocabulary(path):
    """That of an exported file, or of the run that a file is in."""
    from keras_darts.datasets import Vocabulary
    from keras_darts.export.exported_model import vocabulary_file

    file = vocabulary_file(path)
    if file.is_file():
        return Vocabulary.load(file)
    return folders.vocabulary(path.parent)
