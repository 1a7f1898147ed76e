"""The files of a training on disk, written and read."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING

import keras

from keras_darts import genotypes

# Registers the layers with Keras; the optimizers come with this package.
from keras_darts import networks  # noqa: F401
from keras_darts.runs.errors import writing
from keras_darts.runs.folder import rows_before
from keras_darts.utils.files import atomic_write
from keras_darts.utils.files import user_path
from keras_darts.utils.files import writable_folder
from keras_darts.utils.files import write_csv
from keras_darts.utils.files import write_json

if TYPE_CHECKING:
    import pathlib

    from keras_darts.datasets.vocabulary import Vocabulary
    from keras_darts.runs.callbacks import EndState
    from keras_darts.training.fit_loop import TrainingCheckpoint
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Logs
    from keras_darts.utils.typing import PathLike

# A large network takes seconds to write, a small one's epochs don't take more.
_SECONDS_BETWEEN_MODELS = 60
_MODEL = "model.keras"


class TrainingRun(keras.callbacks.Callback):
    """Writes settings, genotype, history and the network of a training.

    The files are `config.json`, `genotype.json`, `history.csv` and
    `model.keras`: raw images to logits, or the language model. Every file
    appears whole or not at all; the network is written at the end, and once a
    minute before. `fit(output_dir=...)` of a recipe adds this callback itself,
    with checkpoints from which the training continues.

    Args:
        folder: Path of the run.
        config: Dictionary for `config.json`.
        vocabulary: `keras_darts.datasets.Vocabulary` of a language model, for
            `vocabulary.json`. Defaults to `None`.
        checkpoint: `TrainingCheckpoint`, saved after each epoch; the history
            continues where it was restored. Defaults to `None`.
        end: `runs.callbacks.EndState` of the checkpoint, whose callbacks
            stand before this one. Defaults to `None`: nobody changes anything
            at the end.

    Raises:
        ValueError: if `folder` can't be written to.

    Example:

    >>> import os
    >>> import pathlib
    >>> import tempfile
    >>> network = kd.networks.CifarNetwork(
    ...     "darts_v2", filters=2, num_cells=2, auxiliary=False,
    ...     input_shape=(8, 8, 1),
    ... )
    >>> images = np.zeros((64, 8, 8, 1), "uint8")
    >>> train = tf.data.Dataset.from_tensor_slices((images, [0, 1] * 32))
    >>> recipe = kd.training.small_image_recipe(
    ...     network, num_train=64, mean=(8.0,), variance=(36.0,)
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = TrainingRun(folder, config={})
    ...     options = {"epochs": 1, "verbose": 0, "callbacks": [run]}
    ...     history = recipe.fit(network, train, **options)
    ...     sorted(os.listdir(folder))
    ['config.json', 'genotype.json', 'history.csv', 'model.keras']
    """

    def __init__(
        self,
        folder: PathLike,
        *,
        config: Config,
        vocabulary: Vocabulary | None = None,
        checkpoint: TrainingCheckpoint | None = None,
        end: EndState | None = None,
    ) -> None:
        super().__init__()
        self.folder: pathlib.Path = writable_folder(folder, "folder")
        self.config = config
        self.vocabulary = vocabulary
        self.checkpoint = checkpoint
        self.end = end
        self._rows = []

    def on_train_begin(self, logs: Logs = None) -> None:
        if self.checkpoint is not None:
            history = self.folder / "history.csv"
            self._rows = rows_before(history, self.checkpoint.rows)
        self._written = time.monotonic()
        if self.vocabulary is not None:
            self.vocabulary.check_matches(self.model.vocabulary_size)
        with writing(self.folder):
            if self.checkpoint is not None:
                # It tells a run that was cut from one that has none.
                self.checkpoint.folder.mkdir(exist_ok=True)
            write_json(self.folder / "config.json", self.config)
            genotypes.save(self.model.genotype, self.folder / "genotype.json")
            if self.vocabulary is not None:
                self.vocabulary.save(self.folder / "vocabulary.json")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._rows.append({"epoch": epoch, **(logs or {})})
        with writing(self.folder):
            write_csv(self.folder / "history.csv", self._rows)
            if time.monotonic() - self._written > _SECONDS_BETWEEN_MODELS:
                self._write_model()
            if self.checkpoint is not None:
                self.checkpoint.rows = len(self._rows)
                self.checkpoint.save(epoch + 1)

    def on_train_end(self, logs: Logs = None) -> None:
        with writing(self.folder):
            if self.end is not None:
                self.end.save()
            self._write_model()

    def _write_model(self):
        with atomic_write(self.folder / _MODEL) as scratch:
            save_network(self.model, scratch)
        self._written = time.monotonic()


def save_network(network: keras.Model, path: PathLike) -> None:
    """Keras' own file of a network, which ends in `.keras`."""
    with warnings.catch_warnings():
        # Keras' way to NumPy arrays, which is not for users to mend.
        warnings.filterwarnings("ignore", "__array__ implementation")
        network.save(path)


def load_network(path: PathLike) -> keras.Model:
    """The network of a training: raw images to logits, or a language model.

    Args:
        path: Folder of the run, or its `model.keras`.

    Returns:
        A `keras.Model`.

    Raises:
        ValueError: if there is none.
    """
    file = user_path(path)
    file = file / _MODEL if file.is_dir() else file
    if not file.is_file():
        raise ValueError(
            f"`path` must be the folder of a training run or its {_MODEL}. "
            f"Received: path={str(path)!r}"
        )
    network = keras.models.load_model(file)
    if network.compiled:
        # As its recipe compiled it, and not its user.
        network.optimizer.recipe = file
    return network
