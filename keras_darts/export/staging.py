"""Files and folders that appear whole or not at all."""

import contextlib
import pathlib
import tempfile


@contextlib.contextmanager
def staging(folder):
    """A scratch folder inside `folder`, which is made when it is missing.

    What is written there is on the same file system as its final place, so
    that `os.replace` puts it there in one step; the rest is deleted.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = tempfile.TemporaryDirectory(prefix=".export-", dir=folder)
    except OSError as error:
        raise ValueError(
            f"`path` must lie in a folder that exists or can be made, and be "
            f"writable. Received: a path in {str(folder)!r}, where the system "
            f"says: {error}"
        ) from error
    with scratch as name:
        yield pathlib.Path(name)
