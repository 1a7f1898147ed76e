"""Keras' callbacks work in a search, or are refused before its first step."""

import keras
import numpy as np
import pytest

import keras_darts as kd
from keras_darts.testing.small import small_batch
from keras_darts.testing.small import small_search

# Keras' way to NumPy arrays, which is not for users to mend.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

SPACE = kd.search_spaces.darts_cnn(
    2, 1, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
)
STEPS = 2


class Own(keras.callbacks.Callback):
    """Sets the rate once, at the start of an epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            self.model.optimizer.learning_rate = 0.5


class Cut(keras.callbacks.Callback):
    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def on_train_batch_begin(self, batch, logs=None):
        if not self.steps:
            raise InterruptedError
        self.steps -= 1


class Rates(keras.callbacks.Callback):
    """The learning rate of each step."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(float(self.model.optimizer.learning_rate))


def searched(*callbacks, optimizer=None, epochs=3, strategy="darts", **options):
    search = small_search(SPACE, strategy)
    search.compile(optimizer, run_eagerly=True)
    rates = Rates()
    history = search.fit(
        *small_batch(SPACE, count=12),
        batch_size=3,
        epochs=epochs,
        steps_per_epoch=STEPS,
        warn_on_collapse=False,
        checkpoint_minutes=0,
        verbose=0,
        callbacks=[*callbacks, rates],
        **options,
    )
    return search, rates.seen, history


def schedule():
    return keras.optimizers.SGD(
        keras.optimizers.schedules.ExponentialDecay(1.0, STEPS, 0.5, True)
    )


def plateau():
    return keras.callbacks.ReduceLROnPlateau(patience=1, min_delta=10.0)


def halved():
    return keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)


OPTIMIZERS = {
    "recipe": lambda: None,
    "schedule": schedule,
    "number": lambda: keras.optimizers.SGD(1.0),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_scheduler_sets_the_rate_of_each_epoch(optimizer):
    _, rates, history = searched(halved(), optimizer=OPTIMIZERS[optimizer]())
    np.testing.assert_allclose(rates[::STEPS], rates[1::STEPS])
    np.testing.assert_allclose(rates[::STEPS], history.history["learning_rate"])
    # What was set is what the next epoch begins with.
    np.testing.assert_allclose(rates[STEPS] / rates[0], 0.5)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_plateau_brings_the_rate_down(optimizer):
    _, rates, _ = searched(plateau(), optimizer=OPTIMIZERS[optimizer]())
    _, untouched, _ = searched(optimizer=OPTIMIZERS[optimizer]())
    # Until then the schedule holds; the second epoch is no better.
    assert rates[: 2 * STEPS] == untouched[: 2 * STEPS]
    np.testing.assert_allclose(rates[-1], 0.1 * untouched[2 * STEPS - 1])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_rate_that_is_set_stays(optimizer):
    _, rates, _ = searched(Own(), optimizer=OPTIMIZERS[optimizer]())
    assert rates[STEPS:] == [0.5] * 2 * STEPS
    assert rates[0] != 0.5


def test_the_steps_are_made_at_the_rate_that_was_set():
    none = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.0)
    search, _, _ = searched(none)
    first = small_search(SPACE)
    for a, b in zip(
        search.weight_variables, first.weight_variables, strict=True
    ):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize("steps", [STEPS + 1, 2 * STEPS, 2 * STEPS + 1])
def test_a_rate_that_was_set_is_resumed(steps, tmp_path):
    whole, rates, _ = searched(Own())
    with pytest.raises(InterruptedError):
        searched(Own(), Cut(steps), output_dir=tmp_path)
    resumed, rest, _ = searched(Own(), output_dir=tmp_path)
    assert rest == rates[steps:]
    for a, b in zip(whole.variables, resumed.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_a_rate_that_was_set_goes_into_a_stage_that_is_not_fresh():
    stage = kd.strategies.Stage
    strategy = kd.SearchStrategy(
        stages=[stage(1), stage(1, reinitialize=False)]
    )
    once = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: set_once(once)
    )
    _, rates, _ = searched(once, strategy=strategy, epochs=2)
    assert rates == [0.25] * len(rates)


def set_once(callback):
    if callback.model.stage == 0:
        callback.model.optimizer.learning_rate = 0.25


KERAS = keras.callbacks
REFUSED = {
    "monitor='val_acc'": lambda: KERAS.EarlyStopping("val_acc"),
    "monitor='val_auc'": lambda: KERAS.ReduceLROnPlateau("val_auc"),
    "monitor='val_mae'": lambda: KERAS.ModelCheckpoint(
        "a.keras", "val_mae", save_best_only=True
    ),
    "mode='min' or mode='max'": lambda: KERAS.EarlyStopping("alpha_entropy"),
    "'val_f1' in filepath=": lambda: KERAS.ModelCheckpoint("{val_f1}.keras"),
    "BackupAndRestore": lambda: KERAS.BackupAndRestore("backup"),
    "make one, as in EarlyStopping()": lambda: KERAS.EarlyStopping,
    "must hold objects of keras.callbacks.Callback": lambda: "tensorboard",
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_can_not_work_is_refused_before_the_first_step(reason, tmp_path):
    begun = Cut(0)
    with pytest.raises(ValueError, match="`callbacks` must") as caught:
        searched(REFUSED[reason](), begun, output_dir=tmp_path / "run")
    assert reason in str(caught.value)
    assert not [*tmp_path.iterdir()]


def test_the_logs_that_there_are_are_named():
    with pytest.raises(ValueError, match="monitor") as caught:
        searched(KERAS.EarlyStopping("val_acc"))
    for name in ("accuracy", "val_accuracy", "arch_loss", "alpha_entropy"):
        assert name in str(caught.value)


@pytest.mark.parametrize(
    "monitor", ["val_accuracy", "loss", "alpha_entropy", "num_skip_connects"]
)
def test_every_log_can_be_waited_for(monitor):
    stop = KERAS.EarlyStopping(monitor, mode="min", patience=5)
    _, _, history = searched(stop, epochs=1)
    assert monitor in history.history


def test_callbacks_of_users_may_add_logs(caplog):
    class Adds(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["mine"] = float(epoch)

    stop = KERAS.EarlyStopping("mine", mode="min", patience=0)
    _, _, history = searched(Adds(), stop)
    assert history.history["mine"] == [0.0, 1.0]
    assert "monitor='mine', which no epoch logs" in caplog.text


def test_a_single_callback_is_taken_as_keras_takes_it():
    search = small_search(SPACE)
    search.compile(run_eagerly=True)
    rates = Rates()
    search.fit(
        *small_batch(SPACE, count=12),
        batch_size=3,
        epochs=1,
        steps_per_epoch=1,
        verbose=0,
        callbacks=rates,
    )
    assert len(rates.seen) == 1
