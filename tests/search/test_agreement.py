"""When workers ask each other, and what they know afterwards; here of one."""

import signal
import types

import keras
import numpy as np
import pytest

from keras_darts.distributed import multi_worker


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until it is moved."""
    clock = types.SimpleNamespace(seconds=0.0)
    clock.monotonic = lambda: clock.seconds
    monkeypatch.setattr(multi_worker, "time", clock)
    return clock


def saved_and_asked(minutes, steps, seconds, clock, requests):
    """Of one epoch; its first step is before all."""
    coordinator = multi_worker.WorkerCoordinator(keras.Model(), minutes)
    asked, saved = [], []
    for step in range(steps):
        if coordinator.asks(step):
            asked.append(step)
        if coordinator.before_step(step, requests):
            saved.append(step)
        clock.seconds += seconds
    return saved, asked


def test_they_ask_about_once_a_second_and_save_when_it_is_time(clock):
    nothing = types.SimpleNamespace(received=None)
    saved, asked = saved_and_asked(10, 200, 0.05, clock, nothing)
    assert asked[:6] == [0, 1, 3, 7, 15, 31] and not saved
    assert {b - a for a, b in zip(asked[6:], asked[7:], strict=False)} <= {
        *range(18, 22)
    }
    saved, _ = saved_and_asked(0.05, 200, 0.05, clock, nothing)
    # Sixty steps are three seconds, and a question comes up to one later.
    assert all(60 <= count <= 80 for count in np.diff([0, *saved]))
    assert len(saved) == 2
    saved, asked = saved_and_asked(0, 5, 0.05, clock, nothing)
    assert (saved, asked) == ([1, 2, 3, 4], [0, 1, 2, 3, 4])


def test_a_signal_counts_from_the_next_question_on(clock):
    requests = types.SimpleNamespace(received=None)
    coordinator = multi_worker.WorkerCoordinator(keras.Model(), 10)
    for step in range(4):
        coordinator.before_step(step, requests)
    assert coordinator.asks(7) and not coordinator.asks(6)
    requests.received = signal.SIGTERM
    coordinator.before_step(6, requests)
    assert coordinator.received is None
    coordinator.before_step(7, requests)
    assert coordinator.received is signal.SIGTERM


def test_arrays_keep_their_shapes_and_kinds():
    coordinator = multi_worker.WorkerCoordinator(keras.Model(), 10)
    arrays = [np.ones((2, 3), "float32"), np.array(7), np.zeros((0, 4), "f2")]
    for before, after in zip(arrays, coordinator.of_all(arrays), strict=True):
        assert before.dtype == after.dtype
        np.testing.assert_array_equal(before, after)
