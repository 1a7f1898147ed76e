"""Texts for language models: three parts and their vocabulary."""

from __future__ import annotations

import dataclasses
import re

import numpy as np

from keras_darts.datasets import text_sources
from keras_darts.datasets import vocabulary as token_lists
from keras_darts.datasets.vocabulary import UNKNOWN
from keras_darts.datasets.vocabulary import Vocabulary
from keras_darts.utils.files import user_path
from keras_darts.utils.typing import ArrayLike
from keras_darts.utils.typing import PathLike

# As TensorFlow Datasets cuts tiny_shakespeare.
_TRAIN_SHARE = 0.9
_PARTS = ("train", "valid", "test")
_SPLITS = ("train", "validation", "test")


@dataclasses.dataclass(frozen=True, eq=False)
class Corpus:
    """A text in three parts, as ids of one vocabulary.

    Args:
        name: String.
        train: Array of int32 of shape (tokens,).
        valid: The same, of the text that chooses among models.
        test: The same, of the text for the last figure.
        vocabulary: The `Vocabulary`.
        description: String, a sentence for the log.

    Example:

    >>> import pathlib
    >>> folder = pathlib.Path("corpus")
    >>> folder.mkdir()
    >>> for part in ("train", "valid", "test"):
    ...     _ = (folder / f"{part}.txt").write_text(f"this is to {part}\\n")
    >>> corpus = load_corpus(folder)
    >>> corpus.valid
    array([0, 1, 2, 5, 4], dtype=int32)
    >>> corpus.vocabulary.decode(corpus.test)
    'this is to test\\n'
    """

    name: str
    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    vocabulary: Vocabulary
    description: str


def load_corpus(
    source: PathLike,
    *,
    data_dir: PathLike | None = None,
    level: str | None = None,
    vocabulary: Vocabulary | None = None,
    max_vocabulary: int | None = None,
    min_count: int = 1,
) -> Corpus:
    """Reads a corpus and numbers its tokens.

    Words get their numbers as they first appear. Where the training text has
    words written `<unk>`, or where words are left out, the vocabulary is that
    of the training text, and `<unk>` stands for all other words; else it is
    that of all three texts.

    Args:
        source: String or path: a folder with one UTF-8 file each for train,
            valid and test (names such as `ptb.train.txt`), a single file, of
            which the last tenth is cut off for valid and test, or the name of
            a text set of TensorFlow Datasets, such as `"tiny_shakespeare"`.
        data_dir: String or path, where TensorFlow Datasets keeps its files.
            Defaults to `None`, its own place.
        level: String, `"word"` or `"character"`. Defaults to `None`: words
            of a folder, characters of anything else.
        vocabulary: `Vocabulary` to use, such as that of a trained model.
            Defaults to `None`, it is made from the text.
        max_vocabulary: Integer, the most tokens; the most frequent stay.
            Defaults to `None`.
        min_count: Integer, how often a token must appear in the training text
            to be known. Defaults to `1`.

    Returns:
        The `Corpus`.

    Raises:
        ValueError: If a text is missing, empty, too short or not UTF-8, or
            holds words that the vocabulary doesn't know.
        RuntimeError: If a data set can't be downloaded.
        ImportError: If tensorflow-datasets isn't installed.
    """
    _check_options(vocabulary, level, max_vocabulary, min_count)
    if vocabulary is not None:
        level = vocabulary.level
    name, texts, level = _read(source, data_dir, level)
    if vocabulary is None:
        vocabulary = _make_vocabulary(texts, level, max_vocabulary, min_count)
    train, valid, test = (
        _encoded(vocabulary, part, text)
        for part, text in zip(_PARTS, texts, strict=True)
    )
    unit = "words and line ends" if level == "word" else "characters"
    return Corpus(
        name=name,
        train=train,
        valid=valid,
        test=test,
        vocabulary=vocabulary,
        description=(
            f"{name}: {len(train):,} {unit} for training, {len(valid):,} for "
            f"validation, {len(test):,} for the test, "
            f"{len(vocabulary):,} different ones known"
        ),
    )


