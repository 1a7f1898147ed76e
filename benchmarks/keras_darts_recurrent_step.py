"""The steps of a recurrent `DartsSearch`, for `recurrent_step_time.py`.

Imports TensorFlow: what shall be set before that is set by the importer.
"""

import numpy as np
from keras_darts_step import STRATEGIES
from keras_darts_step import step_of

import keras_darts as kd


def build(settings):
    """A function that does one step, and one that counts its operations."""
    search = kd.DartsSearch(
        "darts_rnn",
        strategy=STRATEGIES[settings["kind"]],
        vocabulary_size=settings["vocabulary_size"],
        hidden_size=settings["hidden_size"],
    )
    search.compile()
    draw = np.random.default_rng(0)
    pair = tuple(batch(draw, settings) for _ in range(2))
    return step_of(search, settings["kind"], pair)


def batch(draw, settings):
    """Random words (B, T), and those that follow."""
    shape = (settings["batch_size"], settings["segment_length"] + 1)
    ids = draw.integers(settings["vocabulary_size"], size=shape, dtype="int32")
    return ids[:, :-1], ids[:, 1:]
