"""Measures exports, each in a process of its own."""

from __future__ import annotations

import functools
import itertools
import json
import os
import pathlib
import subprocess
import sys
from typing import TYPE_CHECKING

from keras_darts.export.loading import located
from keras_darts.export.saved_model import folder_size
from keras_darts.runtimes.timing import machine
from keras_darts.utils.errors import non_negative
from keras_darts.utils.errors import positive_integer

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence
    from typing import Any

    from keras_darts.utils.typing import PathLike

_WORKER = [sys.executable, "-P", "-m", "keras_darts.runtimes.worker"]
_MEMORY = (
    "peak_memory_bytes is the most that a process held which loaded Python, "
    "NumPy, the runtime and the model; runtime_memory_bytes is what it held "
    "before the model"
)
_OPERATIONS = (
    "each operation is cut out of the file and timed as a model of its own: "
    "the runtime's Python interface has no profiler"
)


def benchmark(
    path: PathLike,
    *,
    batch_sizes: Sequence[int] = (1,),
    threads: Sequence[int] = (1,),
    repeats: int | None = None,
    seconds: float = 2.0,
    warm_up: int = 5,
    sequence_length: int = 32,
    progress: Callable[[int, int], Any] | None = None,
) -> dict[str, Any]:
    """Measures an export: latency, size, peak memory, operations.

    Every combination of a batch size and a number of threads is measured in a
    process that loads the runtime alone: TensorFlow for a SavedModel,
    ai_edge_litert or onnxruntime, without Keras. A run goes from arrays to
    arrays; of a language model it is one token. Inputs are made up: standard
    normal numbers, ones for ids, words.

    The threads are those that compute one operation; operations come one after
    the other. Of a LiteRT file each operation is timed too, at the first batch
    size and number of threads: cut out of the file, as a model of its own.

    Args:
        path: A `.tflite` or `.onnx` file, or the folder of a SavedModel or of
            its versions, of which the newest is taken.
        batch_sizes: Tuple of integers. Defaults to `(1,)`.
        threads: Tuple of integers. Defaults to `(1,)`.
        repeats: Integer, the runs that are timed. Defaults to `None`: as many
            as there are in `seconds`, and 10 at least.
        seconds: Float, how long each combination is measured. Defaults to
            `2.0`.
        warm_up: Integer, the runs before, which do not count, besides the
            first one. Defaults to `5`.
        sequence_length: Integer, the ids in a row, or words, where a model
            takes any number. Defaults to `32`.
        progress: Function of the measurements that are done and the number
            that there will be. Defaults to `None`.

    Returns:
        A dict of plain data: `format`, `size_bytes`, `machine`,
        `measurements`, a list with `batch_size`, `threads`, `runs`, `p50_ms`,
        `p99_ms`, `peak_memory_bytes` and more, and `operations`. Below 100
        runs the 99th percentile is the slowest of them.

    Raises:
        ValueError: If there is no such export, or an argument makes no sense.
        ImportError: If the runtime is not installed.
        RuntimeError: If the runtime fails.

    Example:

    >>> import tempfile
    >>> image = keras.Input((8, 8, 1))
    >>> logits = keras.layers.Dense(2)(keras.layers.Flatten()(image))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = f"{folder}/a.tflite"
    ...     network = keras.Model(image, logits)
    ...     _ = kd.export.litert(network, file, verbose=0)
    ...     figures = benchmark(file, batch_sizes=(1, 4), repeats=20)
    >>> [row["runs"] for row in figures["measurements"]]
    [20, 20]
    """
    form, path = located(path)
    batch_sizes = _integers("batch_sizes", batch_sizes)
    threads = _integers("threads", threads)
    settings = _settings(repeats, seconds, warm_up, sequence_length)
    ask = functools.partial(_asked, path=str(path), **settings)
    combinations = [
        {"batch_size": batch_size, "threads": count}
        for batch_size, count in itertools.product(batch_sizes, threads)
    ]
    total = len(combinations) + (form == "litert")
    progress = progress or _nothing
    measurements, operations = [], None
    for done, combination in enumerate(combinations):
        progress(done, total)
        measurements.append(ask("measured", format=form, **combination))
    if form == "litert":
        progress(total - 1, total)
        rows = ask("operations", **combinations[0])
        operations = {"measured": _OPERATIONS, **combinations[0], "rows": rows}
    progress(total, total)
    return {
        "path": str(path),
        "format": form,
        "size_bytes": _size(path),
        "machine": machine(),
        "memory": _MEMORY,
        "measurements": measurements,
        "operations": operations,
    }


def _integers(name, values):
    if isinstance(values, int):
        values = (values,)
    values = tuple(positive_integer(name, value) for value in values)
    if not values:
        raise ValueError(
            f"`{name}` must have a number at least. Received: {name}=()"
        )
    return values


def _settings(repeats, seconds, warm_up, sequence_length):
    if repeats is not None:
        repeats = positive_integer("repeats", repeats)
    return {
        "repeats": repeats,
        "seconds": non_negative("seconds", seconds),
        "warm_up": int(non_negative("warm_up", warm_up)),
        "sequence_length": positive_integer("sequence_length", sequence_length),
    }


def _asked(what, **arguments):
    """The answer of a fresh process."""
    done = subprocess.run(
        _WORKER,
        input=json.dumps({"what": what, "arguments": arguments}),
        capture_output=True,
        text=True,
        env=_environment(),
        check=False,
    )
    if done.returncode == 0:
        # Runtimes may have said something of themselves before.
        return json.loads(done.stdout.splitlines()[-1])
    last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
    if last.startswith("ModuleNotFoundError"):
        raise ImportError(
            f"Running {arguments['path']!r} needs a package that is not "
            f"installed: {last}. pip install keras_darts[litert], "
            "keras_darts[onnx] or keras_darts[text] brings it"
        )
    raise RuntimeError(
        f"The export {arguments['path']!r} could not be measured at "
        f"batch_size={arguments['batch_size']}, "
        f"threads={arguments['threads']}: the process ended with code "
        f"{done.returncode} and {last}"
    )


def _environment():
    """That of this process, with the package where it was found."""
    package = str(pathlib.Path(__file__).parents[2])
    others = os.environ.get("PYTHONPATH")
    paths = [package, *([others] if others else [])]
    return {
        "TF_CPP_MIN_LOG_LEVEL": "2",
        **os.environ,
        "PYTHONPATH": os.pathsep.join(paths),
    }


def _size(path):
    return folder_size(path) if path.is_dir() else path.stat().st_size


def _nothing(done, total):
    del done, total
