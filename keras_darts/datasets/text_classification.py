"""Labelled texts, from files and TensorFlow Datasets, as rows of token ids."""

from __future__ import annotations

import csv
import dataclasses
import io
import pathlib
import re
from collections.abc import Iterable
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from keras_darts.datasets import text_sources
from keras_darts.datasets import vocabulary as token_lists
from keras_darts.datasets.vocabulary import PAD
from keras_darts.datasets.vocabulary import UNKNOWN
from keras_darts.datasets.vocabulary import Vocabulary
from keras_darts.utils.files import user_path
from keras_darts.utils.typing import Dataset
from keras_darts.utils.typing import PathLike

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_TEXT_COLUMNS = ("text", "sentence")


def from_folder(folder: PathLike) -> dict[str, list[tuple[str, str]]]:
    """For each part of a folder its list of (label, text).

    Raises:
        ValueError: If a part is missing, or a line has no label or no text.
    """
    files = text_sources.part_files(folder, optional=("valid",))
    return {part: _pairs(path) for part, path in files.items()}


def from_tfds(
    name: str, data_dir: PathLike | None
) -> tuple[dict[str, list[tuple[str, str]]], tuple[str, ...]]:
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
    examples = {
        part: _examples(builder, split, text, names)
        for part, split in parts.items()
        if split in known
    }
    # Those of competitions keep the labels of their tests for themselves.
    if not examples.get("test"):
        examples["test"] = examples.pop("valid", None)
    if not examples.get("train") or not examples["test"]:
        raise ValueError(
            "`source` must be a data set with labels in a part for training "
            f"and in one for test or validation. Received: {name!r} with "
            f"{', '.join(known)}"
        )
    return examples, tuple(names)


def _examples(builder, split, text, names):
    examples = builder.as_dataset(split=split).as_numpy_iterator()
    return [
        (names[example["label"]], example[text].decode("utf-8"))
        for example in examples
        if example["label"] >= 0
    ]


def with_labels(
    parts: Mapping[str, list[tuple[str, str]]], labels: str
) -> Mapping[str, list[tuple[str, str]]]:
    """The parts with whole labels, or with what stands before the colon."""
    pairs = [pair for part in parts.values() for pair in part]
    colons = all(":" in label for label, _ in pairs)
    if labels == "fine" or (labels == "auto" and not colons):
        return parts
    return {
        part: [(label.partition(":")[0], text) for label, text in pairs]
        for part, pairs in parts.items()
    }


def label_names_of(pairs: Iterable[tuple[str, str]]) -> tuple[str, ...]:
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
    columns_of_text = [name for name in _TEXT_COLUMNS if name in columns]
    if "label" not in columns or not columns_of_text:
        raise ValueError(
            "`source` must have the columns label and text in the header of a "
            f"table. Received: {str(path)!r} with {columns}"
        )
    for row in reader:
        label, sentence = row["label"] or "", row[columns_of_text[0]] or ""
        yield reader.line_num, label.strip(), sentence.strip()


_LABELS = ("auto", "coarse", "fine")
# The networks halve the sequence twice.
_MULTIPLE = 4
_USUAL_PERCENTILE = 99


@dataclasses.dataclass(frozen=True, eq=False)
class LabelledText:
    """Sentences of one part of a data set.

    Args:
        texts: Tuple of strings.
        ids: Array of int32 of shape (sentences, sequence_length).
        labels: Array of int64 of shape (sentences,), the class numbers.

    Example:

    >>> part = LabelledText(("hi",), np.array([[2, 0]]), np.array([1]))
    >>> [int(y) for x, y in part.dataset().as_numpy_iterator()]
    [1]
    """

    texts: tuple[str, ...]
    ids: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    def dataset(self) -> Dataset:
        """Unbatched `tf.data.Dataset` of (ids, class number), in order."""
        return tf.data.Dataset.from_tensor_slices((self.ids, self.labels))


@dataclasses.dataclass(frozen=True, eq=False)
class TextClassificationData:
    """A data set of labelled sentences.

    It has the members of `ImageData` too: `train` and `test`, unbatched
    `tf.data.Dataset`s of (ids, class number), and their numbers; likewise
    `valid`, which is `None` where there is no such part.

    Args:
        name: String.
        train_part: `LabelledText` for training.
        test_part: `LabelledText` for the last figure.
        valid_part: `LabelledText` that choose among models, or `None`.
        label_names: Tuple of strings, one a class.
        vocabulary: `Vocabulary`, in which padding is 0 and the unknown word
            is 1.
        description: String, a sentence for the log.

    Example:

    >>> import pathlib
    >>> folder = pathlib.Path("reviews")
    >>> folder.mkdir()
    >>> for part in ("train", "test"):
    ...     lines = "good a fine film\\nbad a bore\\n"
    ...     _ = (folder / f"{part}.txt").write_text(lines)
    >>> data = load_text_classification(folder, min_count=1)
    >>> data.label_names, data.num_train
    (('bad', 'good'), 2)
    >>> data.train_part.ids
    array([[2, 3, 4, 0],
           [2, 5, 0, 0]], dtype=int32)
    """

    name: str
    train_part: LabelledText = dataclasses.field(repr=False)
    test_part: LabelledText = dataclasses.field(repr=False)
    valid_part: LabelledText | None = dataclasses.field(repr=False)
    label_names: tuple[str, ...]
    vocabulary: Vocabulary
    description: str

    @property
    def train(self) -> Dataset:
        return self.train_part.dataset()

    @property
    def test(self) -> Dataset:
        return self.test_part.dataset()

    @property
    def valid(self) -> Dataset | None:
        return None if self.valid_part is None else self.valid_part.dataset()

    @property
    def num_train(self) -> int:
        return len(self.train_part)

    @property
    def num_test(self) -> int:
        return len(self.test_part)

    @property
    def num_valid(self) -> int:
        return 0 if self.valid_part is None else len(self.valid_part)

    @property
    def num_classes(self) -> int:
        return len(self.label_names)

    @property
    def sequence_length(self) -> int:
        return self.train_part.ids.shape[1]


