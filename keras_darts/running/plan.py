"""The layout of a training."""

import logging
import typing

_LOG = logging.getLogger("keras_darts")


class Plan(typing.NamedTuple):
    """What is laid out before Keras' `fit` begins.

    `batches` gives the training data from an epoch and a step on, and
    `checkpoint` is `None` where no run is written. Within the first
    `divided_epochs` the run may be saved, besides at their ends. Several
    workers have an `agreement` on the steps at which they save and stop.
    """

    batches: typing.Callable
    validation_data: object
    epochs: int
    divided_epochs: int
    initial_epoch: int
    steps_per_epoch: int
    callbacks: list
    checkpoint: object
    agreement: object = None

    def say_where(self, epoch, step):
        """Tells the user where a run is resumed that was begun before."""
        if step or 0 < epoch < self.epochs:
            _LOG.info(
                "resuming in epoch %d of %d, after %d of %d steps, from %s",
                epoch + 1,
                self.epochs,
                step,
                self.steps_per_epoch,
                self.checkpoint.folder.parent,
            )
