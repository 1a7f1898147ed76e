"""The course of a search in TensorBoard."""

import keras
import tensorflow as tf

from keras_darts import analysis
from keras_darts.files import user_path
from keras_darts.supernet import architecture


class ArchitectureBoard(keras.callbacks.Callback):
    """Curves of all logs, heat maps of the mixing weights, the cells drawn.

    `DartsSearch.fit(output_dir=...)` adds this callback itself.

    Args:
        folder: Where TensorBoard will look.
        input_wait: `training.InputWait` among the callbacks before this one,
            whose share is drawn too. Defaults to `None`.

    Example:

    >>> ArchitectureBoard("runs/a/tensorboard").folder
    'runs/a/tensorboard'
    """

    def __init__(self, folder, input_wait=None):
        super().__init__()
        self.folder = str(user_path(folder, "folder"))
        self.input_wait = input_wait
        self._writer = None

    def on_train_begin(self, logs=None):
        self._writer = tf.summary.create_file_writer(self.folder)

    def on_epoch_end(self, epoch, logs=None):
        weights, _ = architecture.mixing(self.model.supernet)
        genotype = self.model.genotype()
        with self._writer.as_default(step=epoch):
            for name, value in (logs or {}).items():
                tf.summary.scalar(name, value)
            if self.input_wait is not None:
                self.input_wait.summarize()
            for kind, spec in self.model.search_space.cells.items():
                heat_map = analysis.alphas_png(
                    weights[kind], _column_names(spec), title=f"{kind} cell"
                )
                cell = analysis.cell_png(genotype, kind)
                tf.summary.image(f"alphas/{kind}", _pixels(heat_map))
                tf.summary.image(f"cell/{kind}", _pixels(cell))
                tf.summary.histogram(f"weights/{kind}", weights[kind])
        self._writer.flush()

    def on_train_end(self, logs=None):
        self._writer.close()


def _column_names(spec):
    """The candidates' names, or numbers where edges have different ones."""
    if len(set(spec.primitives)) == 1:
        return spec.primitives[0]
    return [str(k) for k in range(spec.num_candidates)]


def _pixels(png):
    return tf.io.decode_png(png, channels=3)[None]
