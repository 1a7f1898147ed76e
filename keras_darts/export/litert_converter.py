"""Converts a SavedModel to the bytes of a LiteRT model, with metadata.

The metadata follow `tensorflow/lite/schema` and `tflite-support`: a buffer
named `TFLITE_METADATA` in the model, itself a FlatBuffer of the tables below,
and the files that it names in a zip archive after the model's end. No package
for the present Python writes them; the numbers are the fields' places.
"""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING

import flatbuffers
import numpy as np
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from typing import Any

    from keras_darts.utils.typing import PathLike

_IDENTIFIER = b"TFL3"
# How old readers tell codes that they don't know from those that they do.
_LAST_OLD_CODE = 127


def with_fast_relus(model: bytes) -> bytes:
    """A model of 8 bits whose ReLUs run by the runtime's fast kernels.

    LiteRT 2.3 has none for a ReLU between numbers of two scales, and cuts the
    model in two at each. x - min(x, 0) is the same and has them; the minimum
    is exact in the scale of x, so that nothing is rounded twice.

    Args:
        model: Bytes of a LiteRT model.

    Returns:
        The bytes of the model that does the same.
    """
    opened = schema.ModelT.InitFromPackedBuf(model, 0)
    codes = [code.builtinCode for code in opened.operatorCodes]
    relu = schema.BuiltinOperator.RELU
    changed = False
    for graph in opened.subgraphs:
        operators = []
        for operator in graph.operators:
            ids = *operator.inputs, *operator.outputs
            integers = all(_is_int8(graph.tensors[i]) for i in ids)
            if codes[operator.opcodeIndex] == relu and integers:
                operators += _difference(opened, graph, operator)
                changed = True
            else:
                operators.append(operator)
        graph.operators = operators
    if not changed:
        return model
    builder = flatbuffers.Builder(len(model))
    builder.Finish(opened.Pack(builder), _IDENTIFIER)
    return bytes(builder.Output())


def _is_int8(tensor):
    return tensor.type == schema.TensorType.INT8


def _difference(model, graph, relu):
    """The two operators that take the place of a ReLU."""
    (source,), (target,) = relu.inputs, relu.outputs
    like = graph.tensors[source]
    zero = schema.BufferT()
    zero.data = np.array(like.quantization.zeroPoint, np.int8).view(np.uint8)
    model.buffers.append(zero)
    bound = _tensor(graph, like, "zero", shape=())
    graph.tensors[bound].buffer = len(model.buffers) - 1
    below = _tensor(graph, like, "below", shape=like.shape)
    graph.tensors[below].shapeSignature = like.shapeSignature
    options = schema.BuiltinOptions
    minimum = _operator(
        model,
        schema.BuiltinOperator.MINIMUM,
        [source, bound],
        below,
        (options.MaximumMinimumOptions, schema.MaximumMinimumOptionsT()),
    )
    difference = _operator(
        model,
        schema.BuiltinOperator.SUB,
        [source, below],
        target,
        (options.SubOptions, schema.SubOptionsT()),
    )
    return minimum, difference


def _tensor(graph, like, name, shape):
    """The index of a new tensor in the scale of another one."""
    tensor = schema.TensorT()
    tensor.name = like.name + f"/{name}".encode()
    tensor.type, tensor.quantization = like.type, like.quantization
    tensor.shape = np.array(shape, np.int32)
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def _operator(model, code, inputs, output, options):
    operator = schema.OperatorT()
    operator.opcodeIndex = _code(model, code)
    operator.inputs, operator.outputs = inputs, [output]
    operator.builtinOptionsType, operator.builtinOptions = options
    return operator


def _code(model, builtin):
    """The index of a code among those of a model."""
    codes = [code.builtinCode for code in model.operatorCodes]
    if builtin not in codes:
        code = schema.OperatorCodeT()
        code.builtinCode, code.version = builtin, 2
        code.deprecatedBuiltinCode = min(builtin, _LAST_OLD_CODE)
        model.operatorCodes.append(code)
        codes.append(builtin)
    return codes.index(builtin)


