"""Exports read back, whatever their format."""

import importlib
import importlib.metadata
import pathlib

import numpy as np
import tensorflow as tf

from keras_darts.export.exported import Exported
from keras_darts.export.exported import Signature
from keras_darts.export.litert_converter import without_interpreter_warning


def load(path):
    """An exported network from where `saved_model` or `litert` wrote it.

    Args:
        path: A `.tflite` file, the folder of a SavedModel's version, or the
            folder of all versions, of which the newest is taken.

    Returns:
        An `Exported`.

    Raises:
        ValueError: If there is no such export.
        ImportError: If it takes raw text, by tensorflow-text, and that is not
            installed.

    Example:

    >>> import tempfile
    >>> import keras
    >>> from keras_darts import export
    >>> image = keras.Input((8, 8, 1))
    >>> logits = keras.layers.Dense(2)(keras.layers.Flatten()(image))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = export.saved_model(keras.Model(image, logits), folder)
    ...     loaded = load(folder)
    >>> loaded(np.zeros((3, 8, 8, 1), "float32"))["logits"].shape
    (3, 2)
    """
    path = pathlib.Path(path)
    if path.suffix == ".tflite" and path.is_file():
        return _known(load_litert(path))
    for folder in (path, *_versions(path)):
        if (folder / "saved_model.pb").is_file():
            return _known(load_saved_model(folder))
    raise ValueError(
        "`path` must be a .tflite file, or the folder of a SavedModel or of "
        f"its versions. Received: path={str(path)!r}"
    )


def load_saved_model(folder):
    """The `Exported` of one version of a SavedModel."""
    with tf.device("CPU:0"):
        loaded = _loaded(folder)
    return Exported(
        path=folder,
        runtime=f"tensorflow {tf.__version__}",
        signatures={
            name: _from_tensorflow(function, loaded)
            for name, function in loaded.signatures.items()
        },
    )


def load_litert(file):
    """The `Exported` of a LiteRT file."""
    try:
        from ai_edge_litert.interpreter import Interpreter

        version = importlib.metadata.version("ai-edge-litert")
        runtime = f"ai_edge_litert {version}"
    except ImportError:
        Interpreter = tf.lite.Interpreter
        runtime = f"tensorflow {tf.__version__}"
    with without_interpreter_warning():
        interpreter = Interpreter(str(file))
    return Exported(
        path=file,
        runtime=runtime,
        signatures={
            name: _from_litert(interpreter.get_signature_runner(name))
            for name in interpreter.get_signature_list()
        },
    )


def _loaded(folder):
    try:
        return tf.saved_model.load(str(folder))
    except RuntimeError as error:
        if "Op type not registered" not in str(error):
            raise
    try:
        # Its import registers the operations.
        importlib.import_module("tensorflow_text")
    except ImportError as error:
        raise ImportError(
            f"The export {str(folder)!r} takes raw text and needs "
            "tensorflow-text: pip install keras_darts[text]"
        ) from error
    return tf.saved_model.load(str(folder))


def _from_tensorflow(function, loaded):
    specs = function.structured_input_signature[1]

    # The function does not keep `loaded` and its variables alive by itself.
    def run(loaded=loaded, **inputs):
        with tf.device("CPU:0"):
            tensors = {
                name: tf.convert_to_tensor(_cast(values, specs[name].dtype))
                for name, values in inputs.items()
            }
            outputs = function(**tensors)
        return {name: tensor.numpy() for name, tensor in outputs.items()}

    return Signature(
        inputs={name: tuple(spec.shape) for name, spec in specs.items()},
        outputs={
            name: tuple(spec.shape)
            for name, spec in function.structured_outputs.items()
        },
        run=run,
    )


def _from_litert(runner):
    details = runner.get_input_details()

    def run(**inputs):
        arrays = {
            name: np.asarray(values, details[name]["dtype"])
            for name, values in inputs.items()
        }
        return runner(**arrays)

    return Signature(
        inputs=_litert_shapes(details),
        outputs=_litert_shapes(runner.get_output_details()),
        run=run,
    )


def _litert_shapes(details):
    return {
        name: tuple(
            None if size < 0 else int(size)
            for size in tensor["shape_signature"]
        )
        for name, tensor in details.items()
    }


def _cast(values, dtype):
    return values if dtype == tf.string else np.asarray(values, dtype.name)


def _known(exported):
    if exported.kind is None:
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
