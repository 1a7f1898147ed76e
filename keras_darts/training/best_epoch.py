"""The weights of the epoch that validated best."""

import logging

import keras

_LOG = logging.getLogger("keras_darts")


class BestEpoch(keras.callbacks.Callback):
    """Keeps the best weights, with which the training ends.

    Of equal epochs the first one counts. A training that is resumed remembers
    the best one of before. The log says which one it was.

    Args:
        monitor: String, the column of the history, of which more is better.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> best = BestEpoch("val_accuracy")
    >>> best.set_model(model)
    >>> best.on_train_begin()
    >>> best.on_epoch_end(0, {"val_accuracy": 0.5})
    >>> best.best
    0.5
    """

    def __init__(self, monitor):
        super().__init__()
        self.monitor = monitor
        self._resumed = None

    def on_train_begin(self, logs=None):
        resumed, self._resumed = self._resumed or {}, None
        self.best = resumed.get("best", float("-inf"))
        self.epoch = resumed.get("epoch")
        self._weights = resumed.get("weights", [])

    def on_epoch_end(self, epoch, logs=None):
        value = (logs or {}).get(self.monitor)
        if value is not None and value > self.best:
            self.best, self.epoch = float(value), epoch
            self._weights = [w.numpy() for w in self.model.weights]

    def on_train_end(self, logs=None):
        if self._weights:
            pairs = zip(self.model.weights, self._weights, strict=True)
            for variable, value in pairs:
                variable.assign(value)
            _LOG.info(
                "the weights are those of epoch %d, the best `%s`: %.4g",
                self.epoch + 1,
                self.monitor,
                self.best,
            )

    def state(self):
        """What a run must remember."""
        return {
            "best": self.best,
            "epoch": self.epoch,
            "weights": self._weights,
        }

    def restore_state(self, state):
        """Takes over what `state` gave, once training begins."""
        self._resumed = state