_METADATA_IDENTIFIER = b"M001"
_NAME = "TFLITE_METADATA"
_AXIS_LABELS = 2
# Fields of `ModelMetadata`, `SubGraphMetadata`, `TensorMetadata` and
# `AssociatedFile`: how many there are, and which are written.
_MODEL = (
    8,
    {"name": 0, "description": 1, "version": 2, "subgraphs": 3, "parser": 7},
)
_GRAPH = 9, {"inputs": 2, "outputs": 3}
_TENSOR = 7, {"name": 0, "description": 1, "files": 6}
_FILE = 5, {"name": 0, "description": 1}
_FILE_TYPE = 2


def with_metadata(
    content: bytes,
    *,
    name: str,
    description: str,
    version: str,
    labels_file: str | None,
) -> bytes:
    """The bytes of a model, with metadata in it.

    Args:
        content: Bytes of a LiteRT model.
        name: String.
        description: String.
        version: String.
        labels_file: String, the file of the labels of each output, or `None`.
    """
    model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
    builder = flatbuffers.Builder(1024)
    signature = model.signatureDefs[0]
    inputs = [
        _tensor_metadata(builder, text, "as the signature has it", None)
        for text in _in_order(signature.inputs, model.subgraphs[0].inputs)
    ]
    outputs = [
        _tensor_metadata(
            builder, text, "one number for each label", labels_file
        )
        for text in _in_order(signature.outputs, model.subgraphs[0].outputs)
    ]
    graph = _table(
        builder,
        _GRAPH,
        inputs=_vector(builder, inputs),
        outputs=_vector(builder, outputs),
    )
    root = _table(
        builder,
        _MODEL,
        name=builder.CreateString(name),
        description=builder.CreateString(description),
        version=builder.CreateString(version),
        subgraphs=_vector(builder, [graph]),
        parser=builder.CreateString("1.0.0"),
    )
    builder.Finish(root, _METADATA_IDENTIFIER)
    return _packed(model, bytes(builder.Output()))


def _in_order(named, indices):
    """Names of a signature's tensors, in the order of the model."""
    names = {tensor.tensorIndex: tensor.name for tensor in named}
    return [names.get(index, b"").decode() for index in indices]


def _tensor_metadata(builder, name, description, labels_file):
    texts = {
        "name": builder.CreateString(name),
        "description": builder.CreateString(description),
    }
    if labels_file is None:
        return _table(builder, _TENSOR, **texts)
    file = {
        "name": builder.CreateString(labels_file),
        "description": builder.CreateString("labels, a line each"),
    }
    files = _vector(builder, [_table(builder, _FILE, _AXIS_LABELS, **file)])
    return _table(builder, _TENSOR, **texts, files=files)


def _table(builder, fields, file_type=None, **offsets):
    """A table whose fields are all offsets, but for the type of a file."""
    count, places = fields
    builder.StartObject(count)
    for name, offset in offsets.items():
        builder.PrependUOffsetTRelativeSlot(places[name], offset, 0)
    if file_type is not None:
        builder.PrependInt8Slot(_FILE_TYPE, file_type, 0)
    return builder.EndObject()


def _vector(builder, offsets):
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()


def _packed(model, metadata):
    buffer = schema.BufferT()
    buffer.data = list(metadata)
    entry = schema.MetadataT()
    entry.name, entry.buffer = _NAME, len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), entry]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def convert(
    folder: PathLike,
    signature: str,
    quantization: str | None,
    feeds: list[dict[str, np.ndarray]] | None,
    io_dtype: str | None = None,
) -> bytes:
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
def without_interpreter_warning() -> Iterator[None]:
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


QUANTIZATIONS: dict[str | None, Callable[..., Any]] = {
    None: _plain,
    "dynamic": _dynamic,
    "float16": _float16,
    "int8": _int8,
}
