"""How long the steps of a search and of a training take on this machine."""

import time

import keras
import keras_tuner

from keras_darts import datasets
from keras_darts.seeding import seeded
from keras_darts.tuner import trial_data

# The first one builds the graphs.
_EPOCHS = 2
_BATCHES = 8


class Probe:
    """A few real steps; that graphs must be built counts by itself.

    Args:
        hypermodel: `DartsHyperModel`.
        train: Unbatched data set.
        num_train: Integer, its elements.
        batch_size: Integer.
    """

    def __init__(self, hypermodel, train, num_train, batch_size):
        keras.backend.clear_session()
        self._search = hypermodel.build(keras_tuner.HyperParameters())
        count = min(_BATCHES * batch_size, num_train)
        sample = datasets.stratified_subset(train, count).batch(batch_size)
        self._data = trial_data.read(
            self._search, sample, validation_data=sample
        )
        self._count, self._batch_size = count, batch_size

    def training(self, derived, recipe):
        """Seconds of the start and of a step of a training.

        Args:
            derived: Dictionary, arguments of the derived network.
            recipe: Dictionary, arguments of the training recipe.
        """
        clock, search = EpochClock(), self._search
        task = self._data.settle(search)
        with seeded(0):
            network = self._data.network(
                search, search.whole_space.random_genotype(0), derived
            )
        recipe = self._data.recipe(network, task, {**recipe, "epochs": _EPOCHS})
        recipe.fit(network, self._data.train, callbacks=[clock], verbose=0)
        return clock.start_and_step(self._count // self._batch_size)

    def searching(self):
        """The same of a search, with its validation."""
        clock = EpochClock()
        self._search.fit(
            **self._data.search_input(self._search),
            epochs=_EPOCHS,
            callbacks=[clock],
            verbose=0,
            warn_on_collapse=False,
        )
        return clock.start_and_step(self._count // 2 // self._batch_size)


class EpochClock(keras.callbacks.Callback):
    """Notes when epochs end, from when it is made."""

    def __init__(self):
        super().__init__()
        self._ends = [time.monotonic()]

    def on_epoch_end(self, epoch, logs=None):
        self._ends.append(time.monotonic())

    def start_and_step(self, steps):
        """Seconds of what came before the first step, and of a step.

        Args:
            steps: Integer, those of an epoch.
        """
        begin, first, last = self._ends
        epoch = last - first
        return max(0.0, first - begin - epoch), epoch / max(1, steps)
