"""Edges that are switched off for some samples: how often, and in searches."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.supernet import DroppedEdge
from keras_darts.supernet import MixedOp
from keras_darts.testing.small import small_data
from keras_darts.testing.small import small_search

CANDIDATES = ("none", "skip_connect", "max_pool_3x3", "sep_conv_3x3")
TEXT = ("none", "skip_connect", "max_pool_1d_3")


class Rates(keras.callbacks.Callback):
    """What each step of a search has for its rates and its random states."""

    def __init__(self):
        super().__init__()
        self.rates, self.states = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.rates.append(self._stacks("drop_path_rate"))
        self.states.append(self._stacks("seed_generator_state"))

    def _stacks(self, name):
        return [
            v.numpy()
            for cell in self.model.supernet.cells
            for v in cell.non_trainable_variables
            if v.name.endswith(name)
        ]


def test_a_sample_goes_without_the_whole_edge_or_has_more_of_it():
    base = MixedOp(("skip_connect", "max_pool_3x3"), 2)
    edge = DroppedEdge(base, rate=0.6, seed=0)
    x = np.random.default_rng(0).normal(size=(500, 4, 4, 2)).astype("float32")
    weights = np.array([0.3, 0.7], "float32")
    outputs = edge(x, weights, training=True).numpy()
    whole = base(x, weights, training=True).numpy()
    kept = np.any(outputs, axis=(1, 2, 3))
    # Four standard deviations of a mean of five hundred draws.
    assert kept.mean() == pytest.approx(0.4, abs=4 * (0.24 / 500) ** 0.5)
    np.testing.assert_allclose(outputs[kept], whole[kept] / 0.4, rtol=1e-5)
    np.testing.assert_array_equal(
        edge(x, weights, training=False), base(x, weights, training=False)
    )


def test_no_gradient_comes_from_a_sample_that_is_dropped():
    edge = DroppedEdge(MixedOp(("skip_connect",), 2), rate=0.5, seed=0)
    x, weights = tf.ones((16, 2, 2, 2)), tf.ones(1)
    with tf.GradientTape() as tape:
        tape.watch([x, weights])
        outputs = edge(x, weights, training=True)
    of_inputs, of_weights = tape.gradient(outputs, [x, weights])
    np.testing.assert_array_equal(of_inputs, outputs)
    np.testing.assert_allclose(of_weights, [np.sum(outputs)])


def test_the_edges_of_a_graph_draw_for_themselves_at_a_rate_that_rises():
    """With partial channels, a way round, and one candidate that runs."""
    rising = kd.schedules.Linear(0.0, 0.5)
    strategy = kd.SearchStrategy(
        relaxation=kd.relaxations.GumbelSoftmax(hard=True, seed=0),
        connection=kd.connections.DropPath(
            kd.connections.AuxiliarySkip("partial")
        ),
        callbacks=[kd.callbacks.ScheduleVariable("drop_path_rate", rising)],
    )
    space = kd.search_spaces.darts_cnn(4, 1, num_nodes=1, primitives=CANDIDATES)
    search, rates = small_search(space, strategy), Rates()
    history = search.fit(
        *small_data(space), batch_size=4, epochs=3, verbose=0, callbacks=[rates]
    )
    assert np.isfinite(history.history["loss"]).all()
    steps = len(rates.rates) // 3
    for epoch, rate in enumerate((0.0, 0.25, 0.5)):
        for result in rates.rates[epoch * steps]:
            np.testing.assert_array_equal(result, [rate, rate])
    first, second = rates.states[:2]
    for state in first:
        assert np.any(state[0] != state[1]), "two edges draw alike"
    # That of drop path, of the one cell; the first channels aren't drawn.
    moved = [np.any(b != a) for b, a in zip(first, second, strict=True)]
    assert sum(moved) == 1, "a step draws what the last one did"


def test_a_rate_changes_what_texts_become_in_training_alone():
    space = kd.search_spaces.text_cnn(
        4, 3, num_nodes=1, primitives=TEXT, embedding_size=6, dropout=0.0
    )
    strategy = kd.SearchStrategy(connection="drop_path")
    supernet = small_search(space, strategy).supernet
    words, _ = small_data(space)
    before = (
        supernet(words),
        supernet.stateless_call(*values(supernet), words, training=True)[0],
    )
    for variable in supernet.non_trainable_variables:
        if variable.name == "drop_path_rate":
            variable.assign(keras.ops.full(variable.shape, 0.5))
    np.testing.assert_array_equal(supernet(words), before[0])
    dropped = supernet(words, training=True)
    assert np.abs(dropped - before[1]).max() > 1e-3


def values(layer):
    groups = (layer.trainable_variables, layer.non_trainable_variables)
    return [[v.value for v in variables] for variables in groups]
