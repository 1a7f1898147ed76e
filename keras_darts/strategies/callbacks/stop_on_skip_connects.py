"""The first stopping criterion of DARTS+."""

import keras

from keras_darts.errors import positive_integer
from keras_darts.strategies.callbacks.guard import Guard
from keras_darts.supernet import architecture


@keras.saving.register_keras_serializable(package="keras_darts")
class StopOnSkipConnects(Guard):
    """Stops when the derived cell has too many skip-connects.

    The cell is the normal one, or the only one of a space that has one kind.
    The search gets back the architecture of the last epoch before, whose cell
    had fewer. As long as there is no such epoch, there is nothing to go back
    to and the search goes on: the first alphas differ by nothing but chance,
    and may name any cell.

    Args:
        max_skip_connects: Integer, the number at which the search stops.
            Defaults to `2`.
        start_epoch: Integer, before which no epoch is looked at, for searches
            whose first cells are due to chance. Defaults to `0`, as
            published.

    Raises:
        ValueError: if `max_skip_connects` is not positive, and when the
            training begins, if the search space has no skip-connects.

    Example:

    >>> strategy = kd.SearchStrategy(
    ...     callbacks=[kd.callbacks.StopOnSkipConnects(2)]
    ... )
    >>> strategy.callbacks[0].get_config()
    {'max_skip_connects': 2, 'start_epoch': 0}

    Reference: Liang et al., 2019, DARTS+, criterion 1.
    """

    def __init__(self, max_skip_connects=2, start_epoch=0):
        super().__init__()
        self.max_skip_connects = positive_integer(
            "max_skip_connects", max_skip_connects
        )
        self.start_epoch = start_epoch

    def on_train_begin(self, logs=None):
        super().on_train_begin(logs)
        kind, spec = architecture.main_cell(self.model.search_space)
        if not any("skip_connect" in edge for edge in spec.primitives):
            raise ValueError(
                "StopOnSkipConnects must be used in a search space with the "
                f"primitive skip_connect. Received: none in the {kind} cell"
            )

    def on_epoch_end(self, epoch, logs=None):
        if epoch < self.start_epoch:
            return
        names = self.model.genotype().edge_primitives()
        count = names.count("skip_connect")
        if count < self.max_skip_connects:
            self.remember(epoch)
        elif epoch - 1 in self.architectures:
            kind, _ = architecture.main_cell(self.model.search_space)
            self.stop(
                epoch,
                epoch - 1,
                f"the {kind} cell has {count} skip-connects, of which "
                f"{self.max_skip_connects} are too many",
            )

    def get_config(self):
        return {
            "max_skip_connects": self.max_skip_connects,
            "start_epoch": self.start_epoch,
        }
