"""Variables of a search that follow a schedule."""

import keras
import pytest
from small_searches import TINY
from small_searches import driven
from small_searches import fitted
from small_searches import make_search

import keras_darts as kd


class Temperatures(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(float(self.model.strategy.relaxation.temperature))


def test_a_temperature_falls_over_the_epochs_of_the_run():
    schedule = kd.schedules.Linear(5.0, 1.0)
    callback = kd.callbacks.ScheduleVariable("temperature", schedule)
    strategy = kd.SearchStrategy(callbacks=[callback])
    watch = Temperatures()
    search = make_search(*strategy.callbacks, space=TINY)
    fitted(search, epochs=3, callbacks=[watch])
    assert watch.seen == [5.0, 3.0, 1.0]
    # The strategy is as it was.
    assert float(strategy.relaxation.temperature) == 1.0
    # A run that goes on at an epoch has the value of that epoch.
    seen = []

    def script(search, epoch):
        seen.append(float(search.strategy.relaxation.temperature))

    driven(callback, script, epochs=5, first=3, search=search)
    assert seen == [2.0, 1.0]


def test_all_variables_of_a_name_are_set():
    search = make_search(space=TINY)
    callback = kd.callbacks.ScheduleVariable(
        "variance", lambda epoch, epochs: 10.0 + epoch
    )
    driven(callback, lambda search, epoch: None, epochs=3, search=search)
    results = [
        v.numpy()
        for v in search.supernet.non_trainable_variables
        if v.name.endswith("moving_variance")
    ]
    assert len({values.shape for values in results}) > 1
    assert all((values == 12.0).all() for values in results)


def test_an_unknown_name_tells_which_there_are():
    callback = kd.callbacks.ScheduleVariable(
        "temprature", kd.schedules.Linear(1.0, 0.0)
    )
    search = make_search(callback, space=TINY)
    with pytest.raises(
        ValueError, match="`name` must be one of .*Did you mean temperature"
    ):
        fitted(search, epochs=1)


def test_a_schedule_is_a_function():
    with pytest.raises(TypeError, match="`schedule` must be a function"):
        kd.callbacks.ScheduleVariable("temperature", 0.5)
