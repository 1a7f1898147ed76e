"""Exports read back, whatever their format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_darts.export.litert import load_litert
from keras_darts.export.onnx import load_onnx
from keras_darts.export.saved_model import load_saved_model
from keras_darts.export.signatures import ENDPOINT
from keras_darts.utils.files import user_path

if TYPE_CHECKING:
    import pathlib

    from keras_darts.export.exported_model import ExportedModel
    from keras_darts.utils.typing import PathLike

_SAVED_MODEL = "saved_model"
_SUFFIXES = {".onnx": "onnx", ".tflite": "litert"}
_LOADERS = {
    "onnx": load_onnx,
    "litert": load_litert,
    _SAVED_MODEL: load_saved_model,
}


def load(path: PathLike) -> ExportedModel:
    """An exported network from where an exporter wrote it.

    Args:
        path: A `.tflite` or `.onnx` file, the folder of a SavedModel's
            version, or the folder of all versions, of which the newest is
            taken.

    Returns:
        An `ExportedModel`.

    Raises:
        ValueError: If there is no such export.
        ImportError: If what runs it is not installed: onnxruntime, or, for raw
            text, tensorflow-text.

    Example:

    >>> import tempfile
    >>> import keras
    >>> from keras_darts import export
    >>> image = keras.Input((8, 8, 1))
    >>> logits = keras.layers.Dense(2)(keras.layers.Flatten()(image))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     network = keras.Model(image, logits)
    ...     _ = export.saved_model(network, folder, verbose=0)
    ...     loaded = load(folder)
    >>> loaded(np.zeros((3, 8, 8, 1), "float32"))["logits"].shape
    (3, 2)
    """
    form, path = located(path)
    return _known(_LOADERS[form](path))


def located(path: PathLike) -> tuple[str, pathlib.Path]:
    """The format of an export, and the file or the newest version's folder.

    Args:
        path: As for `load`.

    Returns:
        `"saved_model"`, `"litert"` or `"onnx"`, and a `pathlib.Path`.
    """
    path = user_path(path)
    if path.suffix in _SUFFIXES and path.is_file():
        return _SUFFIXES[path.suffix], path
    for folder in (path, *_versions(path)):
        if (folder / "saved_model.pb").is_file():
            return _SAVED_MODEL, folder
    raise ValueError(
        "`path` must be a .tflite or .onnx file, or the folder of a SavedModel "
        f"or of its versions. Received: path={str(path)!r}"
    )


def _known(exported):
    if exported.task is None and not _classifies(exported):
        raise ValueError(
            "`path` must be an export of keras_darts, with inputs of its "
            f"names. Received: {str(exported.path)!r}, with the signatures "
            f"{', '.join(exported.signatures) or 'of nothing'}"
        )
    return exported


def _versions(path):
    """The folders of the versions, the newest first."""
    entries = path.iterdir() if path.is_dir() else ()
    numbered = [entry for entry in entries if entry.name.isdecimal()]
    return sorted(numbered, key=lambda entry: int(entry.name), reverse=True)


def _classifies(exported):
    """Whether it goes from one input of any name to logits."""
    serving = exported.signatures.get(ENDPOINT)
    one = serving is not None and len(serving.inputs) == 1
    return one and "logits" in serving.outputs
