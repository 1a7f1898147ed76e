"""SavedModels, as TensorFlow runs them."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from keras_darts.runtimes.timing import random_inputs
from keras_darts.utils.typing import PathLike

_ENDPOINTS = ("step", "serving_default")


def start(threads: int) -> str:
    """Sets the threads, before anything runs; the name and version."""
    # Operations one after the other, each on all threads, as others do it.
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.set_visible_devices([], "GPU")
    return f"tensorflow {tf.__version__}"


def opened(
    path: PathLike, *, threads: int, batch_size: int, sequence_length: int
) -> tuple[Callable[[], list[np.ndarray]], dict[str, tuple[int, ...]]]:
    """As `litert.opened`."""
    del threads
    loaded = _loaded(path)
    (name, *_) = [name for name in _ENDPOINTS if name in loaded.signatures]
    function = loaded.signatures[name]
    arrays = {
        name: random_inputs(
            tuple(spec.shape),
            spec.dtype.as_numpy_dtype,
            batch_size,
            sequence_length,
        )
        for name, spec in function.structured_input_signature[1].items()
    }

    # `loaded` keeps its variables alive.
    def run(loaded=loaded):
        tensors = {n: tf.constant(array) for n, array in arrays.items()}
        outputs = function(**tensors)
        return [tensor.numpy() for tensor in outputs.values()]

    return run, {name: array.shape for name, array in arrays.items()}


def _loaded(path):
    try:
        return tf.saved_model.load(path)
    except RuntimeError as error:
        if "Op type not registered" not in str(error):
            raise
    # Its import registers the operations of raw text.
    importlib.import_module("tensorflow_text")
    return tf.saved_model.load(path)
