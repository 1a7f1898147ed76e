"""The steps of a recurrent `DartsSearch`, for `step_time.py`.

Imports TensorFlow: what shall be set before that is set by the importer.
"""

import numpy as np
from keras_darts_step import STRATEGIES
from keras_darts_step import step_of
from work import flop
from work import recurrent_macs

import keras_darts as kd


def build(settings):
    """A function that does one step, and one that tells what it consists of."""
    step_type = settings["step_type"]
    words, units = settings["vocabulary_size"], settings["hidden_size"]
    search = kd.DartsSearch(
        kd.search_spaces.darts_rnn(settings["num_nodes"]),
        strategy=STRATEGIES[step_type],
        vocabulary_size=words,
        hidden_size=units,
    )
    search.compile()
    draw = np.random.default_rng(0)
    pair = tuple(batch(draw, settings) for _ in range(2))
    step, count_operations = step_of(search, step_type, pair)

    def facts():
        products = 2 + len(search.search_space.cell.edges)
        tokens = settings["batch_size"] * settings["segment_length"]
        macs = tokens * recurrent_macs(products, units, words)
        return {"operations": count_operations(), "flop": flop(step_type, macs)}

    return step, facts


def batch(draw, settings):
    """Random words (B, T), and those that follow."""
    shape = (settings["batch_size"], settings["segment_length"] + 1)
    ids = draw.integers(settings["vocabulary_size"], size=shape, dtype="int32")
    return ids[:, :-1], ids[:, 1:]
