"""The flags that say which genotype, in all its forms."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING

from absl import flags

from keras_darts import genotypes
from keras_darts import search_spaces
from keras_darts.cli import folders
from keras_darts.cli import tasks
from keras_darts.cli.options import define_path
from keras_darts.cli.options import define_run
from keras_darts.cli.options import require_one
from keras_darts.cli.options import run_folder
from keras_darts.genotypes import io
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from keras_darts.cli.tasks.base import TaskCommands
    from keras_darts.genotypes.base_genotype import BaseGenotype

_RANDOM = "random:"


def define(options: flags.FlagValues) -> None:
    """Declares the flags."""
    define_run(
        options,
        "Folder of a search, a tuning's trial or a training; in place "
        "of --genotype.",
    )
    define_path(
        options,
        "genotype",
        None,
        "A file of a genotype, or a log with lines "
        "`Genotype(normal=[...], ...)` as DARTS and its forks print them, of "
        "which the last one counts; such a text itself; a published name such "
        "as darts_v2 or rnn_darts_v2; an architecture string |...| of "
        "NAS-Bench-201; or random:SEED for one drawn from --search_space.",
    )
    flags.DEFINE_string(
        "search_space",
        "darts_cnn",
        "Where random:SEED draws from.",
        flag_values=options,
    )


def find(options: flags.FlagValues) -> tuple[BaseGenotype, str]:
    """The genotype that the flags describe, and a name for it.

    Raises:
        ValueError: if there is no such genotype.
    """
    if require_one(options, "run", "genotype") == "run":
        folder = run_folder(options)
        return genotypes.load(_in_run(folder)), folder.resolve().name
    text = options.genotype
    if text.startswith(_RANDOM):
        space = search_spaces.get(options.search_space)
        return space.random_genotype(_seed(text)), text.replace(":", "_")
    if io.printed(text) or text.lstrip().startswith(("|", "Genotype")):
        return genotypes.from_text(text), "genotype"
    path = pathlib.Path(text)
    if path.is_dir():
        raise ValueError(
            "`genotype` must be a file, a text or a name; --run takes a "
            f"folder. Received: genotype={text!r}"
        )
    if path.exists():
        genotype = genotypes.load(path)
        _say_which(path)
        return genotype, path.stem
    if path.suffix == ".json" or path.name != text:
        raise ValueError(
            "`genotype` must be a file, a text Genotype(...) or a published "
            f"name. Received: genotype={text!r}, which does not exist"
        )
    if text.lower() not in genotypes.list():
        raise unknown_name("genotype", text, genotypes.list())
    return genotypes.get(text), text.lower()


def _in_run(folder):
    """The file in the folder of a run, or of a trial.

    Raises:
        ValueError: where there is none, with the trials of a tuning.
    """
    file = folder / "genotype.json"
    if file.is_file():
        return file
    trials = sorted(
        each.parent.name for each in folder.glob("trial_*/" + file.name)
    )
    hint = (
        f": give a trial of the tuning, {', '.join(trials)}" if trials else ""
    )
    raise ValueError(
        f"`run` must be a folder with a {file.name}{hint}. Received: "
        f"run={str(folder)!r}"
    )


def _say_which(path):
    """Of several genotypes in a log, the last one is what was found."""
    count = len(io.printed(path.read_text("utf-8")))
    if count > 1:
        print(f"genotype: the last of {count} in {path}", flush=True)


def task(options: flags.FlagValues, genotype: BaseGenotype) -> TaskCommands:
    """The task of the genotype that `find` has found."""
    if options.run:
        # In the folder of a trial, the search has one of its own.
        run = pathlib.Path(options.run)
        config = folders.config(run) or folders.config(run / "search")
        return tasks.of_run(config) or tasks.of_genotype(genotype)
    if options.genotype.startswith(_RANDOM):
        return tasks.of_space(options.search_space)
    return tasks.of_genotype(genotype)


def _seed(text):
    try:
        return int(text.removeprefix(_RANDOM))
    except ValueError as error:
        raise ValueError(
            "`genotype` must have a number after 'random:'. "
            f"Received: genotype={text!r}"
        ) from error
