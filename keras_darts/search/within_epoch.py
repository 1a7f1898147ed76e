"""What an epoch has in its midst, and when it is saved there."""

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
        search: `DartsSearch`.

    Attributes:
        within: Boolean, whether the next checkpoint is within an epoch.
    """

    def __init__(self, search):
        self._search = search
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
        with self._search.distribute_strategy.scope():
            self._search._symbolic_build(data_batch=batch)

    def apply(self):
        """Puts back what was restored, once the epoch has begun."""
        variables = self._variables()
        for variable, value in zip(variables, self._values, strict=True):
            variable.assign(value, read_value=False)

    def _variables(self):
        """Those of each device by themselves."""
        search = self._search
        found = [v.value for v in search.metrics_variables]
        found += search.modality.carried
        local = search.distribute_strategy.experimental_local_results
        return [part for variable in found for part in local(variable)]


class SaveWithinEpochs(keras.callbacks.Callback):
    """Saves the search every few minutes.

    Not in the epochs in which a discretizer decides, at whose begin it does
    what must not be done twice.

    Args:
        checkpoint: `SearchCheckpoint`.
        minutes: Float, from one checkpoint to the next.
    """

    def __init__(self, checkpoint, minutes):
        super().__init__()
        self.checkpoint = checkpoint
        self.minutes = minutes

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch, self._saved = epoch, time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        done = batch + 1
        searched = self.params["epochs"] - self.model.extra_epochs
        if self._epoch >= searched or done >= self.params["steps"]:
            return
        if time.monotonic() - self._saved >= 60 * self.minutes:
            self.checkpoint.save(self._epoch, done)
            self._saved = time.monotonic()
