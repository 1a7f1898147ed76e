"""LiteRT files, as ai_edge_litert runs them: whole, by operation, many in turn.

The runtime's Python interface has no profiler. So each operation is cut out of
the file, with its constants, and run alone on what it gets in the whole model.
"""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np

from keras_darts.runtimes import timing
from keras_darts.runtimes.timing import random_inputs
from keras_darts.utils.typing import PathLike


def start(threads: int) -> str:
    """Imports the runtime and gives its name and version."""
    import ai_edge_litert.interpreter

    del ai_edge_litert, threads
    return f"ai_edge_litert {importlib.metadata.version('ai-edge-litert')}"


def opened(
    path: PathLike, *, threads: int, batch_size: int, sequence_length: int
) -> tuple[Callable[[], list[np.ndarray]], dict[str, tuple[int, ...]]]:
    """A function that runs a model, arrays in and arrays out, and its inputs.

    Returns:
        The function, without arguments, and a dict from the inputs' names to
        their shapes.
    """
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(path, num_threads=threads)
    arrays = prepared(interpreter, batch_size, sequence_length)
    outputs = [tensor["index"] for tensor in interpreter.get_output_details()]

    def run():
        for index, array in arrays.values():
            interpreter.set_tensor(index, array)
        interpreter.invoke()
        return [interpreter.get_tensor(index) for index in outputs]

    return run, {name: array.shape for name, (_, array) in arrays.items()}


def prepared(
    interpreter: Any, batch_size: int, sequence_length: int
) -> dict[str, tuple[int, np.ndarray]]:
    """Sizes an interpreter for a batch, and returns the inputs by their names.

    Returns:
        Dict from names to pairs of a tensor's index and an array for it.
    """
    signatures = interpreter.get_signature_list()
    names = _names(interpreter, signatures)
    arrays = {}
    for tensor in interpreter.get_input_details():
        sizes = tensor["shape_signature"]
        shape = tuple(None if size < 0 else int(size) for size in sizes)
        array = random_inputs(
            shape, tensor["dtype"], batch_size, sequence_length
        )
        interpreter.resize_tensor_input(tensor["index"], array.shape)
        name = names.get(tensor["index"], tensor["name"])
        arrays[name] = tensor["index"], array
    interpreter.allocate_tensors()
    return arrays


def _names(interpreter, signatures):
    """Names of inputs by the indices of their tensors."""
    runners = [interpreter.get_signature_runner(name) for name in signatures]
    return {
        tensor["index"]: name
        for runner in runners[:1]
        for name, tensor in runner.get_input_details().items()
    }


def measured(
    path: PathLike,
    *,
    batch_size: int,
    threads: int,
    sequence_length: int,
    repeats: int | None,
    seconds: float,
    warm_up: int,
) -> list[dict[str, Any]]:
    """A dict for each operation of a file, in the order that they run in.

    `ms` is the median of the operation alone, `None` where it can't be run so.
    """
    from ai_edge_litert.interpreter import Interpreter
    from ai_edge_litert.interpreter import OpResolverType

    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(
        path,
        experimental_op_resolver_type=plain,
        experimental_preserve_all_tensors=True,
    )
    arrays = prepared(interpreter, batch_size, sequence_length)
    for index, array in arrays.values():
        interpreter.set_tensor(index, array)
    interpreter.invoke()
    model = _read(path)
    count = len(model.subgraphs[0].operators)
    rows = []
    for details in interpreter._get_ops_details()[:count]:
        values = _values(interpreter, details)
        single = Single(model, details["index"], values)
        rows.append(
            {
                "operation": details["op_name"],
                "output": single.output_shape,
                "macs": _macs(details, values),
                "ms": single.median(
                    threads=threads,
                    repeats=repeats,
                    seconds=seconds / count,
                    warm_up=warm_up,
                ),
            }
        )
    return rows


