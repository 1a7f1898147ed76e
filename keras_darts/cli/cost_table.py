"""Measure what the primitives of a search space cost on this machine.

The file is a table for networks of the given sizes: each primitive at each
shape that occurs. A search takes it to find a network as fast as asked for.

  keras-darts cost_table --search_space=darts_cnn --output=table.json
  keras-darts search --dataset=cifar10 --latency_table=table.json \\
      --target_latency_ms=20 --output_dir=runs/fast
"""

from __future__ import annotations

import sys

from absl import flags

from keras_darts import search_spaces
from keras_darts.cli import backend
from keras_darts.cli.measured import columns
from keras_darts.cli.measured import show_bar
from keras_darts.cli.options import define_path
from keras_darts.cli.options import require

_SIZES = (
    ("filters", 36, "Channels of a node in the first cells of the network."),
    ("num_cells", 20, "Cells of the network, or of a stage of it."),
    ("image_size", 32, "Height and width of the images."),
    ("channels", 3, "Channels of the images."),
    ("num_classes", 10, "Classes of the network."),
    ("num_threads", 1, "Threads of the runtime."),
    (
        "num_networks",
        8,
        "Networks that are measured in addition to the primitives.",
    ),
    ("rounds", 9, "How often everything is measured; the lowest counts."),
)


def define(options: flags.FlagValues) -> None:
    """Declares the flags."""
    flags.DEFINE_string(
        "search_space",
        "darts_cnn",
        "Name of a search space of images.",
        flag_values=options,
    )
    flags.DEFINE_enum(
        "measure",
        "latency",
        ["latency", "parameters", "macs"],
        "What is measured; the last two are counted.",
        flag_values=options,
    )
    for name, default, meaning in _SIZES:
        flags.DEFINE_integer(
            name, default, meaning, lower_bound=1, flag_values=options
        )
    flags.DEFINE_integer(
        "seed", 0, "Decides the random networks.", flag_values=options
    )
    define_path(options, "output", None, "JSON file of the table.")


def run(options: flags.FlagValues) -> None:
    """Measures; `options` are the parsed flags."""
    require(options, "output")
    space = search_spaces.get(options.search_space)
    if space.task != "image_classification":
        raise ValueError(
            "`search_space` must be one of images. Received: "
            f"search_space={options.search_space!r}"
        )
    backend.start()
    from keras_darts import profiling

    if options.measure == "latency":
        print(
            "measuring: each primitive becomes a LiteRT file, then all are "
            f"timed {options.rounds} times; minutes in large spaces",
            flush=True,
        )
    side = options.image_size
    table = profiling.build_cost_table(
        options.search_space,
        options.measure,
        filters=options.filters,
        num_cells=options.num_cells,
        input_shape=(side, side, options.channels),
        num_classes=options.num_classes,
        num_threads=options.num_threads,
        num_networks=options.num_networks,
        rounds=options.rounds,
        seed=options.seed,
        progress=show_bar if sys.stderr.isatty() else None,
    )
    table.save(options.output)
    print("\n".join(_words(table, options.search_space)))
    print(f"written to {options.output}")


def _words(table, space):
    yield from columns(
        ("primitive", "filters", "stride", "input", table.unit),
        [
            (*name.split(), f"{cost:.4g}")
            for name, cost in sorted(table.costs.items())
        ],
    )
    least, most = table.bounds(search_spaces.get(space))
    yield (
        f"a network: {table.fixed:.4g} + {table.scale:.3g} x the sum of its "
        f"primitives, from {least:.4g} to {most:.4g} {table.unit}"
    )