def unigram_perplexity(
    train_ids: ArrayLike, ids: ArrayLike, vocabulary_size: int
) -> float:
    """Perplexity of a model that knows no more than how often tokens appear.

    Args:
        train_ids: Array of integers, whose frequencies are the model.
        ids: Array of integers, the text that is measured.
        vocabulary_size: Integer. If `ids` holds a token that `train_ids`
            lacks, one is added to the count of every token.

    Example:

    >>> round(unigram_perplexity([0, 0, 1, 2], [0, 1, 0, 2], 4), 4)
    2.8284
    """
    counts = np.bincount(np.ravel(train_ids), minlength=vocabulary_size)
    seen = counts[np.ravel(ids)]
    if not seen.all():
        seen, counts = seen + 1, counts + 1
    return float(np.exp(-np.mean(np.log(seen / counts.sum()))))


def _check_options(vocabulary, level, max_vocabulary, min_count):
    if level not in (None, "word", "character"):
        raise ValueError(
            f"`level` must be 'word' or 'character'. Received: level={level!r}"
        )
    if vocabulary is None:
        return
    if max_vocabulary is not None or min_count != 1:
        raise ValueError(
            "`max_vocabulary` and `min_count` must be left out where "
            f"`vocabulary` is given. Received: max_vocabulary={max_vocabulary}"
            f", min_count={min_count}"
        )
    if level not in (None, vocabulary.level):
        raise ValueError(
            "`level` must be that of `vocabulary`. Received: "
            f"level={level!r}, a vocabulary of {vocabulary.level}s"
        )


def _read(source, data_dir, level):
    """The name of the corpus, its three texts and its level."""
    if not text_sources.is_on_disk(source):
        return source, _from_tfds(source, data_dir), level or "character"
    path = user_path(source, "source").resolve()
    if path.is_dir():
        files = text_sources.part_files(path)
        texts = [text_sources.read(files[part]) for part in _PARTS]
        return path.name, texts, level or "word"
    level = level or "character"
    return path.stem, _cut(text_sources.read(path), level), level


def _cut(text, level):
    first = int(len(text) * _TRAIN_SHARE)
    second = first + (len(text) - first) // 2
    if level == "word":
        first, second = (_after_word(text, cut) for cut in (first, second))
    return text[:first], text[first:second], text[second:]


def _after_word(text, start):
    space = re.compile(r"\s").search(text, start)
    return space.end() if space else len(text)


def _from_tfds(name, data_dir):
    builder = text_sources.builder(name, data_dir)
    feature = text_sources.text_feature(builder)
    missing = [part for part in _SPLITS if part not in builder.info.splits]
    if missing:
        raise ValueError(
            f"`source` must be a data set with the parts {', '.join(_SPLITS)}. "
            f"Received: {name!r} with {', '.join(builder.info.splits)}"
        )
    return [
        b"\n".join(
            example[feature]
            for example in builder.as_dataset(split=part).as_numpy_iterator()
        ).decode("utf-8")
        for part in _SPLITS
    ]


def _make_vocabulary(texts, level, max_size, min_count):
    words = level == "word"
    make = Vocabulary.of_words if words else Vocabulary.of_characters
    token_lists.check_limits(max_size, min_count, reserved=1 + words)
    limits = {"max_size": max_size, "min_count": min_count}
    marked = re.search(rf"(?<!\S){UNKNOWN}(?!\S)", texts[0]) and words
    if marked or max_size is not None or min_count > 1:
        return make(texts[0], unknown=UNKNOWN, **limits)
    return make(texts)


def _encoded(vocabulary, part, text):
    try:
        ids = vocabulary.encode(text)
    except ValueError as error:
        raise ValueError(
            f"`vocabulary` must know the tokens of the {part} text: {error}"
        ) from error
    if len(ids) < 2:
        raise ValueError(
            f"`source` must have two tokens at least in its {part} text. "
            f"Received: {len(ids)}"
        )
    return ids
