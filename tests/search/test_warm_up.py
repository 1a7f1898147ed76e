"""A warm-up trains the weights and nothing else."""

import keras
import numpy as np
import pytest
from small_searches import TINY
from small_searches import alphas
from small_searches import fitted
from small_searches import make_search

import keras_darts as kd
from keras_darts.search import steps
from keras_darts.search.bilevel_problem import BilevelProblem
from keras_darts.training import callbacks


class Recorder(keras.callbacks.Callback):
    """What has changed since the last epoch, by group."""

    def __init__(self):
        super().__init__()
        self.moved = []

    def on_train_begin(self, logs=None):
        self.before = self.values()

    def on_epoch_end(self, epoch, logs=None):
        now = self.values()
        self.moved.append(
            {
                name: any(np.any(a != b) for a, b in zip(old, new, strict=True))
                for (name, old), new in zip(
                    self.before.items(), now.values(), strict=True
                )
            }
        )
        self.before = now

    def values(self):
        search = self.model
        groups = {
            "alphas": search.arch_variables,
            "weights": search.weight_variables,
            "arch_optimizer": search.arch_optimizer.variables,
        }
        return {
            name: [v.numpy() for v in variables]
            for name, variables in groups.items()
        }


@pytest.mark.parametrize("eager", [True, False])
def test_the_architecture_is_held_until_its_epoch(eager, monkeypatch):
    counts = {"arch": 0, "weights": 0}
    arch_step, evaluate = steps.arch_step, BilevelProblem._evaluate

    def counted_step(*arguments):
        counts["arch"] += 1
        return arch_step(*arguments)

    def counted_evaluation(self, *arguments):
        *_, setting = arguments
        counts["weights"] += setting.wrt != "arch"
        return evaluate(self, *arguments)

    monkeypatch.setattr(steps, "arch_step", counted_step)
    monkeypatch.setattr(BilevelProblem, "_evaluate", counted_evaluation)
    recorder = Recorder()
    search = make_search(kd.callbacks.WeightWarmUp(2), space=TINY, eager=eager)
    history = fitted(search, epochs=4, steps=2, callbacks=[recorder])
    held = {"alphas": False, "weights": True, "arch_optimizer": False}
    moves = dict.fromkeys(held, True)
    assert recorder.moved == [held, held, moves, moves]
    assert int(search.arch_optimizer.iterations) == 4
    # Of the two epochs in which the architecture moves.
    assert len(history.history["arch_loss"]) == 2
    # In a graph, calls are traces: the step's second one takes over what the
    # first one has made of the weights' gradient.
    assert counts["arch"] == (4 if eager else 1)
    assert counts["weights"] == (8 if eager else 1)


class Moves(keras.callbacks.Callback):
    """How many steps of the architecture there were, after each step."""

    def __init__(self):
        super().__init__()
        self.counts = []

    def on_train_batch_end(self, batch, logs=None):
        self.counts.append(int(self.model.arch_optimizer.iterations))


def test_in_between_the_architecture_is_left_out_and_nothing_traced_anew(
    monkeypatch,
):
    traces, weight_step = [], steps.weight_step

    def traced_step(*arguments):
        traces.append(1)
        return weight_step(*arguments)

    monkeypatch.setattr(steps, "weight_step", traced_step)
    moves = Moves()
    search = make_search(
        kd.callbacks.WeightWarmUp(1, every=3), space=TINY, eager=False
    )
    history = fitted(search, epochs=3, steps=4, callbacks=[moves])
    # It is counted again in each epoch.
    assert moves.counts == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2]
    assert len(history.history["arch_loss"]) == 2
    # With the architecture, and without.
    assert len(traces) == 2
    assert not search.arch_frozen


def test_steps_of_both_kinds_are_timed():
    wait = kd.training.DataWaitMonitor(in_logs=True)
    search = make_search(kd.callbacks.WeightWarmUp(0, every=2), space=TINY)
    history = fitted(search, epochs=2, steps=4, callbacks=[wait])
    shares = history.history["data_wait_fraction"]
    assert len(shares) == 2
    assert all(0 < share < 1 for share in shares)


def test_in_an_epoch_too_short_the_last_step_moves_the_architecture():
    search = make_search(kd.callbacks.WeightWarmUp(0, every=3), space=TINY)
    history = fitted(search, epochs=2, steps=2)
    assert np.isfinite(history.history["arch_loss"]).all()
    assert int(search.arch_optimizer.iterations) == 2


@pytest.mark.parametrize(("epochs", "moved"), [(1, 1), (2, 1), (4, 3), (5, 3)])
def test_a_share_of_the_run_is_held(epochs, moved):
    search = make_search(kd.callbacks.WeightWarmUp(), space=TINY)
    fitted(search, epochs=epochs)
    assert int(search.arch_optimizer.iterations) == moved


def test_steps_that_keras_runs_at_once_can_not_be_told_apart():
    callback = kd.callbacks.WeightWarmUp(0, every=3)
    search = make_search(callback, space=TINY, steps_per_execution=2)
    with pytest.raises(ValueError, match="`steps_per_execution` must be 1"):
        fitted(search, epochs=1, steps=2)


def test_a_resumed_warm_up_ends_when_it_would_have(tmp_path):
    def search_for(epochs, **options):
        # A rate that does not depend on the length of the run.
        optimizer = kd.training.CoupledSGD(0.1, momentum=0.9)
        search = make_search(
            kd.callbacks.WeightWarmUp(2), space=TINY, optimizer=optimizer
        )
        fitted(search, epochs=epochs, **options)
        return search

    whole = search_for(3)
    search_for(2, output_dir=tmp_path)
    cut = search_for(3, resume_from=tmp_path)
    for search in (whole, cut):
        assert int(search.arch_optimizer.iterations) == 1
    for a, b in zip(alphas(whole), alphas(cut), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_wait_for_input_is_told_before_and_after(caplog, monkeypatch):
    caplog.set_level("INFO", "keras_darts")
    monkeypatch.setattr(callbacks, "_WORTH_A_LINE", 0.0)
    search = make_search(kd.callbacks.WeightWarmUp(1), space=TINY)
    fitted(search, epochs=2)
    records = [
        r for r in caplog.records if "waited for input" in r.getMessage()
    ]
    assert len(records) == 2


def test_after_a_run_within_the_warm_up_the_search_is_free():
    search = make_search(kd.callbacks.WeightWarmUp(5), space=TINY)
    fitted(search, epochs=1)
    assert not search.arch_frozen
    before = alphas(search)
    search = make_search(space=TINY)
    fitted(search, epochs=1)
    assert np.any(before[0] != alphas(search)[0])


def test_a_warm_up_is_not_negative():
    with pytest.raises(ValueError, match="`epochs` must not be negative"):
        kd.callbacks.WeightWarmUp(-1)
    with pytest.raises(ValueError, match="`every` must be a positive integer"):
        kd.callbacks.WeightWarmUp(1, every=0)


def test_a_run_in_which_the_architecture_never_moves_is_warned_of(caplog):
    for epochs, warned in ((2, True), (3, False)):
        caplog.clear()
        search = make_search(kd.callbacks.WeightWarmUp(2), space=TINY)
        fitted(search, epochs=epochs)
        assert ("will not move in a run of 2" in caplog.text) == warned
