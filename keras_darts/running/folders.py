"""The folder of a run: new, to be resumed, finished, or to be left alone."""

import contextlib
import csv

from keras_darts.files import user_path
from keras_darts.files import writable_folder
from keras_darts.running.overwriting import check_overwritable
from keras_darts.running.settings import check_epochs
from keras_darts.seals import has_come_to_its_end
from keras_darts.seals import is_begun
from keras_darts.seals import is_finished
from keras_darts.seals import is_of_kind
from keras_darts.seals import is_run


def run_folders(output_dir, resume_from, epochs, *, kind, overwrite=False):
    """Where the run is written, and whether it resumes what is there.

    Args:
        output_dir: Path or `None`.
        resume_from: Path or `None`.
        epochs: Integer, those of the run.
        kind: String, as for `seals.is_of_kind`.
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
    found = {"finished": False, "overwrite": bool(overwrite)}
    if output_dir is None and resume_from is None:
        return {"output_dir": None, "resume_from": None, **found}
    if resume_from is not None:
        folder = _resumed(output_dir, resume_from)
        return {"output_dir": folder, "resume_from": folder, **found}
    folder, earlier = user_path(output_dir, "output_dir"), None
    if overwrite:
        check_overwritable(folder, kind)
    elif is_run(folder):
        found["finished"] = _check_earlier(folder, epochs, kind)
        earlier = folder if is_begun(folder) else None
    return {"output_dir": folder, "resume_from": earlier, **found}


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


def _check_earlier(folder, epochs, kind):
    """Whether the run in `output_dir` is finished, if it is the same one."""
    whole = is_of_kind(folder, kind) and has_come_to_its_end(folder)
    if is_finished(folder, kind) and not whole:
        # A run of another kind, or one without its checkpoints.
        raise ValueError(
            "`output_dir` must not hold a run already that can't be resumed: "
            "choose another folder. Received: "
            f"output_dir={str(folder)!r}"
        )
    check_epochs(folder / "config.json", epochs)
    return whole


@contextlib.contextmanager
def made(folder):
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


def rows_before(path, count):
    """The first rows of a table, which may be missing.

    Args:
        path: Path of a CSV file.
        count: Integer.
    """
    if not count or not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))[:count]


def add_rows(history, path, count):
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
