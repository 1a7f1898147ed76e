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

    def opened():
        with without_interpreter_warning():
            return Interpreter(str(file))

    return Exported(
        path=file,
        runtime=runtime,
        signatures={
            name: _signature(opened, name)
            for name in opened().get_signature_list()
        },
    )


def _signature(opened, name):
    runner = opened().get_signature_runner(name)
    details = runner.get_input_details()

    def run(**inputs):
        nonlocal runner
        arrays = {
            name: np.asarray(values, details[name]["dtype"])
            for name, values in inputs.items()
        }
        try:
            return runner(**arrays)
        except RuntimeError:
            # After some, such as that of an empty batch, the interpreter
            # answers good requests, too, but wrongly.
            runner = opened().get_signature_runner(name)
            raise

    return Signature(
        inputs=_shapes(details),
        outputs=_shapes(runner.get_output_details()),
        run=run,
    )


def _shapes(details):
    return {
        name: tuple(
            None if size < 0 else int(size)
            for size in tensor["shape_signature"]
        )
        for name, tensor in details.items()
    }
