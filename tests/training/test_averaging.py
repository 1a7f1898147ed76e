"""When averaging starts, what is kept, and the way back from divergence."""

import logging
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts import networks
from keras_darts.training import AveragedSGD
from keras_darts.training import NonMonotonicTrigger

STEPS = 4
INPUTS = np.eye(3, dtype="float32")
TARGETS = np.array([[1.0], [-2.0], [3.0]], "float32")


@pytest.fixture
def model():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(AveragedSGD(0.25), "mse", run_eagerly=True)
    return model


def weights(model):
    return np.concatenate([w.numpy().ravel() for w in model.weights])


def averages(model):
    return np.concatenate([a.numpy().ravel() for a in model.optimizer.averages])


class Record(keras.callbacks.Callback):
    """The weights after each batch, each epoch, and while validating."""

    def __init__(self):
        super().__init__()
        self.batches, self.epochs, self.validated = [], [], []

    def on_train_batch_end(self, batch, logs=None):
        self.batches.append(weights(self.model))

    def on_test_batch_begin(self, batch, logs=None):
        self.validated.append(weights(self.model))

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(weights(self.model))


class Faster(keras.callbacks.Callback):
    """A rate that makes everything worse, from some epoch on."""

    def __init__(self, first):
        super().__init__()
        self.first = first

    def on_epoch_begin(self, epoch, logs=None):
        if epoch >= self.first:
            self.model.optimizer.learning_rate = 3.0


def check(callback, *losses):
    """What the callback does at epochs with these validation losses."""
    for loss in losses:
        callback.on_epoch_begin(0)
        callback.on_train_batch_end(0, {"loss": 1.0})
        callback.on_epoch_end(0, {"val_loss": loss})


def begun(model, **options):
    callback = NonMonotonicTrigger(**options)
    callback.set_model(model)
    callback.on_train_begin()
    return callback


def fit(model, *callbacks, epochs=4, poisoned=()):
    """Trains on the same batch, poisoned at some steps."""
    targets = np.stack([TARGETS] * epochs * STEPS)
    targets[list(poisoned)] = np.nan
    inputs = np.stack([INPUTS] * epochs * STEPS)
    batches = tf.data.Dataset.from_tensor_slices((inputs, targets))
    return model.fit(
        batches,
        epochs=epochs,
        steps_per_epoch=STEPS,
        validation_data=(INPUTS, TARGETS),
        callbacks=callbacks,
        verbose=0,
        shuffle=False,
    )


@pytest.mark.parametrize(
    "losses, averaging",
    [
        # The sixth check has five earlier ones, and not more.
        ([1, 2, 3, 4, 5, 6], False),
        ([5, 4, 4, 4, 4, 4, 4], False),
        # Worse than the last five, but better than the one before them.
        ([6, 1, 1, 1, 1, 1, 5], False),
        # As good as the best is not worse.
        ([5, 6, 6, 6, 6, 6, 5], False),
        ([5, 6, 6, 6, 6, 6, 5.1], True),
        # The best of all but the last five is the second one.
        ([7, 3, 6, 6, 6, 6, 6, 4], True),
    ],
)
def test_averaging_starts_when_validation_stalls(model, losses, averaging):
    callback = begun(model)
    check(callback, *losses[:-1])
    assert not model.optimizer.averaging
    check(callback, losses[-1])
    assert model.optimizer.averaging is averaging


def test_the_weights_of_the_best_check_come_back_at_the_end(model):
    record = Record()
    fit(model, NonMonotonicTrigger(), record, Faster(2))
    np.testing.assert_array_equal(weights(model), record.epochs[1])
    assert np.any(weights(model) != record.epochs[-1])


def test_averages_are_validated_and_come_back_at_the_end(model):
    model.optimizer.start_averaging()
    record = Record()
    # On a loss that falls, the last check of the averages is the best.
    history = fit(model, NonMonotonicTrigger(), record)
    np.testing.assert_allclose(
        weights(model), np.mean(record.batches, axis=0), rtol=1e-5
    )
    np.testing.assert_array_equal(record.validated[-1], weights(model))
    # Training itself went on with the weights.
    np.testing.assert_array_equal(record.epochs[0], record.batches[STEPS - 1])
    assert history.history["averaging"] == [1] * 4


def test_the_history_tells_when_the_averages_were_validated(model):
    callback = NonMonotonicTrigger(patience=1)
    history = fit(model, Faster(0), callback, epochs=5)
    assert history.history["averaging"] == [0, 0, 0, 1, 1]


def test_a_poisoned_batch_leads_back_to_the_best_check(model, caplog):
    # In a graph, as trainings are.
    model.run_eagerly = False
    record = Record()
    bad = 2 * STEPS + 1
    with caplog.at_level(logging.WARNING, "keras_darts"):
        history = fit(model, NonMonotonicTrigger(), record, poisoned=[bad])
    np.testing.assert_array_equal(record.batches[bad], record.epochs[1])
    assert np.any(record.batches[bad - 1] != record.epochs[1])
    assert np.all(np.isfinite(record.batches))
    assert np.any(record.batches[bad + 1] != record.batches[bad])
    assert np.all(np.isfinite(history.history["loss"]))
    assert history.history["val_loss"][-1] < history.history["val_loss"][1]
    assert "Back to the best state, since the loss of a" in caplog.text


