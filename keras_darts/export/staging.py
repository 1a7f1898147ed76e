"""Files and folders that appear whole or not at all."""

import contextlib
import pathlib
import shutil
import tempfile
import time

_PREFIX = ".export-"
_SECONDS_OF_A_DAY = 24 * 60 * 60


@contextlib.contextmanager
def staging(folder):
    """A scratch folder inside `folder`, which is made when it is missing.

    What is written there is on the same file system as its final place, so
    that `os.replace` puts it there in one step; the rest is deleted, and so is
    what exports that were killed left there a day ago or earlier.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_old(folder)
        scratch = tempfile.TemporaryDirectory(prefix=_PREFIX, dir=folder)
    except OSError as error:
        raise ValueError(
            f"`path` must lie in a folder that exists or can be made, and be "
            f"writable. Received: a path in {str(folder)!r}, where the system "
            f"says: {error}"
        ) from error
    with scratch as name:
        yield pathlib.Path(name)


def _remove_old(folder):
    yesterday = time.time() - _SECONDS_OF_A_DAY
    for scratch in folder.glob(f"{_PREFIX}*"):
        # Another export may be done with its own at any moment.
        with contextlib.suppress(FileNotFoundError):
            if scratch.stat().st_mtime < yesterday:
                shutil.rmtree(scratch, ignore_errors=True)
