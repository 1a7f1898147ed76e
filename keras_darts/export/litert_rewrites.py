"""Operations that LiteRT is slow at, put otherwise."""

import flatbuffers
import numpy as np
from tensorflow.lite.python import schema_py_generated as schema

_IDENTIFIER = b"TFL3"
# How old readers tell codes that they don't know from those that they do.
_LAST_OLD_CODE = 127


def with_fast_relus(model):
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
