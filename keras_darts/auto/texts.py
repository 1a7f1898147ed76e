"""Texts as a user has them, and what is searched and trained on them."""

import keras
import numpy as np
import tensorflow as tf

from keras_darts import search_spaces
from keras_darts.auto.sizes import Pace
from keras_darts.auto.sizes import Rung
from keras_darts.tuner import DartsHyperModel

# The network halves the length twice.
_MULTIPLE = 4
_USUAL_PERCENTILE = 99
_MOST_WORDS = 256
_MOST_KNOWN = 20_000
# Words seen once train the vector of the unknown ones.
_MIN_COUNT = 2
_BATCH = 1024
_WORDS = 64
# Padding and the unknown word.
_RESERVED = 2


def _rung(filters, num_nodes, derived, pace, least_examples):
    return Rung(
        space={"filters": filters, "num_nodes": num_nodes},
        derived={"filters": derived, "num_cells": 3},
        pace=Pace(*pace),
        least_examples=least_examples,
    )


RUNGS = (
    _rung(4, 2, 8, (8.0, 0.1, 3.0, 0.02), 0),
    _rung(8, 3, 16, (11.0, 0.2, 3.5, 0.03), 500),
    _rung(16, 3, 32, (12.0, 0.3, 4.0, 0.05), 2_000),
)


class Texts:
    """Texts of the words of a vocabulary.

    Args:
        words: List of the known words.
        length: Integer, to which texts are cut and filled.
    """

    rungs = RUNGS
    most_epochs = 12

    def __init__(self, words, length):
        self.length = length
        self._ids = keras.layers.TextVectorization(
            vocabulary=words, output_sequence_length=length
        )

    @classmethod
    def of(cls, x):
        """Those of a list, an array or a batched data set of (text, label)."""
        texts = _array(x)
        every = keras.layers.TextVectorization(ragged=True)
        every.adapt(_batches(texts))
        counts = np.zeros(every.vocabulary_size(), int)
        lengths = []
        for batch in _batches(texts):
            ids = every(batch)
            lengths.extend(ids.row_lengths().numpy())
            counts += np.bincount(ids.flat_values, minlength=len(counts))
        known = np.flatnonzero(counts >= _MIN_COUNT)
        known = known[known >= _RESERVED][:_MOST_KNOWN]
        words = np.array(every.get_vocabulary())[known].tolist()
        usual = min(_MOST_WORDS, np.percentile(lengths, _USUAL_PERCENTILE))
        length = _MULTIPLE * max(1, int(np.ceil(usual / _MULTIPLE)))
        return cls(words, length)

    @property
    def work(self):
        return self.length / _WORDS

    @property
    def _known(self):
        return self._ids.vocabulary_size()

    def describe(self):
        return {"words": self._known, "length": self.length}

    def say(self):
        return f"texts of {self.length} words, {self._known:,} known"

    def convert(self, x):
        """Token ids of texts, an int32 array."""
        batches = [self.tensors(batch) for batch in _batches(_array(x))]
        return np.concatenate([np.asarray(batch, "int32") for batch in batches])

    def tensors(self, x):
        return self._ids(x)

    def checked(self, x):
        """An array of texts."""
        return _array(x)

    def input(self):
        return keras.Input((), dtype="string", name="text")

    def hypermodel(self, rung, num_classes):
        return DartsHyperModel(
            search_spaces.text_cnn(**rung.space),
            num_classes=num_classes,
            vocabulary_size=self._known,
        )

    def derived(self, rung):
        return dict(rung.derived)

    def recipe(self):
        return {}


def _array(x):
    if isinstance(x, tf.data.Dataset):
        parts = x.map(lambda text, *_: text).as_numpy_iterator()
        x = np.concatenate([np.atleast_1d(part) for part in parts])
    x = np.asarray(x)
    if x.ndim == 2 and x.shape[1] == 1:
        x = x[:, 0]
    texts = x.ndim == 1 and all(isinstance(t, str | bytes) for t in x)
    if not texts:
        raise ValueError(
            "`x` must be texts: a list or an array of strings, or a batched "
            "tf.data.Dataset of (text, label). Received: "
            f"shape {x.shape}, dtype {x.dtype}"
        )
    # Some may be bytes, as TensorFlow gives them.
    return np.array(
        [t if isinstance(t, bytes) else str(t).encode() for t in x], object
    )


def _batches(texts):
    return tf.data.Dataset.from_tensor_slices(texts).batch(_BATCH)
