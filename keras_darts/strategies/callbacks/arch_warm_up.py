"""Weights alone, before the architecture moves."""

import logging

import keras

from keras_darts.strategies.callbacks.search_callback import SearchCallback

_LOG = logging.getLogger("keras_darts")


@keras.saving.register_keras_serializable(package="keras_darts")
class ArchWarmUp(SearchCallback):
    """Trains the weights alone for the first epochs.

    Until then there is no architecture step: no gradient is computed and the
    state of the architecture's optimizer stays as it is, so that an epoch
    costs what its steps of the weights do. `arch_loss` is not a number in
    these epochs. When the architecture begins to move, the step is traced a
    second time, without what it is made of, which stays traced. A run that
    ends before is warned of: its genotype is due to chance.

    Args:
        epochs: Integer, alphas and betas begin to move with the epoch of this
            number, counted from zero. Defaults to `15`.

    Raises:
        ValueError: if `epochs` is negative.

    Example:

    >>> strategy = kd.SearchStrategy(callbacks=[kd.callbacks.ArchWarmUp(15)])
    >>> strategy.callbacks[0].get_config()
    {'epochs': 15}

    Reference: Xu et al., 2020, PC-DARTS, section 4.1.
    """

    def __init__(self, epochs=15):
        super().__init__()
        if epochs < 0:
            raise ValueError(
                f"`epochs` must not be negative. Received: epochs={epochs}"
            )
        self.epochs = epochs

    def on_train_begin(self, logs=None):
        if self.params["epochs"] <= self.epochs:
            _LOG.warning(
                "the architecture will not move in a run of %d epochs: "
                "ArchWarmUp trains the weights alone for %d",
                self.params["epochs"],
                self.epochs,
            )

    def on_epoch_begin(self, epoch, logs=None):
        self.model.freeze_architecture(epoch < self.epochs)

    def on_epoch_end(self, epoch, logs=None):
        if epoch < self.epochs and logs is not None:
            logs["arch_loss"] = float("nan")

    def on_train_end(self, logs=None):
        self.model.freeze_architecture(False)

    def get_config(self):
        return {"epochs": self.epochs}
