"""Searches, batches and networks to test with, for each modality."""

import numpy as np

from keras_darts.search import DartsSearch
from keras_darts.testing.layers import images

_SIDE = 8
_WORDS = 20
_CLASSES = 3
_SIZES = {
    "image": {"num_classes": _CLASSES, "input_shape": (_SIDE, _SIDE, 1)},
    "text": {
        "num_classes": _CLASSES,
        "input_shape": (_SIDE,),
        "vocabulary_size": _WORDS,
    },
    "language": {"vocabulary_size": _WORDS},
}


def small_search(space, strategy="darts", dtype=None):
    """A search for images of 8 x 8 pixels, or for 8 words of 20."""
    return DartsSearch(space, strategy, dtype=dtype, **_SIZES[space.modality])


def small_batch(space, count=2, seed=0):
    """Inputs and targets for it; the last sentence of a batch is padded."""
    labels = np.arange(count) % _CLASSES
    if space.modality == "image":
        return images((_SIDE, _SIDE, 1), count, seed), labels
    words = np.random.default_rng(seed).integers(1, _WORDS, (count, _SIDE + 1))
    if space.modality == "language":
        return words[:, :-1], words[:, 1:]
    words = words[:, :-1]
    words[-1, -3:] = 0
    return words, labels


def small_data(space):
    """The first arguments of `fit`."""
    x, y = small_batch(space, count=24)
    return (x.ravel(),) if space.modality == "language" else (x, y)


def small_network(space, genotype):
    """A network that trains from scratch, for the same batches."""
    sizes = {
        "cells": {"num_cells": 3},
        "stages": {"num_cells": 1},
        "language": {},
    }[space.skeleton]
    for name in ("filters", "embedding_size", "hidden_size"):
        if getattr(space, name, None) is not None:
            sizes[name] = getattr(space, name)
    return small_search(space).modality.derived_network(genotype, **sizes)
