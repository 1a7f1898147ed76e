"""SavedModels read back."""

import importlib

import numpy as np
import tensorflow as tf

from keras_darts.export.exported import Exported
from keras_darts.export.exported import Signature


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


def _cast(values, dtype):
    return values if dtype == tf.string else np.asarray(values, dtype.name)
