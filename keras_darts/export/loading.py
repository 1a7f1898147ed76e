"""Exported networks as functions on images, whatever their format."""

import dataclasses
import importlib.metadata
import pathlib
import typing

import tensorflow as tf

from keras_darts.export.litert_converter import without_interpreter_warning
from keras_darts.export.serving import ENDPOINT


@dataclasses.dataclass(frozen=True)
class Exported:
    """An exported network, as its own runtime computes it on the CPU.

    It is called with float32 images `(B, H, W, C)` and gives a dict of arrays.

    Args:
        path: The folder of the version, or the file.
        image_shape: Tuple `(H, W, C)` of the images that it takes.
        runtime: String, what computes it.
        run: The function.

    Example:

    >>> double = Exported("double", (2,), "numpy", lambda x: {"logits": 2 * x})
    >>> double(np.ones((1, 2)))["logits"].tolist()
    [[2.0, 2.0]]
    """

    path: pathlib.Path
    image_shape: tuple
    runtime: str
    run: typing.Callable

    def __call__(self, images):
        return self.run(images)


def load(path):
    """An exported network from where `saved_model` or `litert` wrote it.

    Args:
        path: A `.tflite` file, the folder of a SavedModel's version, or the
            folder of all versions, of which the newest is taken.

    Returns:
        An `Exported`.

    Raises:
        ValueError: If there is no such export.

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
        return load_litert(path)
    for folder in (path, *_versions(path)):
        if (folder / "saved_model.pb").is_file():
            return load_saved_model(folder)
    raise ValueError(
        "`path` must be a .tflite file, or the folder of a SavedModel or of "
        f"its versions. Received: path={str(path)!r}"
    )


def load_saved_model(folder):
    """The `Exported` of one version of a SavedModel."""
    with tf.device("CPU:0"):
        loaded = tf.saved_model.load(str(folder))
    # The signature does not keep `loaded` and its variables alive by itself.
    signature = loaded.signatures[ENDPOINT]

    def run(images, loaded=loaded):
        with tf.device("CPU:0"):
            outputs = signature(image=tf.constant(images))
        return {name: tensor.numpy() for name, tensor in outputs.items()}

    image = signature.structured_input_signature[1]["image"]
    return Exported(
        path=folder,
        image_shape=tuple(image.shape[1:]),
        runtime=f"tensorflow {tf.__version__}",
        run=run,
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
    (image,) = interpreter.get_input_details()
    signature = interpreter.get_signature_runner(ENDPOINT)
    return Exported(
        path=file,
        image_shape=tuple(map(int, image["shape"][1:])),
        runtime=runtime,
        run=lambda images: signature(image=images),
    )


def _versions(path):
    """The folders of the versions, the newest first."""
    entries = path.iterdir() if path.is_dir() else ()
    numbered = [entry for entry in entries if entry.name.isdecimal()]
    return sorted(numbered, key=lambda entry: int(entry.name), reverse=True)
