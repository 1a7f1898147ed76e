"""Files that appear whole or not at all."""

import contextlib
import csv
import json
import os
import pathlib
import tempfile


@contextlib.contextmanager
def written_whole(path):
    """A temporary path beside `path`, renamed to it when all went well.

    Args:
        path: String or path; missing folders are made.

    Raises:
        ValueError: if the folder can't be made or written to.

    Example:

    >>> import tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> with written_whole(folder / "note.txt") as scratch:
    ...     _ = scratch.write_text("done")
    >>> [file.name for file in folder.iterdir()]
    ['note.txt']
    """
    path = pathlib.Path(path)
    writable_folder(path.parent)
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=".writing-", suffix=path.suffix
    )
    os.close(handle)
    scratch = pathlib.Path(name)
    try:
        yield scratch
        scratch.chmod(0o644)
        os.replace(scratch, path)
    finally:
        scratch.unlink(missing_ok=True)


def write_json(path, value):
    """Plain data as an indented JSON file."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def write_text(path, text):
    """A string as a file."""
    with written_whole(path) as scratch:
        scratch.write_text(text, encoding="utf-8")


def write_table(path, rows):
    """Dictionaries as a CSV file, a row each; a missing value stays empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with written_whole(path) as scratch:
        with scratch.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)


def writable_folder(folder, argument="path"):
    """The folder, made if it was missing, and known to take files.

    Raises:
        ValueError: naming `argument`, if it is no folder or not writable.
    """
    folder = pathlib.Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ValueError(
            f"`{argument}` must be a folder that can be written to. "
            f"Received: {argument}={str(folder)!r} ({error.strerror})"
        ) from error
    return folder
