"""The folder of a run: checked before TensorFlow loads, with its flags."""

import contextlib
import json
import pathlib

from keras_darts import seals
from keras_darts.cli.options import require
from keras_darts.files import writable_folder
from keras_darts.files import write_json
from keras_darts.seals import is_finished

_COMMAND = "command.json"
_VOCABULARY = "vocabulary.json"
# What belongs to one call and not to the run.
_PASSING = ("output_dir", "resume", "workers", "worker_minutes", "debug")


def new_run(options):
    """The folder `--output_dir`, which must not hold a run.

    Raises:
        ValueError: if it does, or can't be written to.
    """
    require(options, "output_dir")
    folder = pathlib.Path(options.output_dir)
    if (folder / "config.json").exists():
        remedy = "--resume goes on with it" if "resume" in options else ""
        raise ValueError(
            "`output_dir` must not hold a run already: choose another folder"
            f"{remedy and f', or {remedy}'}. Received: "
            f"output_dir={str(folder)!r}"
        )
    return writable_folder(folder, "output_dir")


def unfinished_or_new_run(options):
    """The folder `--output_dir`, in which a run may have been cut.

    Raises:
        ValueError: if it holds one that came to its end, or can't be written
            to.
    """
    require(options, "output_dir")
    if is_cut(options.output_dir):
        return writable_folder(options.output_dir, "output_dir")
    return new_run(options)


def is_cut(folder):
    """Whether a folder holds a run that has not come to its end."""
    names = ("config.json", "stages")
    begun = any((pathlib.Path(folder) / name).exists() for name in names)
    return begun and not is_finished(folder)


def earlier_run(options):
    """The folder `--output_dir`, whose flags hold where none are given.

    Raises:
        ValueError: if it holds no run.
    """
    require(options, "output_dir")
    folder = pathlib.Path(options.output_dir)
    if not (folder / "config.json").exists():
        raise ValueError(
            "`output_dir` must hold a run for --resume. Received: "
            f"output_dir={str(folder)!r}, which has no config.json"
        )
    remembered = folder / _COMMAND
    if remembered.exists():
        for name, value in json.loads(remembered.read_text()).items():
            if name in options and not options[name].present:
                options[name].value = value
    return writable_folder(folder, "output_dir")


@contextlib.contextmanager
def resumable(folder):
    """Inside, a search runs; where it is cut, the user reads how to go on."""
    try:
        yield
    except BaseException:
        if seals.seals(folder / "checkpoints"):
            command = f"keras-darts search --output_dir={folder} --resume"
            print(f"go on:       {command}", flush=True)
        raise


def remember(options, folder, vocabulary=None):
    """Keeps the flags of a run, for `earlier_run`, and the vocabulary."""
    given = {
        name: options[name].value for name in options if name not in _PASSING
    }
    write_json(folder / _COMMAND, given)
    if vocabulary is not None:
        vocabulary.save(folder / _VOCABULARY)


def vocabulary(folder):
    """The `Vocabulary` of a run, or `None` where it has none."""
    from keras_darts.datasets import Vocabulary

    path = pathlib.Path(folder) / _VOCABULARY
    return Vocabulary.load(path) if path.is_file() else None


def config(folder):
    """What `config.json` of a run says, nothing where there is none."""
    path = pathlib.Path(folder) / "config.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}
