"""Measures one export in a process of its own; JSON in, JSON out."""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import Any

from keras_darts.runtimes import timing
from keras_darts.utils.typing import PathLike


def measured(
    path: PathLike,
    *,
    format: str,
    batch_size: int,
    threads: int,
    sequence_length: int,
    repeats: int | None,
    seconds: float | None,
    warm_up: int,
) -> dict[str, Any]:
    """What there is to know of an export at one batch size, a dict."""
    module = importlib.import_module(f"keras_darts.runtimes.{format}")
    runtime = module.start(threads)
    before, _ = timing.memory()
    begin = time.perf_counter()
    run, inputs = module.opened(
        path,
        threads=threads,
        batch_size=batch_size,
        sequence_length=sequence_length,
    )
    opened = time.perf_counter()
    run()
    first = time.perf_counter()
    taken = timing.durations(
        run, repeats=repeats, seconds=seconds, warm_up=warm_up
    )
    _, peak = timing.memory()
    return {
        "runtime": runtime,
        "batch_size": batch_size,
        "threads": threads,
        "inputs": inputs,
        "runs": len(taken),
        "warm_up_runs": warm_up + 1,
        "p50_ms": timing.percentile(taken, 50),
        "p99_ms": timing.percentile(taken, 99),
        "min_ms": min(taken),
        "mean_ms": sum(taken) / len(taken),
        "load_ms": 1e3 * (opened - begin),
        "first_run_ms": 1e3 * (first - opened),
        "peak_memory_bytes": peak,
        "runtime_memory_bytes": before,
    }


def operations(path: PathLike, **settings: Any) -> list[dict[str, Any]]:
    """The operations of a LiteRT file, a list of dicts."""
    module = importlib.import_module("keras_darts.runtimes.litert")
    return module.measured(path, **settings)


def main() -> None:
    """Does what standard input asks for."""
    request = json.load(sys.stdin)
    work = {"measured": measured, "operations": operations}
    result = work[request["what"]](**request["arguments"])
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
