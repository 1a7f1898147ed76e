"""The course of a search in TensorBoard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

from keras_darts import analysis
from keras_darts.supernet import arch_parameters
from keras_darts.training.tensorboard import Board
from keras_darts.training.tensorboard import rate_of

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.utils.typing import Logs

_GROUP = "architecture"
_ENTROPY = "alpha_entropy"
_RENAMED = {
    "arch_loss": f"{_GROUP}/loss",
    "num_skip_connects": f"{_GROUP}/skip_connects",
}


class ArchitectureTensorBoard(Board):
    """Curves of all logs, heat maps of the mixing weights, the cells drawn.

    Both parts are runs of their own, `search/train` and `search/validation`,
    with the tags that `training.Board` has for trainings. What tells of the
    architecture is the group `architecture`. `DartsSearch.fit(output_dir=...)`
    adds this callback itself.

    Args:
        folder: Where TensorBoard will look.
        input_wait: `training.DataWaitMonitor` among the callbacks before this
            one, which measures the time of steps. Defaults to `None`.
        config: Dictionary, the settings of the run, shown as text. Defaults to
            `None`.

    Example:

    >>> ArchitectureTensorBoard("runs/a/tensorboard").part
    'search'
    """

    part = "search"
    descriptions: dict[str, str] = {
        **Board.descriptions,
        "learning_rate/alphas": "At the start of the epoch.",
        f"{_GROUP}/loss": "Mean loss on the search part, with regularizers, by "
        "which the architecture moves.",
        f"{_GROUP}/normalized_entropy": "Mean over all edges: 1 where all "
        "candidates weigh the same, 0 where one has all weight.",
        f"{_GROUP}/skip_connects": "Skip connections in the derived normal "
        "cell; many of them tell of a collapse.",
    }

    _checked = frozenset()

    def tag(self, name: str) -> str:
        measured = {metric.name for metric in self.model.metrics}
        if name in _RENAMED:
            return _RENAMED[name]
        added = name not in measured and name not in self._checked
        return f"{_GROUP}/{name}" if added else name

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        # The entropy is drawn on a scale of its own.
        logs = {k: v for k, v in (logs or {}).items() if k != _ENTROPY}
        self._checked = {k[4:] for k in logs if k.startswith("val_")}
        super().on_epoch_end(epoch, logs)

    def rates(self) -> dict[str, float]:
        rate = rate_of(self.model.arch_optimizer)
        return {**super().rates(), "learning_rate/alphas": rate}

    def figures(self) -> dict[str, Any]:
        cells = self.model.search_space.cells
        return {
            **super().figures(),
            f"{_GROUP}/normalized_entropy": arch_parameters.normalized_entropy(
                self.model.mixing_weights(), cells
            ),
        }

    def draw(self, epoch: int) -> None:
        genotype = self.model.genotype()
        for cell_type, weights in self.model.mixing_weights().items():
            heat_map = analysis.alphas_png(
                self.model, cell=cell_type, genotype=genotype
            )
            cell = analysis.cell_png(genotype, cell_type)
            for name, picture in (("heat_map", heat_map), ("cell", cell)):
                tf.summary.image(
                    f"{_GROUP}/{name}_{cell_type}",
                    tf.io.decode_png(picture, channels=4)[None],
                )
            tf.summary.histogram(
                f"{_GROUP}/mixing_weights_{cell_type}",
                weights,
                description="What the candidates of all edges weigh.",
            )
        self.text(f"{_GROUP}/genotype", genotype.to_text())