def load_text_classification(
    source: PathLike,
    *,
    labels: str = "auto",
    sequence_length: int | None = None,
    max_vocabulary: int | None = 20_000,
    min_count: int = 2,
    data_dir: PathLike | None = None,
) -> TextClassificationData:
    """Reads a data set for the classification of sentences.

    Args:
        source: String or path: a folder with one UTF-8 file each for train
            and test, and maybe valid or dev, or the name of a set of
            TensorFlow Datasets with a text and a label. Files have a line
            `LABEL text` a sentence; those that end in `.csv` or `.tsv` have
            the columns `label` and `text` instead. Empty lines are left out.
        labels: String: `"fine"` takes labels such as `NUM:date` as they are,
            `"coarse"` what stands before the colon. Defaults to `"auto"`:
            coarse where all have a colon.
        sequence_length: Integer, a multiple of four, to which sentences are
            cut and filled. Defaults to `None`, long enough for 99 % of those
            for training.
        max_vocabulary: Integer, the most words; the most frequent stay.
            Defaults to `20000`; `None` is no limit.
        min_count: Integer, how often a word must appear in the training part
            to be known. Defaults to `2`: words seen once train the vector of
            the unknown ones.
        data_dir: String or path, where TensorFlow Datasets keeps its files.
            Defaults to `None`, its own place.

    Returns:
        The `TextClassificationData`.

    Raises:
        ValueError: If a file is missing, empty or not UTF-8, a line has no
            label or text, the training part has one class only, or another
            part has a class that it lacks.
        RuntimeError: If a data set can't be downloaded.
        ImportError: If tensorflow-datasets isn't installed.
    """
    _check(labels, sequence_length)
    token_lists.check_limits(max_vocabulary, min_count, reserved=2)
    name, parts, label_names = _read(source, data_dir)
    parts = with_labels(parts, labels)
    if label_names is None:
        label_names = label_names_of(parts["train"])
    _check_labels(parts, label_names)
    vocabulary = Vocabulary.of_words(
        [text for _, text in parts["train"]],
        eos=None,
        unknown=UNKNOWN,
        pad=PAD,
        max_size=max_vocabulary,
        min_count=min_count,
    )
    length = sequence_length or _usual_length(vocabulary, parts["train"])
    made = {
        part: _sentences(pairs, label_names, vocabulary, length)
        for part, pairs in parts.items()
    }
    counts = ", ".join(f"{len(made[part]):,} for {part}" for part in made)
    return TextClassificationData(
        name=name,
        train_part=made["train"],
        test_part=made["test"],
        valid_part=made.get("valid"),
        label_names=label_names,
        vocabulary=vocabulary,
        description=(
            f"{name}: sentences, {counts}, {len(label_names)} classes, "
            f"{len(vocabulary):,} words known, {length} words each"
        ),
    )


def _check(labels, sequence_length):
    if labels not in _LABELS:
        raise ValueError(
            f"`labels` must be one of {', '.join(_LABELS)}. Received: "
            f"labels={labels!r}"
        )
    length = sequence_length
    if length is not None and (length < 1 or length % _MULTIPLE):
        raise ValueError(
            f"`sequence_length` must be a multiple of {_MULTIPLE}, since the "
            f"networks halve it twice. Received: sequence_length={length}"
        )


def _read(source, data_dir):
    """Name, pairs (label, text) of each part, and label names if fixed."""
    if not text_sources.is_on_disk(source):
        return source, *from_tfds(source, data_dir)
    folder = user_path(source, "source").resolve()
    if not folder.is_dir():
        raise ValueError(
            "`source` must be a folder with files for train and test. "
            f"Received: the file {str(source)!r}"
        )
    return folder.name, from_folder(folder), None


def _check_labels(parts, label_names):
    seen = {label for label, _ in parts["train"]}
    if len(seen) < 2:
        raise ValueError(
            "`source` must have two classes at least in its training part. "
            f"Received: only {', '.join(seen) or 'no sentence'}"
        )
    for part, pairs in parts.items():
        strange = sorted({label for label, _ in pairs} - {*label_names})
        if strange or not pairs:
            raise ValueError(
                f"`source` must have sentences in its {part} part, all of "
                "classes that the training part has too. Received: "
                f"{len(pairs)} sentences, the labels {strange[:5]} are new"
            )


def _usual_length(vocabulary, pairs):
    lengths = [len(vocabulary.encode(text)) for _, text in pairs]
    usual = np.percentile(lengths, _USUAL_PERCENTILE)
    return _MULTIPLE * max(1, int(np.ceil(usual / _MULTIPLE)))


def _sentences(pairs, label_names, vocabulary, length):
    pad = vocabulary.id_of(vocabulary.pad)
    ids = np.full((len(pairs), length), pad, "int32")
    for row, (_, text) in zip(ids, pairs, strict=True):
        known = vocabulary.encode(text)[:length]
        row[: len(known)] = known
    numbers = {name: number for number, name in enumerate(label_names)}
    labels = np.array([numbers[label] for label, _ in pairs], "int64")
    return LabelledText(tuple(text for _, text in pairs), ids, labels)
