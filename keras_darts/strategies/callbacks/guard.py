"""Callbacks that end a search and give back the architecture of an epoch."""

import logging

import numpy as np

from keras_darts.strategies.callbacks.search_callback import SearchCallback

_LOG = logging.getLogger("keras_darts")


class Guard(SearchCallback):
    """Abstract: stops a search, and says why and what is returned.

    A subclass calls `remember` at the end of epochs whose architecture may be
    asked for, and `stop` when its criterion is met. When the training ends,
    the alphas and betas of the returned epoch are put back, so that
    `search.genotype()`, `genotype.json` and the drawn cells are those of that
    epoch; the weights stay. If several guards stand together, the first that
    stops the search decides. Epochs are counted from zero, as in history.csv.

    Attributes:
        stop_reason: String, also `search.stop_reason`; `None` as long as the
            search goes on.
        returned_epoch: Integer, or `None`.
        architectures: Dictionary from epochs to arrays, what is remembered.

    Example:

    >>> kd.callbacks.StopOnSkipConnects().stop_reason is None
    True
    """

    def reset(self):
        self.stop_reason = self.returned_epoch = None
        self.architectures = {}

    def remember(self, epoch, epochs=1):
        """Keeps the architecture of this epoch and of those shortly before.

        Args:
            epoch: Integer, the present one.
            epochs: Integer, how far back what is kept may lie.
        """
        self.architectures[epoch] = [
            np.array(v.numpy()) for v in self.model.arch_variables
        ]
        self.architectures = {
            e: values
            for e, values in self.architectures.items()
            if epoch - epochs <= e <= epoch
        }

    def stop(self, epoch, returned_epoch, reason):
        """Ends the search after this epoch; another guard's stop goes first."""
        if self.model.stop_reason is not None:
            return
        self.returned_epoch = returned_epoch
        self.stop_reason = self.model.stop_reason = (
            f"{reason}: stopped after epoch {epoch}, with the architecture of "
            f"epoch {returned_epoch} (counted from 0)"
        )
        self.model.stop_training = True
        _LOG.warning("%s", self.stop_reason)

    def on_train_begin(self, logs=None):
        if self.stop_reason is not None:
            self.model.stop_reason = self.stop_reason

    def on_train_end(self, logs=None):
        if self.stop_reason is None:
            return
        values = self.architectures[self.returned_epoch]
        for variable, value in zip(
            self.model.arch_variables, values, strict=True
        ):
            variable.assign(value)

    def state(self):
        return {
            "stop_reason": self.stop_reason,
            "returned_epoch": self.returned_epoch,
            "architectures": {
                epoch: [value.tolist() for value in values]
                for epoch, values in self.architectures.items()
            },
        }

    def restore_state(self, state):
        self.stop_reason = state["stop_reason"]
        self.returned_epoch = state["returned_epoch"]
        # JSON has made strings of the epochs.
        self.architectures = {
            int(epoch): [np.array(value) for value in values]
            for epoch, values in state["architectures"].items()
        }
