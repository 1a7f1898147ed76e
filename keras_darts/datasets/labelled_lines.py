"""Sentences and their labels, out of files and TensorFlow Datasets."""

import csv
import io
import pathlib
import re

from keras_darts.datasets import text_sources

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_TEXT_COLUMNS = ("text", "sentence")


def from_folder(folder):
    """For each part of a folder its list of (label, text).

    Raises:
        ValueError: If a part is missing, or a line has no label or no text.
    """
    files = text_sources.part_files(folder, optional=("valid",))
    return {part: _pairs(path) for part, path in files.items()}


def from_tfds(name, data_dir):
    """The same of a set of TensorFlow Datasets, and the names of its labels.

    Raises:
        ValueError: If the set has no text, label, or second part with labels.
    """
    builder = text_sources.builder(name, data_dir)
    text = text_sources.text_feature(builder)
    features = builder.info.features
    label = features["label"] if "label" in features else None
    names = getattr(label, "names", None)
    if names is None:
        raise ValueError(
            "`source` must be a data set with a class as its `label`. "
            f"Received: {name!r} with the features {list(features)}"
        )
    known = builder.info.splits
    parts = {"train": "train", "valid": "validation", "test": "test"}
    found = {
        part: _examples(builder, split, text, names)
        for part, split in parts.items()
        if split in known
    }
    # Those of competitions keep the labels of their tests for themselves.
    if not found.get("test"):
        found["test"] = found.pop("valid", None)
    if not found.get("train") or not found["test"]:
        raise ValueError(
            "`source` must be a data set with labels in a part for training "
            f"and in one for test or validation. Received: {name!r} with "
            f"{', '.join(known)}"
        )
    return found, tuple(names)


def _examples(builder, split, text, names):
    examples = builder.as_dataset(split=split).as_numpy_iterator()
    return [
        (names[example["label"]], example[text].decode("utf-8"))
        for example in examples
        if example["label"] >= 0
    ]


def with_labels(parts, labels):
    """The parts with whole labels, or with what stands before the colon."""
    pairs = [pair for part in parts.values() for pair in part]
    colons = all(":" in label for label, _ in pairs)
    if labels == "fine" or (labels == "auto" and not colons):
        return parts
    return {
        part: [(label.partition(":")[0], text) for label, text in pairs]
        for part, pairs in parts.items()
    }


def label_names(pairs):
    """The labels in their order, of numbers if they all are."""
    names = {label for label, _ in pairs}
    numbers = all(name.isdecimal() for name in names)
    return tuple(sorted(names, key=int if numbers else None))


def _pairs(path):
    text = text_sources.read(path)
    delimiter = _DELIMITERS.get(pathlib.Path(path).suffix.lower())
    rows = _lines(text) if delimiter is None else _table(path, text, delimiter)
    pairs = []
    for number, label, sentence in rows:
        if not label or not sentence:
            missing = "text" if label else "label"
            raise ValueError(
                "`source` must have a label and a text in each line. "
                f"Received: {str(path)!r}, line {number} without a {missing}"
            )
        pairs.append((label, sentence))
    return pairs


def _lines(text):
    # Not splitlines(), which splits at characters within a sentence too.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            label, *rest = re.split(r"[ \t]", line, maxsplit=1)
            yield number, label, "".join(rest).strip()


def _table(path, text, delimiter):
    # Tab-separated files of text quote nothing, and hold lone quotes.
    quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting
    )
    columns = reader.fieldnames
    found = [name for name in _TEXT_COLUMNS if name in columns]
    if "label" not in columns or not found:
        raise ValueError(
            "`source` must have the columns label and text in the header of a "
            f"table. Received: {str(path)!r} with {columns}"
        )
    for row in reader:
        label, sentence = row["label"] or "", row[found[0]] or ""
        yield reader.line_num, label.strip(), sentence.strip()
