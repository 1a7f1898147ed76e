"""Checks the Keras back end and the platform at import.

A room that uses Keras imports this before anything else, so that Keras on
another back end raises an error before anything fails for want of TensorFlow.
"""

import os

from keras_darts.utils import tf_config

_VARIABLE = "KERAS_BACKEND"


def _refused(backend):
    by = _VARIABLE if os.environ.get(_VARIABLE) else "keras.json"
    return ImportError(
        "keras_darts computes with Keras on TensorFlow alone: set "
        f"{_VARIABLE}=tensorflow before Python starts. Received: the back end "
        f"{backend!r}, by {by}"
    )


try:
    import keras
except ImportError as error:
    # Keras on a back end that is not installed can't be asked for it.
    if error.name not in ("jax", "openvino", "torch"):
        raise
    raise _refused(error.name) from error

if keras.backend.backend() != "tensorflow":
    raise _refused(keras.backend.backend())

tf_config.keep_with_graphs()
