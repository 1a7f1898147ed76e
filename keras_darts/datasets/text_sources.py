"""Texts from folders, files and TensorFlow Datasets, as strings."""

from __future__ import annotations

import os
import pathlib
import re
from collections.abc import Sequence
from typing import Any

from keras_darts.datasets import tfds_builder
from keras_darts.utils.files import looks_like_path
from keras_darts.utils.files import user_path
from keras_darts.utils.typing import PathLike

_WORDS = {
    "train": {"train", "training"},
    "valid": {"valid", "validation", "val", "dev"},
    "test": {"test"},
}
_PARTS_IN_WORDS = "one text file each for train, valid and test"
_LABELS_IN_WORDS = "files for train and test with a line `LABEL text` each"
# Those that papers judge by, of which TensorFlow Datasets has none or others.
_FROM_FOLDERS = {
    "ptb": ("Penn Treebank", _PARTS_IN_WORDS),
    "wikitext2": ("WikiText-2", _PARTS_IN_WORDS),
    "mr": ("MR", _LABELS_IN_WORDS),
    "sst2": ("SST-2", _LABELS_IN_WORDS),
}


def part_files(
    folder: PathLike, *, optional: Sequence[str] = ()
) -> dict[str, pathlib.Path]:
    """The files of the parts of a text set, by what their names say.

    Args:
        folder: String or path.
        optional: Tuple of the parts that need not be there. Defaults to `()`.

    Returns:
        Dictionary of `"train"`, `"valid"` and `"test"` to a path.

    Raises:
        ValueError: If a part has no file or more than one.
    """
    files = {}
    present = sorted(
        file
        for file in pathlib.Path(folder).iterdir()
        if file.is_file() and not file.name.startswith(".")
    )
    for part, words in _WORDS.items():
        result = [
            file
            for file in present
            if words & set(re.split("[^a-z]+", file.name.lower()))
        ]
        if len(result) > 1 or not (result or part in optional):
            names = ", ".join(file.name for file in present) or "no files"
            hint = "; give a file by its own path" if len(present) == 1 else ""
            raise ValueError(
                f"`source` must be a folder with one file for {part}, named "
                f"by one of {', '.join(sorted(words))}, such as {part}.txt"
                f"{hint}. Received: {str(folder)!r}, which holds {names}"
            )
        if result:
            files[part] = result[0]
    return files


def read(path: PathLike) -> str:
    """The text of a UTF-8 file, each line of which ends in a line feed alone.

    Raises:
        ValueError: If the file holds no text, or bytes that are not UTF-8.
    """
    raw = pathlib.Path(path).read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ValueError(
            "`source` must hold UTF-8 text: convert the file first, for "
            "example by iconv -f latin1 -t utf-8. Received: "
            f"{str(path)!r}, line {line}, byte {raw[error.start]:#04x} "
            f"({error.reason})"
        ) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise ValueError(
            f"`source` must hold text. Received: the empty file {str(path)!r}"
        )
    return text


def is_on_disk(source: PathLike) -> bool:
    """Whether `source` is a folder or file, and not the name of a data set.

    Raises:
        ValueError: If it can only be a path, and there is nothing.
    """
    path = user_path(source, "source")
    if path.exists():
        return True
    if isinstance(source, os.PathLike) or looks_like_path(source):
        raise ValueError(
            "`source` must be a folder or file that exists, or the name of a "
            f"data set. Received: {str(source)!r}, where there is nothing"
        )
    return False


def builder(name: str, data_dir: PathLike | None) -> Any:
    """The prepared builder of a set of TensorFlow Datasets.

    Raises:
        ValueError: If there is no set of that name, or it is one that comes
            as a folder.
        RuntimeError: If it can't be downloaded.
        ImportError: If tensorflow-datasets isn't installed.
    """
    known = _FROM_FOLDERS.get(name.lower().replace("-", "").replace("_", ""))
    if known is not None:
        title, files = known
        raise ValueError(
            f"`source` must be the path of a folder for {title}, which is not "
            f"downloaded: a folder with {files}. Received: {name!r}, and "
            f"there is no such folder in {os.getcwd()}"
        )
    result = tfds_builder.find(
        name,
        data_dir,
        argument="source",
        expected="a folder or text file that exists",
    )
    tfds_builder.prepare(result)
    return result


def text_feature(builder: Any) -> str:
    """The name of the feature of a builder that holds the text."""
    tfds = tfds_builder.package()
    features = builder.info.features
    texts = [
        name
        for name in features
        if isinstance(features[name], tfds.features.Text)
    ]
    usual = [name for name in ("text", "sentence") if name in texts]
    if len(texts) != 1 and not usual:
        raise ValueError(
            "`source` must be a data set with one text an example. Received: "
            f"{builder.name!r} with the features {list(features)}"
        )
    return texts[0] if len(texts) == 1 else usual[0]
