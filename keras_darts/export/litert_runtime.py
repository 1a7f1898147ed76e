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
    made = runner.get_output_details()

    def run(**inputs):
        nonlocal runner
        arrays = {
            name: _quantized(name, values, details[name])
            for name, values in inputs.items()
        }
        try:
            outputs = runner(**arrays)
        except RuntimeError:
            # After some, such as that of an empty batch, the interpreter
            # answers good requests, too, but wrongly.
            runner = opened().get_signature_runner(name)
            raise
        return {
            name: _dequantized(values, made[name])
            for name, values in outputs.items()
        }

    return Signature(
        inputs=_shapes(details),
        outputs=_shapes(runner.get_output_details()),
        run=run,
        quantized={
            name: [
                float(tensor["quantization"][0]),
                int(tensor["quantization"][1]),
            ]
            for name, tensor in {**details, **made}.items()
            for scale, zero in [tensor["quantization"]]
            if scale
        },
    )


def _quantized(name, values, tensor):
    """Numbers as a tensor holds them, by its scale and zero point."""
    dtype, (scale, zero) = tensor["dtype"], tensor["quantization"]
    values = np.asarray(values)
    if not scale or values.dtype == dtype:
        return values.astype(dtype)
    if not np.isfinite(values).all():
        raise ValueError(
            f"`{name}` must be finite: whole numbers stand for it. Received: "
            f"{name} with NaN or infinite values"
        )
    limits = np.iinfo(dtype)
    whole = np.rint(values / scale) + zero
    return np.clip(whole, limits.min, limits.max).astype(dtype)


def _dequantized(values, tensor):
    scale, zero = tensor["quantization"]
    if not scale or values.dtype.kind == "f":
        return values
    return (values.astype("float32") - zero) * np.float32(scale)


def _shapes(details):
    return {
        name: tuple(
            None if size < 0 else int(size)
            for size in tensor["shape_signature"]
        )
        for name, tensor in details.items()
    }
