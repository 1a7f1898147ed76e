"""Times as users write them, and what ends a training in time."""

import dataclasses
import math
import time

import keras
import numpy as np
import pytest

import keras_darts as kd
from keras_darts.auto import sizes
from keras_darts.auto.fit_pipeline import Record
from keras_darts.auto.fit_pipeline import StepClock
from keras_darts.auto.image import PRESETS
from keras_darts.auto.step_times import Budget
from keras_darts.auto.step_times import Deadline
from keras_darts.auto.step_times import seconds_of

SUMMARY = sizes.DataSummary(
    examples=1600,
    final_examples=2000,
    work=1.0,
    batch_size=32,
    max_trials=4,
    most_epochs=120,
)
TIMES = [20.0, 60.0, 300.0, 900.0, 3600.0, 36_000.0, math.inf]


class Clock(Budget):
    """A budget whose time goes on by a second a look."""

    def __init__(self, seconds):
        super().__init__(seconds)
        self.looks = 0

    def spent(self):
        self.looks += 1
        return float(self.looks)


def plans(summary=SUMMARY, times=TIMES):
    for seconds in times:
        preset = sizes.first_preset(PRESETS, summary, seconds)
        times = sizes.estimate_step_times(PRESETS[preset], summary)
        yield times, sizes.planned(preset, times, summary, seconds)


@pytest.mark.parametrize(
    "text, seconds",
    [("2h", 7200), ("30m", 1800), (" 1H 30m", 5400), ("1.5m", 90), (7, 7)],
)
def test_times_are_read_as_people_write_them(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "wrong", ["soon", "", "30", "5d", "m5", 0, -3, "0s", True, math.nan, [5]]
)
def test_what_is_no_time_is_refused(wrong):
    with pytest.raises(ValueError, match="`time_budget` must be a time"):
        kd.ImageClassifier(time_budget=wrong)


@pytest.mark.parametrize("until, epochs", [(500, 3), (14, 2), (3, 1)])
def test_a_deadline_ends_a_training_in_time(until, epochs):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    x = np.ones((4, 1))
    done = model.fit(
        x,
        x,
        batch_size=1,
        epochs=3,
        verbose=0,
        callbacks=[Deadline(Clock(1000.0), until)],
    )
    assert len(done.epoch) == epochs


@pytest.mark.parametrize(
    "until, message",
    [
        (14, "time is up: the search stops after 2 of 3 epochs"),
        (3, "time is up: the search stops in epoch 1 of 3 epochs"),
        (500, None),
    ],
)
def test_a_deadline_says_what_it_cuts_when_it_does(until, message, caplog):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    x = np.ones((4, 1))
    with caplog.at_level("INFO", "keras_darts"):
        model.fit(
            x,
            x,
            batch_size=1,
            epochs=3,
            verbose=0,
            callbacks=[Deadline(Clock(1000.0), until, "search")],
        )
    assert caplog.messages == ([] if message is None else [message])


def test_more_time_means_larger_sizes_and_never_smaller_ones():
    results = [plan for _, plan in plans()]
    presets = [plan.preset for plan in results]
    assert presets == sorted(presets) and presets[0] < presets[-1]
    times = sizes.estimate_step_times(PRESETS[1], SUMMARY)
    at_one = [sizes.planned(1, times, SUMMARY, seconds) for seconds in TIMES]
    for name in ("trials", "final_epochs", "trials_seconds", "trial_examples"):
        values = [getattr(plan, name) for plan in at_one]
        assert values == sorted(values)
    work = [p.trials * p.search_epochs * p.trial_examples for p in at_one]
    assert work == sorted(work) and work[0] < work[-1]


def test_more_data_mean_no_smaller_rung_and_no_larger_batch_than_fits():
    presets = []
    for count in (100, 1_000, 10_000, 100_000):
        summary = dataclasses.replace(
            SUMMARY, examples=count, final_examples=count
        )
        presets.append(sizes.first_preset(PRESETS, summary, math.inf))
        assert sizes.batch_size_for(count) <= count / 8
    assert presets == sorted(presets) and presets[0] < presets[-1]


@pytest.mark.parametrize("examples", [60, 1600, 200_000])
def test_what_is_planned_takes_no_longer_than_there_is_time(examples):
    summary = dataclasses.replace(
        SUMMARY, examples=examples, final_examples=examples
    )
    # Below that, the smallest there is takes longer.
    for seconds, (times, plan) in zip(
        TIMES[2:], plans(summary, TIMES[2:]), strict=True
    ):
        trials = plan.trials * plan.trial_seconds
        last = sizes.train_seconds(
            times,
            dataclasses.replace(summary, examples=plan.final_examples),
            plan.final_examples,
            plan.final_epochs,
        )
        assert trials + last <= seconds * 1.001
        assert plan.search_epochs > 0 and plan.final_epochs > 0


def test_slow_machines_have_smaller_sizes():
    times = sizes.estimate_step_times(PRESETS[2], SUMMARY)
    slow = sizes.planned(2, times.scaled(3.0, 3.0), SUMMARY, 1800.0)
    quick = sizes.planned(2, times, SUMMARY, 1800.0)
    assert slow.final_epochs < quick.final_epochs
    presets = [
        sizes.first_preset(PRESETS, SUMMARY, 900.0, (slower, slower))
        for slower in (0.1, 1.0, 10.0)
    ]
    assert presets == sorted(presets, reverse=True) and presets[0] > presets[-1]


def test_a_record_goes_on_only_with_the_same_settings(tmp_path):
    Record(tmp_path, {"classes": [1, 2], "seed": 0}).note(seconds=3.0)
    again = Record(tmp_path, {"classes": [1, 2], "seed": 0})
    assert again.get("seconds") == 3.0
    with pytest.raises(
        ValueError, match=r"`seed` must be as .*seed=1, before 0"
    ):
        Record(tmp_path, {"classes": [1, 2], "seed": 1})


def test_the_steps_of_later_epochs_tell_the_pace():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    x, clock = np.ones((4, 1)), StepClock()
    slow = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: time.sleep(0.02)
    )
    assert clock.step(default=7.0) == 7.0
    options = {"batch_size": 1, "verbose": 0, "callbacks": [slow, clock]}
    model.fit(x, x, epochs=1, **options)
    assert clock.step(default=7.0) == 7.0
    model.fit(x, x, epochs=3, **options)
    assert 0.02 <= clock.step(default=7.0) < 1.0
