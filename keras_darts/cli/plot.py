"""Draw the cells of a genotype, and the course of a search.

Each cell becomes a picture of its own.

  keras-darts plot --genotype=darts_v2 --output_dir=pictures
  keras-darts plot --run=runs/digits --alphas --format=svg,png
"""

from __future__ import annotations

import pathlib

from absl import flags

from keras_darts import search_spaces
from keras_darts.cli import folders
from keras_darts.cli import genotype
from keras_darts.cli.options import define_choices
from keras_darts.cli.options import define_path
from keras_darts.utils.files import writable_folder

_PREFIX = "alphas_"


def define(options: flags.FlagValues) -> None:
    """Declares the flags."""
    genotype.define(options)
    define_choices(
        options,
        "format",
        ["svg"],
        ("svg", "png"),
        "What to write: svg, png or svg,png.",
    )
    define_path(
        options,
        "output_dir",
        None,
        "Folder of the pictures; if not given, cells/ in the run folder, and "
        "for other genotypes the present folder.",
    )
    flags.DEFINE_bool(
        "alphas",
        False,
        "Also draw how the mixing weights of a search run went.",
        flag_values=options,
    )


def run(options: flags.FlagValues) -> None:
    """Draws; `options` are the parsed flags."""
    network_genotype, name = genotype.find(options)
    if options.alphas and not options.run:
        raise ValueError(
            "`run` must be the folder of a search for --alphas. "
            f"Received: run={options.run!r}"
        )
    source = pathlib.Path(options.run or ".")
    here = source / "cells" if options.run else source
    folder = writable_folder(options.output_dir or here, "output_dir")
    # In the folder of the run the run's name would say nothing.
    begin = "" if options.run and not options.output_dir else f"{name}_"
    from keras_darts import analysis

    cell_types = _cell_types(source) if options.alphas else ()
    print(network_genotype.to_text())
    for form in options.format:
        for cell in analysis.cell_names(network_genotype):
            path = folder / f"{begin}{cell}.{form}"
            print(analysis.plot_cell(network_genotype, cell, path))
        for cell_type in cell_types:
            path = folder / f"{begin}{_PREFIX}{cell_type}.{form}"
            print(
                analysis.plot_alpha_history(source, path=path, cell=cell_type)
            )


def _cell_types(run):
    """The cell types of which a run has the alphas."""
    search, path = folders.config(run).get("search"), run / "alphas.npz"
    if search is None or not path.is_file():
        raise ValueError(
            "`run` must be the folder of a search for --alphas. "
            f"Received: run={str(run)!r}, which has no alphas.npz"
        )
    return [*search_spaces.get(search["search_space"]).cells]
