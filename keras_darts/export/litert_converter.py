"""From a SavedModel to the bytes of a LiteRT model."""

import contextlib
import warnings

import tensorflow as tf

from keras_darts.export.litert_rewrites import with_fast_relus


def convert(folder, signature, quantization, feeds, io_dtype=None):
    """The bytes of a LiteRT model with builtin operations only.

    Args:
        folder: Path of a SavedModel. Its variables are frozen; given Python
            functions instead, the converter leaves reads of variables in the
            model, which then answers NaN without any error.
        signature: String, the name of the signature to convert.
        quantization: A key of `QUANTIZATIONS`.
        feeds: List of dicts of arrays that activations are calibrated on, or
            `None`.
        io_dtype: `"int8"`, `"uint8"` or, for floats, `None`: what inputs and
            outputs are made of. Defaults to `None`.
    """
    converter = tf.lite.TFLiteConverter.from_saved_model(
        str(folder), signature_keys=[signature]
    )
    QUANTIZATIONS[quantization](converter, feeds)
    if io_dtype is not None:
        dtype = tf.as_dtype(io_dtype)
        converter.inference_input_type = dtype
        converter.inference_output_type = dtype
    try:
        with without_interpreter_warning():
            model = converter.convert()
    except Exception as error:
        # `ConverterError` has no public name to be caught by.
        operations = _missing_operations(error)
        if not operations:
            raise
        raise ValueError(
            "`network` and `preprocessing` must use operations that LiteRT has "
            f"built in. Received: {', '.join(operations)}"
        ) from error
    return with_fast_relus(model) if quantization == "int8" else model


@contextlib.contextmanager
def without_interpreter_warning():
    """Keeps quiet TensorFlow's warning of its own interpreter.

    Its converter, too, calibrates with that interpreter.
    """
    with warnings.catch_warnings():
        pattern = r"\s*Warning: tf.lite.Interpreter is deprecated"
        warnings.filterwarnings("ignore", pattern, UserWarning)
        yield


def _missing_operations(error):
    problems = getattr(error, "errors", ())
    names = {problem.operator.name for problem in problems}
    return sorted(name.removeprefix("tf.") for name in names if name)


def _plain(converter, feeds):
    del converter, feeds


def _dynamic(converter, feeds):
    del feeds
    converter.optimizations = [tf.lite.Optimize.DEFAULT]


def _float16(converter, feeds):
    del feeds
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]


def _int8(converter, feeds):
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    integers = tf.lite.OpsSet.TFLITE_BUILTINS_INT8
    converter.target_spec.supported_ops = [integers]
    converter.representative_dataset = lambda: iter(feeds)


QUANTIZATIONS = {
    None: _plain,
    "dynamic": _dynamic,
    "float16": _float16,
    "int8": _int8,
}
