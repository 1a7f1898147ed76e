"""The folder of a run: checked before TensorFlow loads, with its flags."""

from __future__ import annotations

import contextlib
import json
import pathlib
from typing import TYPE_CHECKING

from absl import flags

from keras_darts.cli.options import define_path
from keras_darts.cli.options import require
from keras_darts.runs.folder import check_overwritable
from keras_darts.runs.manifest import has_come_to_its_end
from keras_darts.runs.manifest import has_run_type
from keras_darts.runs.manifest import has_whole_checkpoint
from keras_darts.runs.manifest import is_begun
from keras_darts.runs.manifest import is_finished
from keras_darts.runs.manifest import is_run
from keras_darts.utils.files import writable_folder
from keras_darts.utils.files import write_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.datasets.vocabulary import Vocabulary

_COMMAND = "command.json"
_VOCABULARY = "vocabulary.json"
# What belongs to one call and not to the run.
_PASSING = (
    *("output_dir", "resume", "overwrite", "workers", "worker_timeout_minutes"),
    "debug",
)


def define(options: flags.FlagValues, extends: str = "") -> None:
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
        "that was cut also continues without, if the same flags are given.",
        flag_values=options,
    )
    flags.DEFINE_bool(
        "overwrite",
        False,
        "Remove the run in --output_dir, if there is one, and start over. A "
        "finished run is loaded otherwise, if the same flags are given.",
        flag_values=options,
    )
    flags.DEFINE_float(
        "checkpoint_minutes",
        10.0,
        "How often the run is saved within an epoch, besides at its end.",
        lower_bound=0.0,
        flag_values=options,
    )


def begin(
    options: flags.FlagValues, run_type: str = "search"
) -> pathlib.Path | None:
    """The folder `--output_dir`, of a new run or of an earlier one.

    Args:
        options: The flags.
        run_type: String, as for `manifest.has_run_type`. Defaults to
            `"search"`.

    Raises:
        ValueError: if it holds no run for --resume, or something that is
            neither to be resumed nor to be loaded, or can't be written to.
    """
    require(options, "output_dir")
    folder = pathlib.Path(options.output_dir)
    if options.overwrite:
        _check_alone(options)
        check_overwritable(folder, run_type)
    elif options.resume:
        return earlier_run(options, run_type)
    elif is_run(folder):
        _check_same_type(options, folder, run_type)
    return writable_folder(folder, "output_dir")


def resumes(options: flags.FlagValues, folder: pathlib.Path | None) -> bool:
    """Whether a command resumes or loads what is in a folder."""
    earlier = is_run(folder) and not options.overwrite
    return options.resume or earlier


def _check_alone(options):
    if options.resume:
        raise ValueError(
            "`overwrite` must be left out with --resume. Received: "
            "overwrite=True"
        )


def _check_same_type(options, folder, run_type):
    """Refuses a run of another command, and flags that name no data."""
    loaded = has_run_type(folder, run_type) and has_come_to_its_end(folder)
    other = is_finished(folder, run_type) and not loaded
    if other or options.dataset is None:
        # A training has the length of its schedule.
        longer = "--resume continues it, " if run_type == "search" else ""
        raise ValueError(
            "`output_dir` must not hold a run already: choose another folder, "
            f"or {longer}--overwrite removes it. Received: "
            f"output_dir={str(folder)!r}"
        )


def earlier_run(
    options: flags.FlagValues, run_type: str = "search"
) -> pathlib.Path:
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
    if run_type not in (config(folder) or (run_type,)):
        raise ValueError(
            "`output_dir` must hold a run of the same command for --resume. "
            f"Received: output_dir={str(folder)!r}"
        )
    take_remembered(options, remembered(folder) or {})
    return writable_folder(folder, "output_dir")


def remembered(folder: pathlib.Path) -> dict[str, Any] | None:
    """The flags of a run, or `None` where none were kept."""
    path = pathlib.Path(folder) / _COMMAND
    return json.loads(path.read_text("utf-8")) if path.is_file() else None


def take_remembered(
    options: flags.FlagValues, before: Mapping[str, Any]
) -> None:
    """Takes the flags of a run where none are given."""
    for name, value in before.items():
        if name in options and not options[name].present:
            options[name].value = value


@contextlib.contextmanager
def resumable(
    command: str,
    folder: pathlib.Path | None,
    begun: Callable[[pathlib.Path], bool] = has_whole_checkpoint,
) -> Iterator[None]:
    """Inside, a command runs; where it is cut, the user reads how to resume.

    Args:
        command: String.
        folder: Path.
        begun: Function of the folder that says whether there is anything to
            continue with.
    """
    try:
        yield
    except BaseException:
        if begun(folder):
            line = f"keras-darts {command} --output_dir={folder} --resume"
            print(f"resume:      {line}", flush=True)
        raise


@contextlib.contextmanager
def none_left_empty(options: flags.FlagValues) -> Iterator[None]:
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


def written(
    options: flags.FlagValues, folder: pathlib.Path | None
) -> dict[str, Any]:
    """Arguments of `fit`; a run cut before its first checkpoint starts over."""
    extended = options.resume and is_begun(folder)
    return {
        "resume_from" if extended else "output_dir": folder,
        "overwrite": options.overwrite,
        "checkpoint_minutes": options.checkpoint_minutes,
        "gradient_accumulation_steps": options.gradient_accumulation_steps,
    }


def remember(
    options: flags.FlagValues,
    folder: pathlib.Path | None,
    vocabulary: Vocabulary | None = None,
) -> None:
    """Keeps the flags of a run, for `earlier_run`, and the vocabulary."""
    flags = {
        name: options[name].value for name in options if name not in _PASSING
    }
    write_json(folder / _COMMAND, flags)
    if vocabulary is not None:
        vocabulary.save(folder / _VOCABULARY)


def vocabulary(folder: pathlib.Path) -> Vocabulary | None:
    """The `Vocabulary` of a run, or `None` where it has none."""
    from keras_darts.datasets import Vocabulary

    path = pathlib.Path(folder) / _VOCABULARY
    return Vocabulary.load(path) if path.is_file() else None


def config(folder: pathlib.Path) -> dict[str, Any]:
    """What `config.json` of a run says, nothing where there is none."""
    path = pathlib.Path(folder) / "config.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}
