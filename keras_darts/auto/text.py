"""A classifier of texts from texts and a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from keras_darts import search_spaces
from keras_darts.auto.classifier import Classifier
from keras_darts.auto.sizes import SizePreset
from keras_darts.auto.sizes import StepTimes
from keras_darts.tuner import DartsHyperModel
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from typing import Self

    from keras_darts.datasets import Elements
    from keras_darts.utils.typing import ArrayLike

# The network halves the length twice.
_MULTIPLE = 4
_USUAL_PERCENTILE = 99
_MOST_TOKENS = {"word": 256, "character": 512}
_MOST_KNOWN = 20_000
# Words seen once train the vector of the unknown ones.
_MIN_COUNT = 2
_BATCH = 1024
_WORDS = 64
# Padding and the unknown word.
_RESERVED = 2
LEVELS: dict[str, str] = {"word": "whitespace", "character": "character"}
# Texts of so many characters and of so few spaces are not parted by spaces.
_LONG_WORD = 8
_FEW_SPACES = 0.05
_MANY_UNKNOWN = 0.5
# From here on lie the letters of Chinese, Japanese and Korean.
_WIDE = 0x2E80


def _preset(filters, num_nodes, network_filters, times, least_examples):
    return SizePreset(
        space={"filters": filters, "num_nodes": num_nodes},
        network_args={"filters": network_filters, "num_cells": 3},
        step_times=StepTimes(*times),
        least_examples=least_examples,
    )


PRESETS: tuple[SizePreset, ...] = (
    _preset(4, 2, 8, (8.0, 0.1, 3.0, 0.02), 0),
    _preset(8, 3, 16, (11.0, 0.2, 3.5, 0.03), 500),
    _preset(16, 3, 32, (12.0, 0.3, 4.0, 0.05), 2_000),
)


class Texts:
    """Texts of the words, or of the characters, of a vocabulary.

    Args:
        words: List of the known words or characters.
        length: Integer, to which texts are cut and filled.
        level: `"word"` or `"character"`. Defaults to `"word"`.
        unknown: Float, the share of the tokens that are not known. Defaults
            to `0.0`.
    """

    presets: tuple[SizePreset, ...] = PRESETS
    most_epochs = 12
    # Of an element.
    shape: tuple[int, ...] = ()

    def __init__(
        self,
        words: Sequence[str],
        length: int,
        level: str = "word",
        unknown: float = 0.0,
    ) -> None:
        self.length = length
        self.level = level
        self._unknown = unknown
        self._ids = keras.layers.TextVectorization(
            vocabulary=words,
            output_sequence_length=length,
            split=LEVELS[level],
        )

    @classmethod
    def of(cls, x: ArrayLike, level: str | None = None) -> Self:
        """Those of a list or an array of strings.

        Args:
            x: The texts.
            level: `"word"`, `"character"`, or `None`: characters where texts
                are not parted by spaces, as Chinese and Japanese ones.
        """
        texts = _array(x)
        level = level or _level_of(texts)
        every = keras.layers.TextVectorization(ragged=True, split=LEVELS[level])
        every.adapt(_batches(texts))
        if every.vocabulary_size() <= _RESERVED:
            raise ValueError(
                "`x` must be texts with words or characters in them. "
                "Received: texts of white space and punctuation alone"
            )
        counts = np.zeros(every.vocabulary_size(), int)
        lengths = []
        for batch in _batches(texts):
            ids = every(batch)
            lengths.extend(ids.row_lengths().numpy())
            counts += np.bincount(ids.flat_values, minlength=len(counts))
        known = _known(counts)
        usual = min(
            _MOST_TOKENS[level], np.percentile(lengths, _USUAL_PERCENTILE)
        )
        length = _MULTIPLE * max(1, int(np.ceil(usual / _MULTIPLE)))
        unknown = 1 - counts[known].sum() / counts.sum()
        return cls(
            np.array(every.get_vocabulary())[known].tolist(),
            length,
            level,
            float(unknown),
        )

    @property
    def work(self) -> float:
        return self.length / _WORDS

    @property
    def _num_known(self):
        return self._ids.vocabulary_size()

    def describe(self) -> dict[str, Any]:
        return {
            "words": self._num_known,
            "length": self.length,
            "level": self.level,
        }

    def say(self) -> str:
        line = (
            f"texts of {self.length} {self.level}s, {self._num_known:,} known"
        )
        if self._unknown > _MANY_UNKNOWN:
            line += (
                f"; {self._unknown:.0%} of what the texts consist of comes "
                "once only and is not known: more texts, or another `level`, "
                "would help"
            )
        return line

    def convert(self, x: ArrayLike) -> np.ndarray:
        """Token ids of texts, an int32 array."""
        batches = [self.tensors(batch) for batch in _batches(_array(x))]
        return np.concatenate([np.asarray(batch, "int32") for batch in batches])

    def tensors(self, x: tf.Tensor) -> tf.Tensor:
        return self._ids(x)

    def checked(self, x: ArrayLike) -> np.ndarray:
        """An array of texts."""
        return _array(x)

    def input(self) -> keras.KerasTensor:
        return keras.Input((), dtype="string", name="text")

    def hypermodel(
        self, preset: SizePreset, num_classes: int
    ) -> DartsHyperModel:
        return DartsHyperModel(
            search_spaces.text_cnn(**preset.space),
            num_classes=num_classes,
            vocabulary_size=self._num_known,
        )

    def network_args(self, preset: SizePreset) -> dict[str, Any]:
        return dict(preset.network_args)

    def recipe(self) -> dict[str, Any]:
        return {}


def _level_of(texts):
    """Characters where words are not parted by spaces."""
    sample = [t.decode("utf-8", "replace").strip() for t in texts[:_BATCH]]
    characters = "".join(sample)
    spaces = sum(map(str.isspace, characters))
    wide = sum(ord(character) >= _WIDE for character in characters)
    unparted = spaces < _FEW_SPACES * len(characters)
    long = len(characters) > _LONG_WORD * len(sample)
    if unparted and (long or 2 * wide > len(characters)):
        return "character"
    return "word"


def _known(counts):
    """The ids of the words that become known, the most frequent first."""
    ids = np.flatnonzero(counts)
    ids = ids[ids >= _RESERVED][:_MOST_KNOWN]
    often = ids[counts[ids] >= _MIN_COUNT]
    return often if len(often) else ids


def texts_of(elements: Elements) -> np.ndarray:
    """All texts of `datasets.Elements`, an array."""
    if isinstance(elements.source, tuple):
        return elements.source[0]
    texts = elements.dataset.map(lambda text, *_: text)
    return np.array([*texts.as_numpy_iterator()], object)


def _array(x):
    x = np.asarray(x)
    if x.ndim == 2 and x.shape[1] == 1:
        x = x[:, 0]
    texts = x.ndim == 1 and all(isinstance(t, str | bytes) for t in x)
    if not texts:
        raise ValueError(
            "`x` must be texts: a list or an array of strings, or a data set "
            "of (text, label). Received: "
            f"shape {x.shape}, dtype {x.dtype}"
        )
    # Some may be bytes, as TensorFlow gives them.
    return np.array(
        [t if isinstance(t, bytes) else str(t).encode() for t in x], object
    )


def _batches(texts):
    return tf.data.Dataset.from_tensor_slices(texts).batch(_BATCH)


class TextClassifier(Classifier):
    """Searches, trains and classifies texts, with all sizes chosen.

    It is to texts what `ImageClassifier` is to images. Texts are lists or
    arrays of strings, or batched data sets of (text, label). Upper case and
    punctuation are left out. The words that come twice at least are known, and
    texts are cut where 99 % of them have ended, after 256 words or 512
    characters at most; both are learned from all texts of `x`, whether
    trained or judged on.

    Args:
        num_classes: As for `ImageClassifier`. Defaults to `None`.
        max_trials: Likewise. Defaults to `4`.
        project_name: String, the folder in the directory. Defaults to
            `"text_classifier"`.
        level: `"word"`, `"character"`, or `None`: characters where texts are
            not parted by spaces, as Chinese and Japanese ones, which `fit`
            says. Defaults to `None`.
        **options: `directory`, `objective`, `overwrite`, `seed` and
            `time_budget`, as for `ImageClassifier`.

    Raises:
        ValueError: for settings that have no meaning.

    Example:

    >>> TextClassifier(time_budget="soon")
    Traceback (most recent call last):
        ...
    ValueError: `time_budget` must be a time above zero, such as '2h', '30m', \
'90s' or a number of seconds, or None. Received: time_budget='soon'
    """

    def __init__(
        self,
        num_classes: int | None = None,
        max_trials: int = 4,
        *,
        project_name: str = "text_classifier",
        level: str | None = None,
        **options: Any,
    ) -> None:
        if level is not None and level not in LEVELS:
            raise unknown_name("level", level, LEVELS)
        super().__init__(
            num_classes, max_trials, project_name=project_name, **options
        )
        self.level = level

    def adapter_of(self, elements: Elements) -> Texts:
        return Texts.of(texts_of(elements), self.level)