class Single:
    """An operation of a model as a model of its own.

    Args:
        model: What `_read` gave.
        index: Integer, the operation's place.
        values: Dict from the indices of its tensors to arrays.
    """

    def __init__(
        self, model: Any, index: int, values: Mapping[int, np.ndarray]
    ) -> None:
        self._model, self._values = model, values
        self._graph = model.subgraphs[0]
        self._operator = self._graph.operators[index]
        used = [*self._operator.inputs, *self._operator.outputs]
        self._used = list(dict.fromkeys(int(i) for i in used if i >= 0))
        self._fed = [
            index
            for index in self._used
            if not self._is_constant(index)
            and index not in self._operator.outputs
        ]

    @property
    def output_shape(self) -> list[int]:
        return list(self._values[int(self._operator.outputs[0])].shape)

    def median(self, *, threads: int, **settings: Any) -> float | None:
        """Milliseconds that it takes."""
        from ai_edge_litert.interpreter import Interpreter

        try:
            interpreter = Interpreter(
                model_content=self._content(), num_threads=threads
            )
            interpreter.allocate_tensors()
            inputs = interpreter.get_input_details()
            for tensor, index in zip(inputs, self._fed, strict=True):
                interpreter.set_tensor(tensor["index"], self._values[index])
            taken = timing.durations(interpreter.invoke, **settings)
        except (RuntimeError, ValueError):
            return None
        return timing.percentile(taken, 50)

    def _is_constant(self, index):
        buffer = self._graph.tensors[index].buffer
        return self._model.buffers[buffer].data is not None

    def _content(self):
        from ai_edge_litert import schema_py_generated as schema

        places = {old: new for new, old in enumerate(self._used)}
        buffers = [schema.BufferT()]
        tensors = []
        for index in self._used:
            tensor = _copy(self._graph.tensors[index])
            tensor.shape = np.array(self._values[index].shape, np.int32)
            tensor.shapeSignature = None
            tensor.buffer = 0
            if self._is_constant(index):
                old = self._graph.tensors[index].buffer
                tensor.buffer = len(buffers)
                buffers.append(self._model.buffers[old])
            tensors.append(tensor)
        operator = _copy(self._operator)
        operator.inputs = [places.get(int(i), -1) for i in operator.inputs]
        operator.outputs = [places[int(i)] for i in operator.outputs]
        code, operator.opcodeIndex = operator.opcodeIndex, 0
        graph = schema.SubGraphT()
        graph.tensors, graph.operators = tensors, [operator]
        graph.inputs = [places[index] for index in self._fed]
        graph.outputs = operator.outputs
        model = schema.ModelT()
        model.version = self._model.version
        model.operatorCodes = [self._model.operatorCodes[code]]
        model.subgraphs, model.buffers = [graph], buffers
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def _read(path):
    from ai_edge_litert import schema_py_generated as schema

    with open(path, "rb") as file:
        return schema.ModelT.InitFromPackedBuf(file.read(), 0)


def _values(interpreter, details):
    """What goes into an operation and comes out, by the tensors' indices."""
    used = {*map(int, details["inputs"]), *map(int, details["outputs"])}
    return {i: interpreter.get_tensor(i) for i in used if i >= 0}


def _macs(details, values):
    """Multiplications with weights, each with an addition."""
    output = math.prod(values[int(details["outputs"][0])].shape)
    name = details["op_name"]
    if name not in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
        return 0
    weights = values[int(details["inputs"][1])].shape
    if name == "DEPTHWISE_CONV_2D":
        return output * math.prod(weights[1:3])
    return output * math.prod(weights[1:])


def _copy(part):
    copy = type(part)()
    vars(copy).update(vars(part))
    return copy


_SECONDS = 0.03


def runtime() -> str:
    """The name and version of the runtime.

    Raises:
        ImportError: if it is not installed.
    """
    try:
        version = importlib.metadata.version("ai-edge-litert")
    except importlib.metadata.PackageNotFoundError as error:
        raise ImportError(
            "Latencies are measured by ai-edge-litert: "
            "pip install keras_darts[litert]"
        ) from error
    return f"ai_edge_litert {version}"


def interleaved_min_medians(
    models: Sequence[bytes],
    threads: int,
    rounds: int,
    after_round: Callable[[], object],
) -> list[float]:
    """Milliseconds of each model: of its medians in all rounds the lowest.

    Args:
        models: List of the bytes of LiteRT files.
        threads: Integer.
        rounds: Integer; in each, every model runs 10 times at least.
        after_round: Function without arguments.
    """
    from ai_edge_litert.interpreter import Interpreter

    interpreters = [
        Interpreter(model_content=model, num_threads=threads)
        for model in models
    ]
    for interpreter in interpreters:
        interpreter.allocate_tensors()
        for tensor in interpreter.get_input_details():
            noise = np.random.default_rng(0).standard_normal(tensor["shape"])
            interpreter.set_tensor(tensor["index"], noise.astype("float32"))
    lowest = [np.inf] * len(models)
    for _ in range(rounds):
        for place, interpreter in enumerate(interpreters):
            taken = timing.durations(
                interpreter.invoke, repeats=None, seconds=_SECONDS, warm_up=1
            )
            lowest[place] = min(lowest[place], timing.percentile(taken, 50))
        after_round()
    return lowest
