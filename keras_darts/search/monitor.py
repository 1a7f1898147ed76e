"""The watch over a search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_darts.runs.monitor import RunMonitor
from keras_darts.runs.monitor import sizes_in_words
from keras_darts.utils import private_api
from keras_darts.utils.typing import PathLike

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_darts.search.darts_search import DartsSearch


class SearchMonitor(RunMonitor):
    """Ends a search at a signal or a loss that is not finite.

    Args:
        folder: Of the run, as the user gave it, or `None`.
        search: `DartsSearch`.
    """

    noun = "search"
    losses: tuple[str, ...] = ("loss", "arch_loss")
    remedies = (
        "Try a lower `learning_rate` or `clip_norm` in the recipe of the "
        "strategy, a loss that stays finite, dtype='float32', and look for "
        "NaN in the data"
    )

    def __init__(self, folder: PathLike, search: DartsSearch) -> None:
        super().__init__(folder)
        self._search = search

    def total(self) -> tf.Tensor:
        loss = private_api.loss_tracker(self._search)
        return loss.total + self._search.arch_loss_tracker.total

    def smaller(self) -> str:
        space = self._search.search_space
        method = ""
        if self._search.strategy.connection.channel_fraction == 1 and (
            self._search.task_adapter.predicts_memory
        ):
            method = ", or take strategy='pc_darts', which mixes a part of "
            method += "the channels"
        return f"a smaller `batch_size`, {sizes_in_words(space)}{method}"
