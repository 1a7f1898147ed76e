"""LiteRT files read back."""

import importlib.metadata

import numpy as np
import tensorflow as tf

from keras_darts.export.exported import Exported
from keras_darts.export.exported import Signature
from keras_darts.export.litert_converter import without_interpreter_warning


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
