"""The folder of a run: new, to be resumed, finished, or to be left alone."""

from __future__ import annotations

import contextlib
import csv
import json
import logging
import os
import pathlib
import re
import typing
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

from keras_darts.runs.manifest import has_come_to_its_end
from keras_darts.runs.manifest import has_run_type
from keras_darts.runs.manifest import is_begun
from keras_darts.runs.manifest import is_finished
from keras_darts.runs.manifest import is_run
from keras_darts.utils.files import user_path
from keras_darts.utils.files import writable_folder
from keras_darts.utils.typing import PathLike

if TYPE_CHECKING:
    import keras


_LOG = logging.getLogger("keras_darts")


class Plan(typing.NamedTuple):
    """What is laid out before Keras' `fit` begins.

    `batches` gives the training data from an epoch and a step on, and
    `checkpoint` is `None` where no run is written. Within the first
    `resumable_epochs` the run may be saved, besides at their ends. Several
    workers have an `agreement` on the steps at which they save and stop.
    """

    batches: Callable[[int, int], Any]
    validation_data: Any
    epochs: int
    resumable_epochs: int
    initial_epoch: int
    steps_per_epoch: int
    callbacks: list[keras.callbacks.Callback]
    checkpoint: Any
    agreement: Any = None

    def say_where(self, epoch: int, step: int) -> None:
        """Tells the user where a run is resumed that was begun before."""
        if step or 0 < epoch < self.epochs:
            _LOG.info(
                "resuming in epoch %d of %d, after %d of %d steps, from %s",
                epoch + 1,
                self.epochs,
                step,
                self.steps_per_epoch,
                self.checkpoint.folder.parent,
            )


def check_same(saved: Mapping[str, Any], present: Mapping[str, Any]) -> None:
    """A run is resumed, or loaded, only with the settings it began with.

    Args:
        saved: Dictionary of the settings of the run.
        present: The same, of now.

    Raises:
        ValueError: naming those that differ.
    """
    different = [
        f"{name}: {saved.get(name)!r} in the run, {present.get(name)!r} now"
        for name in sorted({*saved, *present})
        if saved.get(name) != present.get(name)
    ]
    if different:
        raise ValueError(
            "`resume_from`, or a run in `output_dir`, must be a run of the "
            "same configuration: choose another folder, or start over by "
            f"overwrite=True. Received: {'; '.join(different)}"
        )


def check_epochs(path: pathlib.Path, epochs: int) -> None:
    """A run that is found in `output_dir` has the length it began with.

    Args:
        path: Path of its `config.json`, which may be missing.
        epochs: Integer, what is asked for now.
    """
    settings = json.loads(path.read_text())["fit"] if path.exists() else {}
    began = settings.get("epochs", epochs)
    # In stages those of the whole run stand elsewhere.
    if "stage_epochs" not in settings and began != epochs:
        raise ValueError(
            "`epochs` must be that of the run in `output_dir`: resume_from="
            f"{str(path.parent)!r} makes it longer, overwrite=True starts "
            f"over. Received: epochs={epochs}, "
            f"{began} in the run"
        )


# Relative to the folder of a run, or of one of its stages.
_WRITTEN = re.compile(
    r"(stages/\d+/)?("
    r"(config|genotype|decisions|vocabulary|command|evaluation)\.json"
    r"|history\.csv|(alphas|mixing_weights)\.npz|model\.keras"
    r"|cells/\w+\.(svg|png|pdf)"
    r"|checkpoints/ckpt-\d+[^/]*(/.*)?"
    r"|tensorboard/(.*/)?events\.out\.tfevents\.[^/]+"
    r"|(\w+/)?\.writing-[^/]+"
    r")"
)
_FOLDERS = ("cells", "checkpoints", "tensorboard", "stages")


def check_overwritable(folder: PathLike, run_type: str) -> None:
    """Refuses what must not be written over.

    Args:
        folder: Path.
        run_type: String, the entry of `config.json` of such a run: `"search"`
            or `"network"`.

    Raises:
        ValueError: for a folder that is no run of this type and not empty, a
            link, or one that is named by its place alone, as `.` and `..`.
    """
    reason = _reason(folder, run_type)
    if reason is not None:
        raise ValueError(
            "`output_dir` must be the folder of an earlier run, or not be "
            f"there, for overwrite=True. Received: output_dir={str(folder)!r}, "
            f"which {reason}"
        )


def _reason(folder, run_type):
    """Why a folder must not be written over, as text, or `None`."""
    if folder.name in ("", ".."):
        return "is named by its place alone"
    if folder.is_symlink():
        return "is a link"
    if not folder.exists():
        return None
    if not folder.is_dir():
        return "is a file"
    if any(_is_config(path, run_type) for path in _configs(folder)):
        return None
    return "holds something else" if any(folder.iterdir()) else None


