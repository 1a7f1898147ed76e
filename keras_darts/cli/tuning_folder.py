"""The folder of a tuning, which is KerasTuner's project too."""

import os
import pathlib

from absl import flags

from keras_darts.cli import folders
from keras_darts.cli.options import define_path
from keras_darts.cli.options import require
from keras_darts.files import writable_folder

# KerasTuner's own, by which it finds trials of before.
_STATE = "oracle.json"
_CHIEF = "KERASTUNER_ORACLE_IP"
_PROCESS = "KERASTUNER_TUNER_ID"
# What may be another one when a tuning goes on.
_FREE = {
    *("debug", "devices", "max_trials", "output_dir", "overwrite"),
    *("random_baseline", "resume"),
}


def define(options):
    """Declares the flags."""
    define_path(options, "output_dir", None, "Folder of the tuning.")
    flags.DEFINE_bool(
        "resume",
        False,
        "Go on with the tuning in --output_dir, with its flags; a larger "
        "--max_trials extends it. It also goes on without, if the same flags "
        "are given.",
        flag_values=options,
    )
    flags.DEFINE_bool(
        "overwrite",
        False,
        "Delete the tuning in --output_dir and begin anew.",
        flag_values=options,
    )


def begin(options):
    """The folder `--output_dir`, new or of a tuning to go on with.

    Raises:
        ValueError: if it holds something else, or a tuning with other flags,
            or can't be written to.
    """
    require(options, "output_dir")
    folder = pathlib.Path(options.output_dir)
    _check_flags(options)
    before = _before(folder)
    if options.resume:
        if before is None:
            raise ValueError(
                "`output_dir` must hold a tuning for --resume. Received: "
                f"output_dir={str(folder)!r}"
            )
        folders.take_remembered(options, before)
    elif is_worker():
        # The chief may have come before or not.
        return writable_folder(folder, "output_dir")
    elif before is None:
        _check_empty(folder)
    if before is not None and not options.overwrite:
        _check_same(options, before)
    return writable_folder(folder, "output_dir")


def is_begun(folder):
    """Whether there is something to go on with."""
    return (folder / _STATE).exists()


def is_worker():
    """Whether this process runs trials for a chief."""
    return _CHIEF in os.environ and "chief" not in os.environ.get(_PROCESS, "")


def is_chief():
    """Whether this process has others run the trials."""
    return _CHIEF in os.environ and not is_worker()


def _check_flags(options):
    if options.overwrite and options.resume:
        raise ValueError(
            "`overwrite` must be left out beside --resume. Received: "
            "overwrite=True"
        )
    if options.overwrite and _CHIEF in os.environ:
        raise ValueError(
            f"`overwrite` must be left out where {_CHIEF} is set, since each "
            "process would delete what the others have begun. Received: "
            "overwrite=True"
        )


def _before(folder):
    """The flags of the tuning in a folder, or `None` where there is none."""
    flags_of_run = folders.remembered(folder) or {}
    return flags_of_run if "max_trials" in flags_of_run else None


def _check_empty(folder):
    if folder.is_dir() and any(folder.iterdir()):
        raise ValueError(
            "`output_dir` must be a new or empty folder, or one of a tuning. "
            f"Received: output_dir={str(folder)!r}"
        )


def _check_same(options, before):
    for name, value in before.items():
        if name in options and name not in _FREE:
            now = options[name].value
            if now != value:
                raise ValueError(
                    "`output_dir` must hold a tuning with the same flags: "
                    "--overwrite deletes it. Received: "
                    f"output_dir={str(options.output_dir)!r}, where {name} "
                    f"was {value!r} and is {now!r} now"
                )
