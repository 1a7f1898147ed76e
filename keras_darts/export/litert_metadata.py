"""Metadata of LiteRT files, by the format's own schema.

`tensorflow/lite/schema` and `tflite-support` describe it: a buffer named
`TFLITE_METADATA` in the model, itself a FlatBuffer of the tables below, and the
files that it names in a zip archive after the model's end. No package of the
present Python has code for it; the numbers are the fields' places.
"""

import flatbuffers
from tensorflow.lite.python import schema_py_generated as schema

_IDENTIFIER = b"M001"
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


def with_metadata(content, *, name, description, version, labels_file):
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
        _tensor(builder, text, "as the signature has it", None)
        for text in _in_order(signature.inputs, model.subgraphs[0].inputs)
    ]
    outputs = [
        _tensor(builder, text, "one number for each label", labels_file)
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
    builder.Finish(root, _IDENTIFIER)
    return _packed(model, bytes(builder.Output()))


def _in_order(named, indices):
    """Names of a signature's tensors, in the order of the model."""
    names = {tensor.tensorIndex: tensor.name for tensor in named}
    return [names.get(index, b"").decode() for index in indices]


def _tensor(builder, name, description, labels_file):
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
