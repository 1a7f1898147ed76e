"""Weights alone, before the architecture moves."""

import keras

from keras_darts.strategies.callbacks.search_callback import SearchCallback


@keras.saving.register_keras_serializable(package="keras_darts")
class ArchWarmUp(SearchCallback):
    """Trains the weights alone for the first epochs.

    Until then there is no architecture step: no gradient is computed and the
    state of the architecture's optimizer stays as it is, so that an epoch
    costs what its steps of the weights do. `arch_loss` is not a number in
    these epochs. When the architecture begins to move, the step is traced a
    second time, without what it is made of, which stays traced.

    Args:
        epochs: Integer, alphas and betas begin to move with the epoch of this
            number, counted from zero. `None` for never, which leaves it to
            the discretizer to tell candidates apart. Defaults to `15`.

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
        if epochs is not None and epochs < 0:
            raise ValueError(
                f"`epochs` must not be negative. Received: epochs={epochs}"
            )
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        self.model.freeze_architecture(self._waits(epoch))

    def on_epoch_end(self, epoch, logs=None):
        if self._waits(epoch) and logs is not None:
            logs["arch_loss"] = float("nan")

    def on_train_end(self, logs=None):
        self.model.freeze_architecture(False)

    def get_config(self):
        return {"epochs": self.epochs}

    def _waits(self, epoch):
        return self.epochs is None or epoch < self.epochs
