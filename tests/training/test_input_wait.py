"""The share of a step's time that waits for input, in any `fit`."""

import logging
import time

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts.training import DataWaitMonitor
from keras_darts.training import callbacks

STEPS = 4


def data(seconds=0.0, lengths=(3,) * STEPS):
    """Batches that take some time to be made."""

    def batches():
        for length in lengths:
            time.sleep(seconds)
            yield np.ones((2, length, 1)), np.ones((2, 1))

    signature = (
        tf.TensorSpec((2, None, 1), "float32"),
        tf.TensorSpec((2, 1), "float32"),
    )
    return tf.data.Dataset.from_generator(
        batches, output_signature=signature
    ).repeat()


def model(**options):
    inputs = keras.Input((None, 1))
    pooled = keras.layers.GlobalAveragePooling1D()(inputs)
    outputs = keras.layers.Dense(1, kernel_initializer="ones")(pooled)
    made = keras.Model(inputs, outputs)
    made.compile(keras.optimizers.SGD(0.1), "mse", **options)
    return made


def fitted(made, batches, wait=None, epochs=2):
    wait = wait or DataWaitMonitor()
    history = made.fit(
        batches,
        epochs=epochs,
        steps_per_epoch=STEPS,
        shuffle=False,
        callbacks=[wait],
        verbose=0,
    )
    return wait, history.history


@pytest.mark.parametrize("eager", [True, False])
def test_slow_input_shows_in_the_share(eager):
    slow, _ = fitted(model(run_eagerly=eager), data(seconds=0.2))
    # Nothing else is done than to take a batch from memory.
    memory = data().take(STEPS).cache().repeat()
    fast, _ = fitted(model(run_eagerly=eager), memory)
    assert 0 <= fast.share < slow.share < 1
    assert slow.share > 0.5
    assert slow.seconds > 2 * 0.2


@pytest.mark.parametrize("jit_compile", [True, False])
def test_what_is_learned_is_the_same_bit_for_bit(jit_compile):
    measured, plain = (model(jit_compile=jit_compile) for _ in range(2))
    _, history = fitted(measured, data())
    unmeasured = plain.fit(
        data(), epochs=2, steps_per_epoch=STEPS, shuffle=False, verbose=0
    )
    assert history == unmeasured.history
    for one, other in zip(measured.variables, plain.variables, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("measured", [True, False])
def test_traces_are_those_without_it_for_lengths_of_all_kinds(measured):
    traces = []

    class Traced(keras.Model):
        def train_step(self, data):
            traces.append(data[0].shape)
            return super().train_step(data)

    inner = model()
    made = Traced(inner.inputs, inner.outputs)
    made.compile(loss="mse")
    for _ in range(2):
        made.fit(
            data(lengths=(3, 4, 5, 6)),
            steps_per_epoch=STEPS,
            shuffle=False,
            callbacks=[DataWaitMonitor()] if measured else [],
            verbose=0,
        )
    # The first one makes the variables, as TensorFlow wants it.
    assert [tuple(shape) for shape in traces] == [(2, None, 1)] * 2


def test_the_share_is_a_log_only_if_asked_for(caplog, monkeypatch):
    caplog.set_level(logging.INFO, logger="keras_darts")
    monkeypatch.setattr(callbacks, "_WORTH_A_LINE", 0.0)
    _, history = fitted(model(), data())
    assert set(history) == {"loss"}
    wait, history = fitted(model(), data(), DataWaitMonitor(in_logs=True))
    assert history["data_wait_fraction"][-1] == wait.share
    assert len(history["data_wait_fraction"]) == 2
    assert sum("waited for input" in line for line in caplog.messages) == 4


def test_many_steps_in_one_execution_are_left_alone():
    made = model(steps_per_execution=2)
    wait, history = fitted(made, data())
    assert wait.share is None
    assert np.isfinite(history["loss"]).all()


def test_input_that_ends_early_ends_the_epoch():
    made = model()
    with pytest.warns(UserWarning, match="ran out of data"):
        wait, _ = fitted(made, data().take(2), epochs=1)
    assert 0 < wait.share < 1
    assert made.optimizer.iterations == 2
