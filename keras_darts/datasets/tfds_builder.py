"""Data sets of TensorFlow Datasets by name, and what can go wrong."""

from __future__ import annotations

import difflib
import importlib
import logging
import pathlib
import threading
import types
import urllib.parse
from collections.abc import Sequence
from typing import Any

import requests

from keras_darts.utils.files import user_path
from keras_darts.utils.typing import PathLike

_LOG = logging.getLogger("keras_darts")
# TensorFlow Datasets itself tries for minutes.
_SECONDS = 5.0


def package(
    module: str = "tensorflow_datasets", name: str = "tensorflow-datasets"
) -> types.ModuleType:
    """A package that is imported only where it is needed.

    A search on a user's own data need not wait for it.

    Raises:
        ImportError: if it isn't installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"This data set needs {name}: pip install {name}"
        ) from error


def find(
    name: str,
    data_dir: PathLike | None,
    *,
    argument: str,
    expected: str,
    also: Sequence[str] = (),
) -> Any:
    """The builder of a data set, not prepared yet.

    Args:
        name: String.
        data_dir: String or path, or `None`.
        argument: String, by which the user has given the name.
        expected: String, what else the argument could have been.
        also: Tuple of further names that may have been meant. Defaults to
            none.

    Raises:
        ValueError: if there is no such data set; the nearest are named.
    """
    tfds = package()
    if data_dir is not None:
        data_dir = str(user_path(data_dir, "data_dir"))
    try:
        return tfds.builder(name, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError as error:
        known = [*also, *tfds.list_builders(with_community_datasets=False)]
        nearest = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
        raise ValueError(
            f"`{argument}` must be {expected}, or the name of a data set of "
            f"TensorFlow Datasets.{hint} Received: {argument}={name!r}"
        ) from error


def prepare(builder: Any) -> None:
    """Downloads a data set, unless it is there.

    Raises:
        RuntimeError: if it can't be downloaded; without a network at once,
            and nothing is written then.
    """
    if not pathlib.Path(builder.data_path).exists():
        host = _unreachable_host(builder)
        if host is not None:
            raise _failed(builder, f"{host} can't be reached")
        _LOG.info("downloading %s to %s", builder.name, builder.data_path)
    try:
        builder.download_and_prepare()
    # Anything can go wrong on the way: network, disk, checksums, packages.
    except Exception as error:
        raise _failed(builder, error) from error


def _failed(builder, reason):
    return RuntimeError(
        f"The data set {builder.name!r} is not in {builder.data_path} and "
        f"could not be downloaded to it: {reason}\n"
        "Check `data_dir`, the network and the space on the disk, or prepare "
        f"it where there is a network (tfds build {builder.name}) and give the "
        "folder as `data_dir`."
    )


def _unreachable_host(builder):
    """The host of a missing file that can't be reached, or `None`."""
    for url in _missing(builder):
        address = urllib.parse.urlsplit(url)
        if address.scheme in ("http", "https"):
            return None if _answers(url) else address.netloc
    return None


def _missing(builder):
    """The addresses of the files that are not downloaded yet."""
    names = package("tensorflow_datasets.core.download.resource")
    folder = pathlib.Path(builder.data_dir_root) / "downloads"
    for url, file in (builder.url_infos or {}).items():
        if not (folder / names.get_dl_fname(url, file.checksum)).exists():
            yield url


def _answers(url):
    """Whether anything answers in time, be it an error."""
    came = threading.Event()

    def ask():
        try:
            requests.head(url, timeout=_SECONDS)
        except requests.ConnectionError:
            return
        except requests.RequestException:
            pass
        came.set()

    # Looking a name up has no timeout of its own.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(2 * _SECONDS)
    return came.is_set()
