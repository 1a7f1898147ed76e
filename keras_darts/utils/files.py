"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import pathlib
import re
import shutil
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from keras_darts.utils.typing import PathLike

# One letter before the colon is a drive of Windows, and pathlib leaves one
# slash of the two.
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):[/\\]", re.IGNORECASE)
_LIKE_A_PATH = r"^[/.~]|\\|/.*/|\.[a-z]+$"
_FILE_SCHEME = re.compile(r"file:[/\\]", re.IGNORECASE)


def user_path(path: PathLike, argument: str = "path") -> pathlib.Path:
    """The `pathlib.Path` that a user means.

    A leading `~` or `~user` is the home folder, `file://` is left out. Other
    schemes raise an error: runs and exports are renamed into their places and
    locked, which object stores don't offer.

    Args:
        path: String or `os.PathLike`.
        argument: String, the name of the argument. Defaults to `"path"`.

    Raises:
        ValueError: naming `argument`, if it is empty, of another type or of
            a remote file system.

    Example:

    >>> user_path("runs/a", "output_dir").parts
    ('runs', 'a')
    >>> user_path("gs://bucket/a", "output_dir")
    Traceback (most recent call last):
    ...
    ValueError: `output_dir` must be a path of the local file system: mount \
gs:// as a folder, or copy between it and a local one with tf.io.gfile. \
Received: output_dir='gs://bucket/a'
    """
    result = pathlib.Path(user_path_text(path, argument))
    # A second look at it would take the name for a home folder.
    return result.absolute() if str(result).startswith("~") else result


def user_path_text(path: PathLike, argument: str) -> str:
    """As `user_path`, as a string; other names come back as they are.

    Raises:
        ValueError: as `user_path` does.

    Example:

    >>> user_path_text("wiki40b/en", "source")
    'wiki40b/en'
    """
    try:
        text = os.fspath(path)
    except TypeError:
        text = None
    if not isinstance(text, str) or not text or "\0" in text:
        raise ValueError(
            f"`{argument}` must be a path: a string that is not empty, or an "
            f"os.PathLike. Received: {argument}={path!r}"
        )
    if _FILE_SCHEME.match(text):
        return _of_file_scheme(text, argument)
    scheme = _SCHEME.match(text)
    if scheme:
        raise ValueError(
            f"`{argument}` must be a path of the local file system: mount "
            f"{scheme[1]}:// as a folder, or copy between it and a local one "
            f"with tf.io.gfile. Received: {argument}={text!r}"
        )
    expanded = os.path.expanduser(text)
    if expanded.startswith("~"):
        raise ValueError(
            f"`{argument}` must begin with ~ or ~USER of a user of this "
            "machine; a name that begins with ~ is written ./~NAME. "
            f"Received: {argument}={text!r}"
        )
    return expanded


def _of_file_scheme(text, argument):
    """The path of a `file://` address."""
    # pathlib makes file:/a of file:///a.
    address = urllib.parse.urlsplit(text.replace("\\", "/"))
    if address.netloc not in ("", "localhost") or not address.path:
        raise ValueError(
            f"`{argument}` must be a path of this machine. Received: "
            f"{argument}={text!r}"
        )
    return urllib.request.url2pathname(address.path)


def looks_like_path(text: str) -> bool:
    """Whether a string can only be a path, and not the name of something.

    A name may have a slash too, before its configuration.

    Example:

    >>> looks_like_path("./digits"), looks_like_path("wiki40b/en")
    (True, False)
    """
    return re.search(_LIKE_A_PATH, text) is not None


def folder_name(name: str, argument: str) -> str:
    """`name`, if it is the name of one folder inside of another.

    Raises:
        ValueError: naming `argument`, if it is empty, `.`, `..`, or a path.

    Example:

    >>> folder_name("digits", "project_name")
    'digits'
    """
    fits = isinstance(name, str) and name.strip() not in ("", ".", "..")
    if not fits or re.search(r"[/\\\0]", name) or ":" in name:
        raise ValueError(
            f"`{argument}` must be the name of a folder, without slashes or "
            f"colons. Received: {argument}={name!r}"
        )
    return name


@contextlib.contextmanager
def atomic_write(
    path: PathLike, argument: str = "path"
) -> Iterator[pathlib.Path]:
    """A temporary path next to `path`, renamed to it when all went well.

    Args:
        path: String or path; missing folders are made.
        argument: String, the name of the argument. Defaults to `"path"`.

    Raises:
        ValueError: if it is a folder, or its folder can't be made or written
            to.

    Example:

    >>> import tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> with atomic_write(folder / "note.txt") as scratch:
    ...     _ = scratch.write_text("done")
    >>> [file.name for file in folder.iterdir()]
    ['note.txt']
    """
    path = user_path(path, argument)
    if path.is_dir():
        raise ValueError(
            f"`{argument}` must be the path of a file. Received: "
            f"{argument}={str(path)!r}, a folder"
        )
    writable_folder(path.parent, argument)
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


def write_json(path: PathLike, value: Any) -> None:
    """Plain data as an indented JSON file."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def write_text(path: PathLike, text: str) -> None:
    """A string as a file."""
    with atomic_write(path) as scratch:
        scratch.write_text(text, encoding="utf-8")


def write_csv(path: PathLike, rows: Sequence[Mapping[str, Any]]) -> None:
    """Dictionaries as a CSV file, a row each; a missing value stays empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with atomic_write(path) as scratch:
        with scratch.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows)


def writable_folder(
    folder: pathlib.Path, argument: str = "path"
) -> pathlib.Path:
    """The folder, made if it was missing, and known to take files.

    Raises:
        ValueError: naming `argument`, if it is no folder or not writable.
    """
    folder = user_path(folder, argument)
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


_PREFIX = ".export-"
_SECONDS_OF_A_DAY = 24 * 60 * 60


@contextlib.contextmanager
def staging(folder: PathLike) -> Iterator[pathlib.Path]:
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
