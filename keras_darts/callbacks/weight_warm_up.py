"""Weights alone, before the architecture moves and in between."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import keras

from keras_darts.callbacks.base import SearchCallback
from keras_darts.schedules import checked_span
from keras_darts.schedules import epochs_of
from keras_darts.utils.errors import positive_integer

if TYPE_CHECKING:
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Logs

_LOG = logging.getLogger("keras_darts")


@keras.saving.register_keras_serializable(package="keras_darts")
class WeightWarmUp(SearchCallback):
    """Trains the weights alone for the first epochs.

    Until then there is no architecture step: no gradient is computed and the
    state of the architecture's optimizer stays as it is, so that an epoch
    costs what its steps of the weights do. These epochs have no `arch_loss`.
    When the architecture begins to move, the step is traced again; the gradient
    functions that it calls are not. A run that ends earlier logs a warning: its
    genotype is due to chance.

    Afterwards, the architecture may move in some steps alone. The batches of
    the search part that belong to the others are drawn and left aside; of
    running text, the hidden state is then that of the last one in use.

    Args:
        epochs: Integer, alphas and betas begin to move with the epoch of this
            number, counted from zero; or float in [0, 1), the share of the
            run's epochs, or of the stage's, before that. `None` for never,
            which leaves it to the discretizer to tell candidates apart.
            Defaults to `0.3`, the 15 of 50 epochs of PC-DARTS.
        every: Integer > 0; from then on they move in one of so many steps of
            an epoch, and in the last of an epoch that has fewer. Defaults to
            `1`: in each.

    Raises:
        ValueError: if `epochs` is no such number or `every` not a positive
            integer;
            when the training begins, if `every` is not 1 while Keras runs
            several steps at once.

    Example:

    >>> strategy = kd.SearchStrategy(callbacks=[kd.callbacks.WeightWarmUp(15)])
    >>> strategy.callbacks[0].get_config()
    {'epochs': 15, 'every': 1}

    Reference: Xu et al., 2020, PC-DARTS, section 4.1; the published code of
    Cai et al., 2019, ProxylessNAS, for steps in between.
    """

    def __init__(self, epochs: float | None = 0.3, every: int = 1) -> None:
        super().__init__()
        if epochs is not None:
            epochs = checked_span("epochs", epochs)
        self.epochs = epochs
        self.every: int = positive_integer("every", every)

    def on_train_begin(self, logs: Logs = None) -> None:
        steps = self.model.steps_per_execution
        if self.every > 1 and steps > 1:
            raise ValueError(
                "`steps_per_execution` must be 1 where the architecture moves "
                f"in every {self.every}th step. Received: "
                f"steps_per_execution={steps}"
            )
        if self.epochs is not None and not self.arch_steps(self.run_epochs, 1):
            _LOG.warning(
                "the architecture will not move in a run of %d epochs: "
                "WeightWarmUp trains the weights alone for %d",
                self.run_epochs,
                self._length(self.run_epochs),
            )

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self.model.freeze_architecture(self._waits(epoch))
        self._begun = not self._waits(epoch)
        if epoch and self._begun and self._waits(epoch - 1):
            _LOG.info(
                "the architecture begins to move: building and compiling its "
                "step"
            )

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        if self._begun and self.every > 1:
            every = min(self.every, self.params["steps"])
            self.model.freeze_architecture(bool((batch + 1) % every))

    def on_train_end(self, logs: Logs = None) -> None:
        self.model.freeze_architecture(False)

    def get_config(self) -> Config:
        return {"epochs": self.epochs, "every": self.every}

    def arch_steps(self, epochs: int, steps_per_epoch: int) -> int:
        if self.epochs is None:
            return 0
        every = min(self.every, steps_per_epoch)
        moving = max(epochs - self._length(epochs), 0)
        return moving * (steps_per_epoch // every)

    def _length(self, epochs):
        """The epochs of the weights alone in a run of `epochs`."""
        return epochs_of(self.epochs, epochs)

    def _waits(self, epoch):
        return self.epochs is None or epoch < self._length(self.run_epochs)
