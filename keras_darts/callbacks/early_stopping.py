"""The two stopping criteria of DARTS+."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np

from keras_darts.callbacks.base import ArchitectureEarlyStopping
from keras_darts.schedules import checked_span
from keras_darts.schedules import epochs_of
from keras_darts.supernet import arch_parameters
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Logs


@keras.saving.register_keras_serializable(package="keras_darts")
class StopOnSkipConnects(ArchitectureEarlyStopping):
    """Stops when the derived cell has too many skip-connects.

    The cell is the normal one, or the only one of a space that has one kind.
    The search gets back the architecture of the last epoch before, whose cell
    had fewer. As long as there is no such epoch, there is nothing to go back
    to and the search continues: the first alphas differ by nothing but chance,
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

    def __init__(
        self, max_skip_connects: int = 2, start_epoch: int = 0
    ) -> None:
        super().__init__()
        self.max_skip_connects: int = positive_integer(
            "max_skip_connects", max_skip_connects
        )
        self.start_epoch = start_epoch

    def on_train_begin(self, logs: Logs = None) -> None:
        super().on_train_begin(logs)
        cell_type, spec = arch_parameters.main_cell(self.model.search_space)
        if not any("skip_connect" in edge for edge in spec.primitives):
            raise ValueError(
                "StopOnSkipConnects must be used in a search space with the "
                "primitive skip_connect. "
                f"Received: none in the {cell_type} cell"
            )

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if epoch < self.start_epoch:
            return
        names = self.model.genotype().edge_primitives()
        count = names.count("skip_connect")
        if count < self.max_skip_connects:
            self.remember(epoch)
        elif epoch - 1 in self.architectures:
            cell_type, _ = arch_parameters.main_cell(self.model.search_space)
            self.stop(
                epoch,
                epoch - 1,
                f"the {cell_type} cell has {count} skip-connects, of which "
                f"{self.max_skip_connects} are too many",
            )

    def get_config(self) -> Config:
        return {
            "max_skip_connects": self.max_skip_connects,
            "start_epoch": self.start_epoch,
        }


_COMPARE = ("best", "order")


@keras.saving.register_keras_serializable(package="keras_darts")
class StopOnStableRanking(ArchitectureEarlyStopping):
    """Stops when the learnable candidates have kept their order for long.

    At the end of each epoch, on every edge of every cell, the candidates with
    weights of their own are ranked by their alphas; in a recurrent cell, all
    activations. An epoch counts when it leaves the ranking as it was, and the
    count starts over when it does not. An epoch in which no alpha moves, as in
    a warm-up, does not count. The search gets back the architecture of the
    last epoch before the criterion is met.

    Args:
        epochs: Integer > 0, how many epochs in a row must leave the ranking
            as it was; or float in [0, 1), their share of the run's epochs,
            which are two at least. Defaults to `0.2`: 10 of 50.
        compare: `"best"`, the first of each edge, or `"order"`, all of them.
            Defaults to `"best"`.
        start_epoch: Integer, the first epoch that may count. Defaults to `0`.

    Raises:
        ValueError: if `epochs` is no such number or `compare` is unknown, and
            when the training begins, if no candidate has weights.

    Example:

    >>> guard = kd.callbacks.StopOnStableRanking(epochs=5, compare="order")
    >>> guard.get_config()
    {'epochs': 5, 'compare': 'order', 'start_epoch': 0}

    Reference: Liang et al., 2019, DARTS+, criterion 2. What is compared, when
    the count begins and what is returned are not said there.
    """

    def __init__(
        self, epochs: float = 0.2, compare: str = "best", start_epoch: int = 0
    ) -> None:
        super().__init__()
        if compare not in _COMPARE:
            raise unknown_name("compare", compare, _COMPARE)
        self.epochs: float = checked_span("epochs", epochs, least=1)
        self.compare = compare
        self.start_epoch = start_epoch

    def reset(self) -> None:
        super().reset()
        self._ranking = None
        self._unchanged = 0

    def on_train_begin(self, logs: Logs = None) -> None:
        super().on_train_begin(logs)
        self._learnable = arch_parameters.learnable_primitives(self.model)
        if not self._learnable:
            raise ValueError(
                "StopOnStableRanking must be used in a search space with "
                "candidates that have weights. Received: none"
            )

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        moved = self._ranking is None or self._has_moved()
        self.remember(epoch)
        if not moved:
            return
        before, self._ranking = self._ranking, self._present_ranking()
        counts = self._ranking == before and epoch >= self.start_epoch
        self._unchanged = self._unchanged + 1 if counts else 0
        if self._unchanged >= epochs_of(self.epochs, self.run_epochs, least=2):
            self.stop(
                epoch,
                epoch - 1,
                f"{self._unchanged} epochs have left the ranking of the "
                "learnable candidates as it was",
            )

    def get_state(self) -> dict[str, Any]:
        return {
            **super().get_state(),
            "ranking": self._ranking,
            "unchanged": self._unchanged,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        self._ranking = state["ranking"]
        self._unchanged = state["unchanged"]

    def get_config(self) -> Config:
        return {
            "epochs": self.epochs,
            "compare": self.compare,
            "start_epoch": self.start_epoch,
        }

    def _has_moved(self):
        before = self.architectures[max(self.architectures)]
        return any(
            not np.array_equal(value, variable.numpy())
            for value, variable in zip(
                before, self.model.arch_variables, strict=True
            )
        )

    def _present_ranking(self):
        """For each edge the names of its candidates, the strongest first."""
        ranking = []
        cells = self.model.search_space.cells
        for cell_type, spec in cells.items():
            alphas = self.model.supernet.arch.alphas[cell_type].numpy()
            for names, row in zip(spec.primitives, alphas, strict=True):
                order = [names[k] for k in np.argsort(-row[: len(names)])]
                known = [name for name in order if name in self._learnable]
                ranking.append(known[:1] if self.compare == "best" else known)
        return ranking
