"""The files of a training on disk, written and read."""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING

import keras

from keras_darts import genotypes

# Registers the layers with Keras; the optimizers come with this package.
from keras_darts import networks  # noqa: F401
from keras_darts.runs.writer import RunWriter
from keras_darts.utils.files import atomic_write
from keras_darts.utils.files import user_path

if TYPE_CHECKING:
    from keras_darts.datasets.vocabulary import Vocabulary
    from keras_darts.runs.checkpoint import RunCheckpoint
    from keras_darts.runs.writer import EndState
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Logs
    from keras_darts.utils.typing import PathLike

# A large network takes seconds to write, a small one's epochs don't take more.
_SECONDS_BETWEEN_MODELS = 60
_MODEL = "model.keras"


class TrainingRun(RunWriter):
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
        checkpoint: `RunCheckpoint`, saved after each epoch; the history
            continues where it was restored. Defaults to `None`.
        end: `runs.writer.EndState` of the checkpoint, whose callbacks
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

    argument = "folder"

    def __init__(
        self,
        folder: PathLike,
        *,
        config: Config,
        vocabulary: Vocabulary | None = None,
        checkpoint: RunCheckpoint | None = None,
        end: EndState | None = None,
    ) -> None:
        super().__init__(folder, config=config, checkpoint=checkpoint, end=end)
        self.vocabulary = vocabulary

    def on_train_begin(self, logs: Logs = None) -> None:
        if self.vocabulary is not None:
            self.vocabulary.check_matches(self.model.vocabulary_size)
        super().on_train_begin(logs)

    def write_start(self) -> None:
        self._written = time.monotonic()
        genotypes.save(self.model.genotype, self.folder / "genotype.json")
        if self.vocabulary is not None:
            self.vocabulary.save(self.folder / "vocabulary.json")

    def write_epoch(self) -> None:
        if time.monotonic() - self._written > _SECONDS_BETWEEN_MODELS:
            self._write_model()

    def write_end(self, changed: bool) -> None:
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