def test_the_optimizer_goes_back_too(model):
    class Switch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                self.model.optimizer.start_averaging()

    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations == 2 * STEPS:
                seen.append(self.model.optimizer.averaging)

    seen = []
    fit(
        model,
        NonMonotonicTrigger(),
        Switch(),
        Look(),
        epochs=3,
        poisoned=[2 * STEPS + 1],
    )
    # Once at the end of the second epoch, once after the way back.
    assert seen == [False, False]


def test_one_step_with_a_huge_rate_leads_back_to_the_best_check(model):
    class Explode(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if self.model.optimizer.iterations == 2 * STEPS + 1:
                self.model.optimizer.learning_rate = 1e30

    record = Record()
    history = fit(model, NonMonotonicTrigger(), record, Explode(), epochs=3)
    bad = 2 * STEPS + 2
    assert np.max(np.abs(record.batches[bad - 1])) > 1e20
    np.testing.assert_array_equal(record.batches[bad], record.epochs[1])
    assert float(model.optimizer.learning_rate) == 0.25
    assert np.isfinite(history.history["val_loss"][-1])


def test_a_batch_before_the_first_check_leads_back_to_the_start(model):
    start, record = weights(model), Record()
    fit(model, NonMonotonicTrigger(), record, poisoned=[1])
    np.testing.assert_array_equal(record.batches[1], start)
    assert np.all(np.isfinite(record.batches))


def test_a_check_that_is_not_finite_leads_back_too(model):
    callback = begun(model)
    check(callback, 2.0)
    best = weights(model)
    model.set_weights([w * np.nan for w in model.get_weights()])
    check(callback, math.nan)
    np.testing.assert_array_equal(weights(model), best)
    assert callback.best == 2.0


def test_an_epoch_that_ends_with_the_way_back_has_no_loss(model):
    history = fit(model, NonMonotonicTrigger(), poisoned=[2 * STEPS - 1])
    losses = history.history["loss"]
    assert [math.isnan(loss) for loss in losses] == [False, True, False, False]
    assert np.all(np.isfinite(history.history["val_loss"]))


def test_training_stops_when_it_always_diverges(model, caplog):
    start = weights(model)
    callback = NonMonotonicTrigger(max_rollbacks=3)
    history = fit(model, callback, poisoned=range(4 * STEPS))
    assert len(history.history["val_loss"]) == 1
    assert "diverged 3 times from the same state" in caplog.text
    np.testing.assert_array_equal(weights(model), start)


def test_a_new_best_allows_as_many_ways_back_again(model):
    poisoned = [STEPS * epoch for epoch in range(4)]
    callback = NonMonotonicTrigger(max_rollbacks=2)
    history = fit(model, callback, poisoned=poisoned)
    assert len(history.history["val_loss"]) == 4


def test_carried_states_are_zero_after_the_way_back():
    model = networks.RecurrentLanguageModel("rnn_darts_v2", 20, hidden_size=8)
    model.compile(AveragedSGD(0.25))
    state = model._carried[True]
    state.assign(np.ones((2, 8), "float32"))
    callback = begun(model)
    callback.on_epoch_begin(0)
    callback.on_train_batch_end(0, {"loss": 1.0})
    assert np.all(state.read(2) == 1)
    callback.on_train_batch_end(1, {"loss": math.inf})
    assert np.all(state.read(2) == 0)


def test_the_best_can_be_had_after_an_interruption(model):
    class Interrupt(keras.callbacks.Callback):
        def on_test_begin(self, logs=None):
            if len(record.epochs) == 2:
                raise KeyboardInterrupt

    model.optimizer.start_averaging()
    callback, record = NonMonotonicTrigger(), Record()
    with pytest.raises(KeyboardInterrupt):
        fit(model, callback, record, Interrupt())
    callback.restore_best()
    np.testing.assert_allclose(
        weights(model), np.mean(record.batches[: 2 * STEPS], axis=0), rtol=1e-5
    )


def test_an_optimizer_that_scales_the_loss_goes_back_too(model):
    inner = AveragedSGD(0.25)
    model.compile(keras.optimizers.LossScaleOptimizer(inner), "mse")
    callback = begun(model)
    inner.start_averaging()
    callback.on_epoch_begin(0)
    callback.on_train_batch_end(0, {"loss": math.inf})
    assert not inner.averaging


def test_another_optimizer_is_refused(model):
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match="needs a model compiled with Averaged"):
        begun(model)


def test_a_model_without_weights_is_refused():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(AveragedSGD(0.25), "mse")
    with pytest.raises(ValueError, match="needs a model that is built"):
        begun(model)


@pytest.mark.parametrize("name", ["patience", "max_rollbacks"])
def test_numbers_of_checks_are_positive(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1"):
        NonMonotonicTrigger(**{name: 0})
