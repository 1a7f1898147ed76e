"""Monitors of the architecture: among the logs, and how decided it is."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import keras

from keras_darts.callbacks.base import SearchCallback
from keras_darts.callbacks.decisions import Watched
from keras_darts.callbacks.decisions import best_candidates
from keras_darts.supernet import arch_parameters
from keras_darts.utils.errors import positive_integer

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Logs


class ArchitectureMonitor(keras.callbacks.Callback):
    """Adds `alpha_entropy` and `num_skip_connects` to the logs.

    The entropy is the mean over all edges, in nats: it starts at log K and
    falls as the search decides. The skip-connects are those of the derived
    normal cell, or of the only one, whose number tells of a collapse;
    recurrent cells have none. A discretizer may add figures of its own, as
    `CostConstrained` does the latency.
    `DartsSearch.fit` adds this callback itself.

    Example:

    >>> x, y = np.zeros((16, 8, 8, 1)), np.arange(16) % 2
    >>> space = kd.search_spaces.darts_cnn(
    ...     2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
    ... )
    >>> search = kd.DartsSearch(space)
    >>> search.compile(run_eagerly=True)
    >>> course = search.fit(x, y, batch_size=8, epochs=1, verbose=0).history
    >>> round(course["alpha_entropy"][0], 3)  # two candidates: log 2
    0.693
    """

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        if logs is None:
            return
        weights, _ = arch_parameters.mixing(self.model.supernet)
        logs["alpha_entropy"] = arch_parameters.entropy(weights)
        genotype = self.model.genotype()
        if hasattr(genotype, "num_skip_connects"):
            logs["num_skip_connects"] = genotype.num_skip_connects()
        rule = self.model.strategy.discretizer_for(self.model.search_space)
        logs.update(rule.figures(genotype))


_LOG = logging.getLogger("keras_darts")


@keras.saving.register_keras_serializable(package="keras_darts")
class DecisionMonitor(SearchCallback):
    """Notes since when each edge keeps its candidate, and warns of a collapse.

    `search.decisions()`, the last sentence of `fit` and `decisions.json` of a
    run say what it has seen. An epoch in which no alpha moves does not count.

    The warning comes once, by the logger `keras_darts`. Alphas favour
    skip-connects the longer a search lasts, since these train fastest, and a
    cell that has little else trains badly. The rule: at the end of `patience`
    epochs in a row, at least half of the kept edges of the derived normal cell
    (or of the only cell type), and two of them, are skip-connects, and the
    share of skip-connects in the mixing weights has not fallen meanwhile.
    Published cells of eight edges have up to three; half of them in a single
    epoch may be chance. Cells without a candidate of that name are never
    warned of, nor is one while its alphas stand still.

    `DartsSearch.fit` adds this callback itself; `warn_on_collapse=False`
    silences the warning.

    Args:
        patience: Integer > 0. Defaults to `3`.
        warn_on_collapse: Boolean. Defaults to `True`.

    Attributes:
        warned_epoch: Integer, the epoch of the warning, counted from zero, or
            `None`.
        unchanged_epochs: Dictionary from cell types to the number of
            epochs since the candidate of each edge has changed.
        epochs: Integer, how many have moved the alphas.

    Example:

    >>> DecisionMonitor().warned_epoch is None
    True

    Reference: Zela et al., 2020, Understanding and robustifying
    differentiable architecture search, section 3; Liang et al., 2019, DARTS+.
    """

    epochs: int
    candidates: dict[str, list[str]]

    unchanged_epochs: dict[str, list[int | None]]

    def __init__(
        self, patience: int = 3, warn_on_collapse: bool = True
    ) -> None:
        super().__init__()
        self.patience: int = positive_integer("patience", patience)
        self.warn_on_collapse = warn_on_collapse

    def reset(self) -> None:
        self.warned_epoch: int | None = None
        self.unchanged_epochs, self.candidates = {}, {}
        self._shares, self.epochs = [], 0

    def on_train_begin(self, logs: Logs = None) -> None:
        if not self.candidates:
            self.candidates = self._candidates(self.model.genotype())
            self.unchanged_epochs = {
                cell_type: [0] * len(names)
                for cell_type, names in self.candidates.items()
            }
        self._tell()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        # An epoch that moves no architecture has no `arch_loss`.
        if logs is not None and "arch_loss" not in logs:
            return
        self.epochs += 1
        genotype = self.model.genotype()
        self._compare(self._candidates(genotype))
        if self.warn_on_collapse and self.warned_epoch is None:
            self._consider(epoch, genotype.edge_primitives())
        self._tell()

    def on_train_end(self, logs: Logs = None) -> None:
        # A guard may have put back the architecture of an earlier epoch, of
        # whose candidates it is not known since when they were kept.
        now = self._candidates(self.model.genotype())
        self.unchanged_epochs = {
            cell_type: [
                count if name == old else None
                for count, name, old in zip(
                    self.unchanged_epochs[cell_type],
                    names,
                    self.candidates[cell_type],
                    strict=True,
                )
            ]
            for cell_type, names in now.items()
        }
        self._tell()

    def get_state(self) -> dict[str, Any]:
        return {
            "warned_epoch": self.warned_epoch,
            "shares": self._shares,
            "unchanged_epochs": self.unchanged_epochs,
            "candidates": self.candidates,
            "epochs": self.epochs,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        self.warned_epoch = state["warned_epoch"]
        self._shares = state["shares"]
        self.unchanged_epochs = state["unchanged_epochs"]
        self.candidates = state["candidates"]
        self.epochs = state["epochs"]
        self._tell()

    def get_config(self) -> Config:
        return {
            "patience": self.patience,
            "warn_on_collapse": self.warn_on_collapse,
        }

    def _tell(self):
        if self.model is not None:
            self.model.watched = Watched(
                self.unchanged_epochs,
                self.warned_epoch is not None,
                self.epochs,
            )

    def _candidates(self, genotype):
        weights, _ = arch_parameters.mixing(self.model.supernet)
        return best_candidates(self.model.search_space, genotype, weights)

    def _compare(self, now):
        before, self.candidates = self.candidates, now
        self.unchanged_epochs = {
            cell_type: [
                (count or 0) + 1 if name == old else 0
                for count, name, old in zip(
                    self.unchanged_epochs[cell_type],
                    names,
                    before[cell_type],
                    strict=True,
                )
            ]
            for cell_type, names in now.items()
        }

    def _consider(self, epoch, names):
        count = names.count("skip_connect")
        if count < max(2, len(names) / 2):
            self._shares = []
            return
        self._shares.append(self._skip_share())
        if len(self._shares) >= self.patience:
            if self._shares[-1] >= self._shares[-self.patience]:
                self._warn(epoch, count, len(names))

    def _skip_share(self):
        """The mean mixing weight of a skip-connect."""
        cell_type, spec = arch_parameters.main_cell(self.model.search_space)
        weights, _ = arch_parameters.mixing(self.model.supernet)
        shares = [
            row[names.index("skip_connect")]
            for names, row in zip(
                spec.primitives, weights[cell_type], strict=True
            )
            if "skip_connect" in names
        ]
        return float(sum(shares) / len(shares))

    def _warn(self, epoch, count, edges):
        self.warned_epoch = epoch
        cell_type, _ = arch_parameters.main_cell(self.model.search_space)
        _LOG.warning(
            "the %s cell collapses: after epoch %d (counted from 0), %d of its "
            "%d edges are skip-connects, and at least half have been for %d "
            "epochs. Such cells train badly. callbacks.StopOnSkipConnects, "
            "StopOnStableRanking and StopOnEigenvalue end a search in time; "
            "fit(warn_on_collapse=False) silences this.",
            cell_type,
            epoch,
            count,
            edges,
            self.patience,
        )
