"""Times a function, and measures the memory of its process."""

from __future__ import annotations

import gc
import os
import pathlib
import platform
import sys
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any

import numpy as np


def machine() -> dict[str, Any]:
    """The processor and the system, as plain data."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    }


def _cpu():
    """The processor's model, as the system calls it."""
    file = pathlib.Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    names = [
        line.partition(":")[2].strip()
        for line in lines
        if line.startswith("model name")
    ]
    return names[0] if names else platform.processor() or platform.machine()


_WORD = "the"


def random_inputs(
    shape: Sequence[int | None],
    dtype: Any,
    batch_size: int,
    sequence_length: int,
) -> np.ndarray:
    """An array for one input of a model.

    Floats are standard normal, integers are 1, which is a token and no
    padding, and strings are words.

    Args:
        shape: Tuple, with `None` where any size will do: first for the batch,
            then for the length of a row.
        dtype: NumPy's type; that of objects stands for strings.
        batch_size: Integer.
        sequence_length: Integer.
    """
    first, *others = shape
    sizes = [batch_size if first is None else first]
    sizes += [sequence_length if size is None else size for size in others]
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        return np.random.default_rng(0).standard_normal(sizes).astype(dtype)
    if dtype.kind == "O":
        return np.full(sizes, " ".join([_WORD] * sequence_length), object)
    return np.ones(sizes, dtype)


try:
    import resource
except ImportError:
    # As on Windows.
    resource = None

_MILLISECONDS = 1e-6
_FEWEST_RUNS = 10
_STATUS = pathlib.Path("/proc/self/status")


def durations(
    run: Callable[[], object],
    *,
    repeats: int | None,
    seconds: float | None,
    warm_up: int,
) -> list[float]:
    """Milliseconds of each of the runs that count, in their order.

    Args:
        run: Function without arguments.
        repeats: Integer, the number of runs, or `None`.
        seconds: Float, for how long to continue where `repeats` is `None`, with
            10 runs in any case; else of no meaning, and may be `None`.
        warm_up: Integer, runs before, which do not count.
    """
    for _ in range(warm_up):
        run()
    taken = []
    gc.collect()
    gc.disable()
    try:
        end = time.perf_counter_ns() + int((seconds or 0) * 1e9)
        while _continues(len(taken), repeats, end):
            begin = time.perf_counter_ns()
            run()
            taken.append((time.perf_counter_ns() - begin) * _MILLISECONDS)
    finally:
        gc.enable()
    return taken


def percentile(values: Iterable[float], percent: int) -> float:
    """The smallest value that so many percent of the values don't exceed.

    Example:

    >>> percentile([3, 1, 2, 4], 50), percentile([3, 1, 2, 4], 99)
    (2, 4)
    """
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * percent // 100) - 1, 0)]


def memory() -> tuple[int | None, int | None]:
    """Bytes that the process holds now and that it has held at most.

    Linux' own figure for a process, VmHWM, since `ru_maxrss` begins with what
    the process that started this one has held. Elsewhere `None` and
    `ru_maxrss`, or `None` where there is no such figure.
    """
    if _STATUS.exists():
        lines = dict(
            line.split(":", 1) for line in _STATUS.read_text().splitlines()
        )
        return tuple(
            int(lines[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM")
        )
    if resource is None:
        return None, None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return None, peak * (1 if sys.platform == "darwin" else 1024)


def _continues(count, repeats, end):
    if repeats is not None:
        return count < repeats
    return count < _FEWEST_RUNS or time.perf_counter_ns() < end
