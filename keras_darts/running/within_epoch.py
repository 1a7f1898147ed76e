"""What an epoch has in its midst, and callbacks that begin there."""

import io
import time

import keras
import numpy as np
import tensorflow as tf


class RunningEpoch(tf.train.experimental.PythonState):
    """The metrics' sums and the hidden states that segments hand on.

    They are forgotten at the begin of each epoch, so a checkpoint at the end
    of one has none of them.

    Args:
        model: Keras model.
        carried: Function that gives the variables of hidden states.

    Attributes:
        within: Boolean, whether the next checkpoint is within an epoch.
    """

    def __init__(self, model, carried):
        self._model = model
        self._carried = carried
        self._values = []
        self.within = False

    def serialize(self):
        values = [v.numpy() for v in self._variables()] if self.within else []
        file = io.BytesIO()
        np.savez(file, *values)
        return file.getvalue()

    def deserialize(self, string_value):
        with np.load(io.BytesIO(string_value)) as arrays:
            self._values = [arrays[f"arr_{i}"] for i in range(len(arrays))]

    def prepare(self, batch):
        """Builds the metrics, which otherwise the first step would."""
        with self._model.distribute_strategy.scope():
            self._model._symbolic_build(data_batch=batch)

    def apply(self):
        """Puts back what was restored, once the epoch has begun."""
        variables = self._variables()
        for variable, value in zip(variables, self._values, strict=True):
            variable.assign(value, read_value=False)

    def _variables(self):
        """Those of each device by themselves."""
        found = [v.value for v in self._model.metrics_variables]
        found += self._carried()
        strategy = self._model.distribute_strategy
        local = strategy.experimental_local_results
        return [part for variable in found for part in local(variable)]


class SaveWithinEpochs(keras.callbacks.Callback):
    """Saves a run every few minutes.

    Args:
        checkpoint: `RunCheckpoint`.
        minutes: Float, from one checkpoint to the next.
        epochs: Integer, the first epochs, in whose midst it may be saved.
    """

    def __init__(self, checkpoint, minutes, epochs):
        super().__init__()
        self.checkpoint = checkpoint
        self.minutes = minutes
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch, self._saved = epoch, time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        done = batch + 1
        if self._epoch >= self.epochs or done >= self.params["steps"]:
            return
        if time.monotonic() - self._saved >= 60 * self.minutes:
            self.checkpoint.save(self._epoch, done)
            self._saved = time.monotonic()


class CallbacksFromStep(keras.callbacks.CallbackList):
    """Callbacks of a training that goes on in the midst of an epoch.

    Keras' `fit` runs the epoch from its first step on: the steps that were
    done before take no batch, and no callback hears of them.

    Args:
        callbacks: List of Keras callbacks.
        running: `RunningEpoch`, put back as the epoch begins.
        first_step: Integer, the steps that were done before.
        **options: Further arguments of `CallbackList`.
    """

    def __init__(self, callbacks, *, running, first_step, model, **options):
        super().__init__(callbacks, model=model, add_history=True, **options)
        self._running = running
        self._skipped = first_step
        self._train = None

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        if self._skipped:
            self._running.apply()

    def on_train_batch_begin(self, batch, logs=None):
        if batch < self._skipped:
            if self._train is None:
                self._train = self._model.train_function
            self._model.train_function = lambda iterator: {}
            return
        if self._skipped:
            self._model.train_function, self._skipped = self._train, 0
        super().on_train_batch_begin(batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        if batch >= self._skipped:
            super().on_train_batch_end(batch, logs)


def from_step(model, plan, callbacks, *, epoch, step, verbose):
    """The data and callbacks for a `fit` that begins in an epoch.

    Args:
        model: Keras model.
        plan: `Plan`.
        callbacks: List of Keras callbacks.
        epoch: Integer, where it begins.
        step: Integer, the steps of that epoch which were done before.
        verbose: As in Keras.
    """
    batches = plan.batches(epoch, step)
    if not step:
        return batches, callbacks
    running = plan.checkpoint.running
    running.prepare(next(iter(batches)))
    # Keras would count the batches, of which the skipped steps take none.
    return batches.repeat(), CallbacksFromStep(
        callbacks,
        running=running,
        first_step=step,
        model=model,
        add_progbar=verbose != 0,
        verbose=verbose,
        epochs=plan.epochs,
        steps=plan.steps_per_epoch,
    )
