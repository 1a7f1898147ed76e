"""The flags that say which data, shared by the subcommands."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING

from absl import flags

from keras_darts.cli.options import define_path
from keras_darts.cli.options import require
from keras_darts.utils.files import looks_like_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.cli.tasks.base import TaskCommands

_NAMES = (
    "dataset",
    "data_dir",
    "image_size",
    "level",
    "max_vocabulary",
    "sequence_length",
)


def define(options: flags.FlagValues) -> None:
    """Declares the flags."""
    define_path(
        options,
        "dataset",
        None,
        "Images: a folder with a folder of images for each class, or one "
        "with train and test (maybe val) of such; an .npz file with x_train, "
        "y_train, x_test, y_test or x, y; digits, which comes along; or any "
        "image classification data set of TensorFlow Datasets, such as "
        "cifar10. "
        "Text: a folder with a file each for train, valid and test, a single "
        "file, or a name such as tiny_shakespeare. Sentences: a folder whose "
        "files have a line `LABEL text` each, or a name.",
    )
    define_path(
        options,
        "data_dir",
        None,
        "Folder where TensorFlow Datasets keeps its files.",
    )
    flags.DEFINE_integer(
        "image_size",
        None,
        "Height and width to which images are resized; needed where those of "
        "a data set by name are of many sizes. Own files of many sizes get a "
        "usual one if not given.",
        lower_bound=1,
        flag_values=options,
    )
    _define_text(options)


def _define_text(options):
    flags.DEFINE_enum(
        "level",
        None,
        ["word", "character"],
        "What running text is cut into; if not given, words for a folder and "
        "characters for anything else.",
        flag_values=options,
    )
    flags.DEFINE_integer(
        "max_vocabulary",
        None,
        "Know only so many words or characters of a text, the most frequent.",
        lower_bound=2,
        flag_values=options,
    )
    flags.DEFINE_integer(
        "sequence_length",
        None,
        "Words to which sentences are cut and filled, a multiple of four; if "
        "not given, enough for 99 of 100.",
        lower_bound=4,
        flag_values=options,
    )


def define_subset(options: flags.FlagValues) -> None:
    """Declares the flags for small machines."""
    flags.DEFINE_integer(
        "max_examples",
        None,
        "Work on so many training images or sentences only, the same share "
        "of each class, drawn by the seed.",
        lower_bound=2,
        flag_values=options,
    )
    flags.DEFINE_integer(
        "max_tokens",
        None,
        "Work on the first so many tokens of a running text's training part "
        "only, and on no more of its validation part.",
        lower_bound=2,
        flag_values=options,
    )


def check_source(options: flags.FlagValues, task: TaskCommands) -> None:
    """Refuses what can't be the data, before TensorFlow loads.

    Raises:
        absl.flags.Error: if --dataset is not given.
        ValueError: if it is the path of nothing, or of another kind of data.
    """
    require(options, "dataset")
    check_path(options)
    path = pathlib.Path(options.dataset)
    if path.exists():
        task.check_source(path)


def check_path(options: flags.FlagValues) -> None:
    """Refuses a --dataset that is the path of nothing.

    Raises:
        ValueError: for that.
    """
    path = pathlib.Path(options.dataset)
    if not path.exists() and looks_like_path(options.dataset):
        raise ValueError(
            "`dataset` must be a folder or file that exists, or the name of a "
            f"data set. Received: dataset={options.dataset!r}, where there is "
            "nothing"
        )


def given(options: flags.FlagValues) -> str:
    """The flags as they were given, for another command."""
    return " ".join(
        f"--{name}={options[name].value}"
        for name in _NAMES
        if options[name].value is not None
    )


def fill_in(options: flags.FlagValues, saved: Mapping[str, Any]) -> None:
    """Takes the flags that were not given from the `config.json` of a run."""
    for name, value in saved.get("data", {}).items():
        if name in options and not options[name].present:
            options[name].value = value
