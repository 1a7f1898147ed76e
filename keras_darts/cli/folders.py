"""The folder of a run: checked before TensorFlow loads, with its flags."""

import contextlib
import json
import pathlib

from absl import flags

from keras_darts.cli.options import define_path
from keras_darts.cli.options import require
from keras_darts.files import writable_folder
from keras_darts.files import write_json
from keras_darts.seals import is_begun
from keras_darts.seals import is_finished
from keras_darts.seals import is_run

_COMMAND = "command.json"
_VOCABULARY = "vocabulary.json"
# What belongs to one call and not to the run.
_PASSING = (
    *("output_dir", "resume", "overwrite", "workers", "worker_minutes"),
    "debug",
)


def define(options, extends=""):
    """Declares the flags of a run that can be cut.

    Args:
        options: `absl.flags.FlagValues`.
        extends: String, what `--resume` does besides.
    """
    define_path(options, "output_dir", None, "Folder of the run.")
    flags.DEFINE_bool(
        "resume",
        False,
        f"Go on with the run in --output_dir, with its flags{extends}. One "
        "that was cut also goes on without, if the same flags are given.",
        flag_values=options,
    )
    flags.DEFINE_float(
        "checkpoint_minutes",
        10.0,
        "How often the run is saved within an epoch, besides at its end.",
        lower_bound=0.0,
        flag_values=options,
    )


def begin(options, kind="search"):
    """The folder `--output_dir`, of a new run or of one to go on with.

    Args:
        options: The flags.
        kind: String, as for `seals.is_finished`. Defaults to `"search"`.

    Raises:
        ValueError: if it holds no run for --resume, or one that came to its
            end, or can't be written to.
    """
    require(options, "output_dir")
    if options.resume:
        return earlier_run(options, kind)
    if is_cut(options.output_dir, kind):
        return writable_folder(options.output_dir, "output_dir")
    return new_run(options, kind)


def new_run(options, kind="search"):
    """The folder `--output_dir`, which must not hold a run.

    Raises:
        ValueError: if it does, or can't be written to.
    """
    require(options, "output_dir")
    folder = pathlib.Path(options.output_dir)
    if is_run(folder):
        # A training has the length of its schedule.
        longer = "resume" in options and kind == "search"
        remedy = "--resume goes on with it" if longer else ""
        raise ValueError(
            "`output_dir` must not hold a run already: choose another folder"
            f"{remedy and f', or {remedy}'}. Received: "
            f"output_dir={str(folder)!r}"
        )
    return writable_folder(folder, "output_dir")


def is_cut(folder, kind="search"):
    """Whether a folder holds a run that has not come to its end."""
    return is_run(folder) and not is_finished(folder, kind)


def earlier_run(options, kind="search"):
    """The folder `--output_dir`, whose flags hold where none are given.

    Raises:
        ValueError: if it holds no run.
    """
    folder = pathlib.Path(options.output_dir)
    if not is_run(folder):
        raise ValueError(
            "`output_dir` must hold a run for --resume. Received: "
            f"output_dir={str(folder)!r}, which has no config.json"
        )
    if kind not in (config(folder) or (kind,)):
        raise ValueError(
            "`output_dir` must hold a run of the same command for --resume. "
            f"Received: output_dir={str(folder)!r}"
        )
    take_remembered(options, remembered(folder) or {})
    return writable_folder(folder, "output_dir")


def remembered(folder):
    """The flags of a run, or `None` where none were kept."""
    path = pathlib.Path(folder) / _COMMAND
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def take_remembered(options, before):
    """Takes the flags of a run where none are given."""
    for name, value in before.items():
        if name in options and not options[name].present:
            options[name].value = value


@contextlib.contextmanager
def resumable(command, folder, begun=is_begun):
    """Inside, a command runs; where it is cut, the user reads how to go on.

    Args:
        command: String.
        folder: Path.
        begun: Function of the folder that says whether there is anything to
            go on with.
    """
    try:
        yield
    except BaseException:
        if begun(folder):
            line = f"keras-darts {command} --output_dir={folder} --resume"
            print(f"go on:       {line}", flush=True)
        raise


@contextlib.contextmanager
def none_left_empty(options):
    """Inside, a command runs; failed, it leaves no empty new --output_dir."""
    made = []
    if "output_dir" in options and options.output_dir:
        path = pathlib.Path(options.output_dir)
        made = [each for each in (path, *path.parents) if not each.exists()]
    try:
        yield
    except BaseException:
        for each in made:
            # The inner ones come first; what holds something stays.
            with contextlib.suppress(OSError):
                each.rmdir()
        raise


def written(options, folder):
    """Arguments of `fit`; a run cut before its first checkpoint begins anew."""
    extended = options.resume and is_begun(folder)
    return {
        "resume_from" if extended else "output_dir": folder,
        "checkpoint_minutes": options.checkpoint_minutes,
        "accumulation_steps": options.accumulation_steps,
    }


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
