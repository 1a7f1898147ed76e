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
from keras_darts.search.problem import SearchProblem

# Graphviz is not needed, and says so where it is missing.
pytestmark = pytest.mark.filterwarnings("ignore:Graphviz")


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
    arch_step, evaluate = steps.arch_step, SearchProblem._evaluate

    def counted_step(*arguments):
        counts["arch"] += 1
        return arch_step(*arguments)

    def counted_evaluation(self, *arguments):
        counts["weights"] += arguments[-1].wrt != "arch"
        return evaluate(self, *arguments)

    monkeypatch.setattr(steps, "arch_step", counted_step)
    monkeypatch.setattr(SearchProblem, "_evaluate", counted_evaluation)
    recorder = Recorder()
    search = make_search(kd.callbacks.ArchWarmUp(2), space=TINY, eager=eager)
    history = fitted(search, epochs=4, steps=2, callbacks=[recorder])
    held = {"alphas": False, "weights": True, "arch_optimizer": False}
    moves = dict.fromkeys(held, True)
    assert recorder.moved == [held, held, moves, moves]
    assert int(search.arch_optimizer.iterations) == 4
    losses = history.history["arch_loss"]
    assert np.isnan(losses).tolist() == [True, True, False, False]
    # In a graph, calls are traces: the step's second one takes over what the
    # first one has made of the weights' gradient.
    assert counts["arch"] == (4 if eager else 1)
    assert counts["weights"] == (8 if eager else 1)


def test_a_resumed_warm_up_ends_when_it_would_have(tmp_path):
    def search_for(epochs, **options):
        # A rate that does not depend on the length of the run.
        optimizer = kd.training.CoupledSGD(0.1, momentum=0.9)
        search = make_search(
            kd.callbacks.ArchWarmUp(2), space=TINY, optimizer=optimizer
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


def test_the_wait_for_input_is_told_before_and_after(caplog):
    caplog.set_level("INFO", "keras_darts")
    search = make_search(kd.callbacks.ArchWarmUp(1), space=TINY)
    fitted(search, epochs=2)
    told = [r for r in caplog.records if "waited for input" in r.getMessage()]
    assert len(told) == 2


def test_after_a_run_within_the_warm_up_the_search_is_free():
    search = make_search(kd.callbacks.ArchWarmUp(5), space=TINY)
    fitted(search, epochs=1)
    assert not search.arch_frozen
    before = alphas(search)
    search = make_search(space=TINY)
    fitted(search, epochs=1)
    assert np.any(before[0] != alphas(search)[0])


def test_a_warm_up_is_not_negative():
    with pytest.raises(ValueError, match="`epochs` must not be negative"):
        kd.callbacks.ArchWarmUp(-1)