def remove_run(folder: PathLike) -> None:
    """Removes the files of a run; those of others in its folder stay.

    Args:
        folder: Path that `check_overwritable` lets pass.
    """
    folder = pathlib.Path(folder)
    for place, _, names in os.walk(folder):
        for name in names:
            path = pathlib.Path(place) / name
            if _WRITTEN.fullmatch(path.relative_to(folder).as_posix()):
                path.unlink()
    # `os.walk` follows no links, and only what is empty can be removed.
    for place, _, _ in os.walk(folder, topdown=False):
        within = pathlib.Path(place).relative_to(folder)
        if within.parts and within.parts[0] in _FOLDERS:
            with contextlib.suppress(OSError):
                os.rmdir(place)


def _configs(folder):
    return [folder / "config.json", *folder.glob("stages/*/config.json")]


def _is_config(path, run_type):
    """Whether a file is the `config.json` of a run of this library."""
    try:
        says = json.loads(path.read_text("utf-8"))
        return run_type in says and "keras_darts" in says["versions"]
    except (OSError, ValueError, TypeError, KeyError):
        return False


def run_folders(
    output_dir: PathLike | None,
    resume_from: PathLike | None,
    epochs: int,
    *,
    run_type: str,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Where the run is written, and whether it resumes what is there.

    Args:
        output_dir: Path or `None`.
        resume_from: Path or `None`.
        epochs: Integer, those of the run.
        run_type: String, as for `manifest.has_run_type`.
        overwrite: Boolean, whether an earlier run in `output_dir` is removed.
            Defaults to `False`.

    Returns:
        Dictionary of `output_dir` and `resume_from`, the same where a run is
        resumed, either of which may be `None`; `finished`, whether that run
        has come to its end; and `overwrite`.

    Raises:
        ValueError: if there is no run to resume, or one that would be written
            over.
    """
    if overwrite and (output_dir is None or resume_from is not None):
        raise ValueError(
            "`overwrite` must be False without `output_dir`, and with "
            f"`resume_from`. Received: overwrite={overwrite}, "
            f"output_dir={output_dir!r}, resume_from={resume_from!r}"
        )
    result = {"finished": False, "overwrite": bool(overwrite)}
    if output_dir is None and resume_from is None:
        return {"output_dir": None, "resume_from": None, **result}
    if resume_from is not None:
        folder = _resumed(output_dir, resume_from)
        return {"output_dir": folder, "resume_from": folder, **result}
    folder, earlier = user_path(output_dir, "output_dir"), None
    if overwrite:
        check_overwritable(folder, run_type)
    elif is_run(folder):
        result["finished"] = _check_earlier(folder, epochs, run_type)
        earlier = folder if is_begun(folder) else None
    return {"output_dir": folder, "resume_from": earlier, **result}


def _resumed(output_dir, resume_from):
    folder = user_path(resume_from, "resume_from")
    if output_dir is not None and user_path(output_dir) != folder:
        raise ValueError(
            "`output_dir` must be left out or equal `resume_from`, whose run "
            f"is resumed. Received: output_dir={str(output_dir)!r}, "
            f"resume_from={str(resume_from)!r}"
        )
    if not is_run(folder):
        raise ValueError(
            "`resume_from` must be the folder of an earlier run. "
            f"Received: resume_from={str(resume_from)!r}, which holds none"
        )
    return folder


def _check_earlier(folder, epochs, run_type):
    """Whether the run in `output_dir` is finished, if it is the same one."""
    whole = has_run_type(folder, run_type) and has_come_to_its_end(folder)
    if is_finished(folder, run_type) and not whole:
        # A run of another type, or one without its checkpoints.
        raise ValueError(
            "`output_dir` must not hold a run already that can't be resumed: "
            "choose another folder. Received: "
            f"output_dir={str(folder)!r}"
        )
    check_epochs(folder / "config.json", epochs)
    return whole


@contextlib.contextmanager
def made(folder: pathlib.Path | None) -> Iterator[None]:
    """Inside, a folder can be written to; an error does not leave it empty.

    Args:
        folder: Path or `None`.

    Raises:
        ValueError: if it is no folder that can be written to.
    """
    if folder is None:
        yield
        return
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    writable_folder(folder, "output_dir")
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            for path in new:
                path.rmdir()
        raise


def rows_before(path: pathlib.Path, count: int) -> list[dict[str, str]]:
    """The first rows of a table, which may be missing.

    Args:
        path: Path of a CSV file.
        count: Integer.
    """
    if not count or not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))[:count]


def add_rows(
    history: keras.callbacks.History, path: pathlib.Path, count: int
) -> None:
    """Adds the first rows of a table to a Keras `History`.

    Args:
        history: `keras.callbacks.History`.
        path: Path of a CSV file.
        count: Integer.
    """
    if not hasattr(history, "epoch"):
        history.on_train_begin()
    for row in rows_before(path, count):
        logs = {name: _number(text) for name, text in row.items() if text}
        history.on_epoch_end(logs.pop("epoch"), logs)


def _number(text):
    return int(text) if text.lstrip("-").isdigit() else float(text)
