"""Data sets of TensorFlow Datasets by name, and what can go wrong."""

import difflib
import importlib


def package(module="tensorflow_datasets", name="tensorflow-datasets"):
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


def find(name, data_dir, *, argument, expected, also=()):
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


def prepare(builder):
    """Downloads a data set, unless it is there.

    Raises:
        RuntimeError: if it can't be downloaded.
    """
    try:
        builder.download_and_prepare()
    # Anything can go wrong on the way: network, disk, checksums, packages.
    except Exception as error:
        raise RuntimeError(
            f"The data set {builder.name!r} could not be downloaded to "
            f"{builder.data_path}: {error}\n"
            "Check the network and the space on the disk, or prepare it where "
            f"there is a network (tfds build {builder.name}) and give the "
            "folder as `data_dir`."
        ) from error
