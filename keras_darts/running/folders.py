"""The folder of a run: new, to be gone on with, or to be left alone."""

import csv
import logging

from keras_darts.files import user_path
from keras_darts.files import writable_folder
from keras_darts.running.settings import check_epochs
from keras_darts.seals import is_begun
from keras_darts.seals import is_finished
from keras_darts.seals import is_run

_LOG = logging.getLogger("keras_darts")


def run_folders(output_dir, resume_from, epochs, *, kind):
    """Where the run is written, and whether it goes on from what is there.

    Args:
        output_dir: Path or `None`.
        resume_from: Path or `None`.
        epochs: Integer, those of the run.
        kind: String, as for `seals.is_finished`.

    Returns:
        Dictionary of `output_dir`, which can be written to, and
        `resume_from`, the same where a run goes on; either may be `None`.

    Raises:
        ValueError: if there is no run to go on with, or one that would be
            written over.
    """
    if output_dir is None and resume_from is None:
        return {"output_dir": None, "resume_from": None}
    earlier = resume_from
    if earlier is not None:
        earlier = user_path(resume_from, "resume_from")
    folder = earlier
    if output_dir is not None:
        folder = user_path(output_dir, "output_dir")
    if earlier is not None:
        if folder != earlier:
            raise ValueError(
                "`output_dir` must be left out or equal `resume_from`, whose "
                f"run goes on. Received: output_dir={str(output_dir)!r}, "
                f"resume_from={str(resume_from)!r}"
            )
        if not is_run(folder):
            raise ValueError(
                "`resume_from` must be the folder of an earlier run. "
                f"Received: resume_from={str(resume_from)!r}, which holds none"
            )
    elif is_run(folder) and not is_finished(folder, kind):
        check_epochs(folder / "config.json", epochs)
        earlier = folder if is_begun(folder) else None
    elif is_run(folder):
        raise ValueError(
            "`output_dir` must not hold a run already: go on with it by "
            "`resume_from`, or choose another folder. Received: "
            f"output_dir={str(output_dir)!r}"
        )
    folder = writable_folder(folder, "output_dir")
    if earlier is not None:
        _LOG.info("going on with the run in %s", folder)
    return {"output_dir": folder, "resume_from": earlier}


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
