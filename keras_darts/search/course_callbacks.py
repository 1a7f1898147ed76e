"""Callbacks of several calls of Keras' `fit` that make up one training."""

import keras

from keras_darts.search.callbacks import SearchCallback

# What has to do something at the begin of each call.
_EACH = (SearchCallback, keras.callbacks.History)


class CourseCallbacks(keras.callbacks.CallbackList):
    """Lets callbacks see one training, and epochs that have all their steps.

    A training that goes back, or goes on within an epoch, is more than one
    call of `fit`. All but a few callbacks see its begin and its end once.

    Args:
        callbacks: List of Keras callbacks.
        running: `RunningEpoch`, put back as an epoch goes on; `None` where
            none ever does.
        **options: Further arguments of `CallbackList`, of the whole training.

    Attributes:
        first_step: Integer, the steps that were done before of the epoch with
            which the coming call begins; it is the only one of the call
            unless that is zero.
    """

    def __init__(self, callbacks, running, **options):
        super().__init__(callbacks, add_history=True, **options)
        self.first_step = 0
        self.running = running
        self._begun = False

    def goes_on(self):
        """Whether another call has to follow the present one."""
        if any(c.roll_back_to is not None for c in stateful(self.callbacks)):
            return True
        if not self.first_step or self.model.stop_training:
            return False
        return self._epoch + 1 < self.params["epochs"]

    def on_train_begin(self, logs=None):
        self._tell(super().on_train_begin, logs, everyone=not self._begun)
        self._begun = True

    def on_train_end(self, logs=None):
        self._tell(super().on_train_end, logs, everyone=not self.goes_on())

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch
        super().on_epoch_begin(epoch, logs)
        if self.first_step:
            self.running.apply()

    def on_train_batch_begin(self, batch, logs=None):
        super().on_train_batch_begin(batch + self.first_step, logs)

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch + self.first_step, logs)

    def _tell(self, what, logs, everyone):
        whole = self.callbacks
        if not everyone:
            self.callbacks = [c for c in whole if isinstance(c, _EACH)]
        try:
            what(logs)
        finally:
            self.callbacks = whole


def stateful(callbacks):
    """Those of the callbacks that a run has to remember the state of."""
    return [c for c in callbacks if isinstance(c, SearchCallback)]
