"""A tuning of seconds, for the tests of this folder and as a process."""

import contextlib
import os
import signal
import sys
from unittest import mock

import numpy as np
from less_work import without_graphs
from less_work import without_pictures

import keras_darts as kd
from keras_darts.tuner import results_page

if __name__ == "__main__":
    # As in the process of the tests.
    kd.configure_cpu()

SPACE = kd.search_spaces.darts_cnn(
    2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
)
X = np.random.default_rng(0).random((40, 8, 8, 1)).astype("float32")
Y = np.arange(40) % 2
# All that a trial of these settings takes is below two seconds.
FIT = {"batch_size": 16, "epochs": 1, "augmentation": None, "verbose": 0}


@contextlib.contextmanager
def quick():
    """No graph is traced, and no curve is drawn."""
    with (
        without_graphs(),
        without_pictures(),
        mock.patch.object(results_page, "curves_pictures", lambda *args: {}),
    ):
        yield


def hypermodel(**options):
    return kd.DartsHyperModel(
        SPACE, compile={"run_eagerly": True, "metrics": []}, **options
    )


def build(hp):
    """As a user would write it."""
    search = kd.DartsSearch(SPACE, num_classes=2, input_shape=(8, 8, 1))
    search.compile(run_eagerly=True, metrics=[])
    return search


class Tuner(kd.DartsTuner):
    """Notes the epochs of searches, and may end the process after one.

    Args:
        kill_after: Pair, of the number of the trial and of the epoch.
    """

    def __init__(self, *args, kill_after=None, **options):
        self.epochs, self.kill_after = [], kill_after
        brief = {"train_epochs": 1, "network_args": {"num_cells": 1}}
        super().__init__(*args, **{**brief, **options})

    def on_epoch_end(self, trial, model, epoch, logs=None):
        self.epochs.append((trial.trial_id, epoch))
        # The run writes an epoch after this: it is the one before that holds.
        if self.epochs[-1] == self.kill_after:
            os.kill(os.getpid(), signal.SIGKILL)


def make(directory, **options):
    options = {"max_trials": 1, "seed": 1, "project_name": "a", **options}
    return Tuner(
        options.pop("hypermodel", None) or hypermodel(),
        directory=directory,
        **options,
    )


def tuned(directory, epochs=1, **options):
    tuner = make(directory, **options)
    tuner.search(X, Y, **{**FIT, "epochs": epochs})
    return tuner


if __name__ == "__main__":
    cut = {"epochs": 3, "max_trials": 2, "kill_after": ("1", 1)}
    with quick():
        options = cut if sys.argv[2:] else {"max_trials": 4}
        tuner = tuned(sys.argv[1], **options)
    for name, epoch in tuner.epochs:
        print(f"epoch of {name}: {epoch}", flush=True)
