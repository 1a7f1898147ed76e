"""Measure an export: latency, size, peak memory and what takes the time.

Each combination of a batch size and a number of threads is measured in a
process that loads nothing but the runtime and the model.

  keras-darts benchmark saved_models/digits.tflite
  keras-darts benchmark saved_models/digits.onnx --batch_sizes=1,8 \\
      --num_threads=1,2 --output=digits.json
"""

from __future__ import annotations

import collections
import pathlib
import sys

from absl import flags

from keras_darts.cli import backend
from keras_darts.cli import models
from keras_darts.cli.measured import columns
from keras_darts.cli.measured import show_bar
from keras_darts.cli.options import define_path
from keras_darts.cli.options import require
from keras_darts.utils.files import write_json

POSITIONAL = "model"
_MEGABYTE = 1e6


def define(options: flags.FlagValues) -> None:
    """Declares the flags."""
    define_path(
        options,
        "model",
        None,
        "A .tflite or .onnx file, or a SavedModel's folder.",
    )
    _define_numbers(options, "batch_sizes", "Inputs at once.")
    _define_numbers(options, "num_threads", "Threads that compute.")
    flags.DEFINE_float(
        "seconds",
        2.0,
        "How long each combination is measured.",
        lower_bound=0.0,
        flag_values=options,
    )
    flags.DEFINE_integer(
        "repeats",
        None,
        "Runs that are timed; if not given, as many as there are in --seconds.",
        lower_bound=1,
        flag_values=options,
    )
    flags.DEFINE_integer(
        "warm_up",
        5,
        "Runs before, which do not count.",
        lower_bound=0,
        flag_values=options,
    )
    flags.DEFINE_integer(
        "sequence_length",
        32,
        "Ids or words in a row, where a model takes any number.",
        lower_bound=1,
        flag_values=options,
    )
    define_path(options, "output", None, "JSON file for all that was measured.")


def run(options: flags.FlagValues) -> None:
    """Measures; `options` are the parsed flags."""
    _check_model(options)
    backend.start()
    from keras_darts import profiling

    figures = profiling.benchmark(
        options.model,
        batch_sizes=tuple(map(int, options.batch_sizes)),
        threads=tuple(map(int, options.num_threads)),
        repeats=options.repeats,
        seconds=options.seconds,
        warm_up=options.warm_up,
        sequence_length=options.sequence_length,
        progress=show_bar if sys.stderr.isatty() else None,
    )
    print("\n".join(_words(figures)))
    if options.output is not None:
        write_json(options.output, figures)
        print(f"written to {options.output}")


def _check_model(options):
    """Refuses what is no export, before anything is loaded."""
    require(options, "model")
    path = pathlib.Path(options.model)
    if not path.exists() or not models.is_export(path):
        hint = (
            ": keras-darts export makes one of a training run"
            if (path / "model.keras").exists()
            else " that exists"
        )
        raise ValueError(
            "`model` must be a .tflite or .onnx file or a SavedModel's folder"
            f"{hint}. Received: model={options.model!r}"
        )


def _define_numbers(options, name, meaning):
    flags.DEFINE_list(
        name,
        ["1"],
        f"{meaning} Several have commas between.",
        flag_values=options,
    )
    flags.register_validator(
        name,
        lambda values: (
            bool(values)
            and all(value.isdecimal() and int(value) for value in values)
        ),
        "positive integers, with commas between",
        flag_values=options,
    )


def _words(figures):
    """The lines of a report."""
    machine, rows = figures["machine"], figures["measurements"]
    yield (
        f"{figures['path']}: {figures['format']}, "
        f"{figures['size_bytes'] / 1e3:,.0f} kB, run by {rows[0]['runtime']}"
    )
    yield f"on {machine['cpu']}, {machine['cores']} cores, {machine['system']}"
    yield ""
    yield from columns(
        ("batch", "threads", "runs", "median ms", "99 % ms", "a second", "MB"),
        [_measurement(row) for row in rows],
    )
    yield "MB: the peak of Python, the runtime and the model together."
    if figures["operations"] is not None:
        yield ""
        yield from _operations(figures["operations"])


def _measurement(row):
    peak = row["peak_memory_bytes"]
    return (
        row["batch_size"],
        row["threads"],
        row["runs"],
        f"{row['p50_ms']:.3f}",
        f"{row['p99_ms']:.3f}",
        f"{1e3 * row['batch_size'] / row['p50_ms']:,.0f}",
        "?" if peak is None else f"{peak / _MEGABYTE:,.0f}",
    )


def _operations(operations):
    rows_by_operation = collections.defaultdict(list)
    for row in operations["rows"]:
        rows_by_operation[row["operation"]].append(row)
    sums = [
        (
            name,
            len(rows),
            sum(row["macs"] for row in rows),
            sum(row["ms"] or 0.0 for row in rows),
        )
        for name, rows in rows_by_operation.items()
    ]
    macs, time = (sum(row[place] for row in sums) or 1 for place in (2, 3))
    yield from columns(
        ("operation", "number", "MACs", "of all", "ms", "of all"),
        [
            (
                *(name, number, f"{m:,}", f"{m / macs:.0%}"),
                *(f"{ms:.3f}", f"{ms / time:.0%}"),
            )
            for name, number, m, ms in sorted(sums, key=lambda row: -row[3])
        ],
    )
    yield (
        f"ms: the medians of each operation alone, at "
        f"batch {operations['batch_size']} on {operations['threads']} "
        f"thread(s); {time:.3f} together."
    )
    if any(row["ms"] is None for row in operations["rows"]):
        yield "Some can't be run alone and have no time."
