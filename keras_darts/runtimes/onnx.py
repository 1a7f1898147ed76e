"""ONNX files, as onnxruntime runs them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from keras_darts.runtimes.timing import random_inputs
from keras_darts.utils.typing import PathLike

_DTYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(string)": "O",
}
_ONLY_ERRORS = 3


def start(threads: int) -> str:
    """Imports the runtime and gives its name and version."""
    import onnxruntime

    del threads
    return f"onnxruntime {onnxruntime.__version__}"


def opened(
    path: PathLike, *, threads: int, batch_size: int, sequence_length: int
) -> tuple[Callable[[], list[np.ndarray]], dict[str, tuple[int, ...]]]:
    """As `litert.opened`."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ONLY_ERRORS
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"]
    )
    arrays = {
        tensor.name: random_inputs(
            [size if isinstance(size, int) else None for size in tensor.shape],
            _DTYPES[tensor.type],
            batch_size,
            sequence_length,
        )
        for tensor in session.get_inputs()
    }
    shapes = {name: array.shape for name, array in arrays.items()}
    return lambda: session.run(None, arrays), shapes
