"""The flag that says which genotype, in all its forms."""

import pathlib

from absl import flags

from keras_darts import genotypes
from keras_darts import search_spaces
from keras_darts.cli import folders
from keras_darts.cli import modalities
from keras_darts.cli.options import define_path
from keras_darts.cli.options import require

_RANDOM = "random:"


def define(options):
    """Declares the flags."""
    define_path(
        options,
        "genotype",
        None,
        "A run folder, a genotype file, a published name such as darts_v2 or "
        "rnn_darts_v2, an architecture string |...| of NAS-Bench-201, or "
        "random:SEED for one drawn from --search_space.",
    )
    flags.DEFINE_string(
        "search_space",
        "darts_cnn",
        "Where random:SEED draws from.",
        flag_values=options,
    )


def find(options):
    """The genotype that the flags describe, and a name for it.

    Raises:
        ValueError: if there is no such genotype.
    """
    require(options, "genotype")
    text = options.genotype
    if text.startswith(_RANDOM):
        space = search_spaces.get(options.search_space)
        return space.random_genotype(_seed(text)), text.replace(":", "_")
    if text.startswith("|"):
        return genotypes.NasBench201Genotype.from_text(text), "nas_bench_201"
    path = pathlib.Path(text)
    if path.is_dir():
        return genotypes.load(path / "genotype.json"), path.resolve().name
    if path.exists():
        return genotypes.load(path), path.stem
    if path.suffix == ".json" or path.name != text:
        raise ValueError(
            "`genotype` must be a run folder, a file or a published name. "
            f"Received: genotype={text!r}, which does not exist"
        )
    return genotypes.get(text), text.lower()


def modality(options, genotype):
    """The modality of the genotype that `find` has found."""
    text = options.genotype
    if text.startswith(_RANDOM):
        return modalities.of_space(options.search_space)
    # In the folder of a trial, the search has one of its own.
    of_trial = pathlib.Path(text) / "search"
    config = folders.config(text) or folders.config(of_trial)
    return modalities.of_run(config) or modalities.of_genotype(genotype)


def _seed(text):
    try:
        return int(text.removeprefix(_RANDOM))
    except ValueError as error:
        raise ValueError(
            "`genotype` must have a number after 'random:'. "
            f"Received: genotype={text!r}"
        ) from error
