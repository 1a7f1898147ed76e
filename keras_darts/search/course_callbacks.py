"""Callbacks of several calls of Keras' `fit` that make up one training."""

import keras

from keras_darts.running.within_epoch import CallbacksFromStep
from keras_darts.search.callbacks import SearchCallback

# What has to do something at the begin of each call.
_EACH = (SearchCallback, keras.callbacks.History)


class CourseCallbacks(CallbacksFromStep):
    """Lets callbacks see one training, also where it goes back.

    That takes more than one call of `fit`. All but a few callbacks see the
    begin and the end of the training once.
    """

    def __init__(self, callbacks, running, **options):
        super().__init__(callbacks, running, **options)
        self._begun = False

    def on_train_begin(self, logs=None):
        self._tell(super().on_train_begin, logs, everyone=not self._begun)
        self._begun = True

    def on_train_end(self, logs=None):
        goes_back = any(
            c.roll_back_to is not None for c in stateful(self.callbacks)
        )
        self._tell(super().on_train_end, logs, everyone=not goes_back)

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
