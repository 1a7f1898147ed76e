"""A word of warning when cells turn into skip-connects."""

import logging

import keras

from keras_darts.errors import positive_integer
from keras_darts.strategies.callbacks.search_callback import SearchCallback
from keras_darts.supernet import architecture

_LOG = logging.getLogger("keras_darts")


@keras.saving.register_keras_serializable(package="keras_darts")
class CollapseMonitor(SearchCallback):
    """Warns once, by the logger `keras_darts`, when a cell collapses.

    Alphas favour skip-connects the longer a search lasts, since these train
    fastest, and a cell that has little else trains badly. The rule: at the
    end of `patience` epochs in a row, at least half of the kept edges of the
    derived normal cell (or of the only kind of cell), and two of them, are
    skip-connects, and the share of skip-connects in the mixing weights has
    not fallen meanwhile. Published cells of eight edges have up to three;
    half of them in a single epoch may be chance. Cells without a candidate of
    that name are never warned of, nor is one while its alphas stand still.

    `DartsSearch.fit` adds this callback itself, unless
    `warn_on_collapse=False`.

    Args:
        patience: Integer. Defaults to `3`.

    Attributes:
        warned_epoch: Integer, the epoch of the warning, counted from zero, or
            `None`.

    Example:

    >>> CollapseMonitor().warned_epoch is None
    True

    Reference: Zela et al., 2020, Understanding and robustifying
    differentiable architecture search, section 3; Liang et al., 2019, DARTS+.
    """

    def __init__(self, patience=3):
        super().__init__()
        self.patience = positive_integer("patience", patience)

    def reset(self):
        self.warned_epoch = None
        self._shares = []

    def on_epoch_end(self, epoch, logs=None):
        # An epoch that moves no architecture has no `arch_loss`.
        still = logs is not None and "arch_loss" not in logs
        if self.warned_epoch is not None or still:
            return
        names = self.model.genotype().edge_primitives()
        count = names.count("skip_connect")
        if count < max(2, len(names) / 2):
            self._shares = []
            return
        self._shares.append(self._skip_share())
        if len(self._shares) >= self.patience:
            if self._shares[-1] >= self._shares[-self.patience]:
                self._warn(epoch, count, len(names))

    def state(self):
        return {"warned_epoch": self.warned_epoch, "shares": self._shares}

    def restore_state(self, state):
        self.warned_epoch = state["warned_epoch"]
        self._shares = state["shares"]

    def get_config(self):
        return {"patience": self.patience}

    def _skip_share(self):
        """The mean mixing weight of a skip-connect."""
        kind, spec = architecture.main_cell(self.model.search_space)
        weights, _ = architecture.mixing(self.model.supernet)
        shares = [
            row[names.index("skip_connect")]
            for names, row in zip(spec.primitives, weights[kind], strict=True)
            if "skip_connect" in names
        ]
        return float(sum(shares) / len(shares))

    def _warn(self, epoch, count, edges):
        self.warned_epoch = epoch
        kind, _ = architecture.main_cell(self.model.search_space)
        _LOG.warning(
            "the %s cell collapses: after epoch %d (counted from 0), %d of its "
            "%d edges are skip-connects, and at least half have been for %d "
            "epochs. Such cells train badly. callbacks.StopOnSkipConnects, "
            "StopOnStableRanking and StopOnEigenvalue end a search in time; "
            "fit(warn_on_collapse=False) silences this.",
            kind,
            epoch,
            count,
            edges,
            self.patience,
        )
