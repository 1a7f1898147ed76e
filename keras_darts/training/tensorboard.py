"""The course of a training or a search in TensorBoard."""

from __future__ import annotations

import json
import math
import numbers
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from keras_darts.runtimes.timing import memory
from keras_darts.utils.files import atomic_write
from keras_darts.utils.files import user_path

if TYPE_CHECKING:
    import pathlib

    from keras_darts.training.callbacks import DataWaitMonitor
    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Logs
    from keras_darts.utils.typing import PathLike

_PATTERN = "events.out.tfevents.*"


def forget_from(folder: PathLike, step: int) -> None:
    """Takes out of TensorBoard's files what a resumed run will write again.

    Args:
        folder: Path of the files.
        step: Integer, the first one that will be written.
    """
    for file in sorted(folder.glob(_PATTERN)):
        records, whole = _records(file)
        kept = [record for record in records if _step(record) < step]
        if whole and len(kept) == len(records):
            continue
        if not any(_holds_values(record) for record in kept):
            file.unlink()
            continue
        with atomic_write(file) as scratch:
            with tf.io.TFRecordWriter(str(scratch)) as writer:
                for record in kept:
                    writer.write(record)


def _records(file):
    """What a file holds, and whether it can be read to its end."""
    records = []
    try:
        for record in tf.data.TFRecordDataset(str(file)).as_numpy_iterator():
            records.append(record)
    except tf.errors.DataLossError:
        # The last record of a process that was killed may be half written.
        return records, False
    return records, True


def _step(record):
    event = tf.compat.v1.Event.FromString(record)
    return event.step if event.HasField("summary") else -1


def _holds_values(record):
    return tf.compat.v1.Event.FromString(record).HasField("summary")


# What logs of other data begin with, and the run that they are shown in.
_RUNS = {"val_": "validation", "test_": "test"}
# Keras' own log of a rate that a callback has set; the rate is drawn anyway.
_LEFT_OUT = ("learning_rate",)
_DESCRIPTIONS = {
    "loss": "Mean loss of the epoch.",
    "accuracy": "Share of elements that are put into their class.",
    "perplexity": "The exponential of the loss of a token.",
    "learning_rate/weights": "At the start of the epoch.",
    "speed/milliseconds_per_step": "Mean of the epoch, without validation.",
    "speed/data_wait_fraction": "Share of the time of an epoch's steps that "
    "goes by in waiting for input.",
    "memory/process_gigabytes": "What the process holds in main memory.",
    "memory/accelerator_peak_gigabytes": "What TensorFlow has held at most on "
    "the first accelerator.",
}


class Board(keras.callbacks.Callback):
    """Curves of a training, each quantity once.

    Training and validation are runs of their own, `training/train` and
    `training/validation` (`training/test` of a test part), whose tags are the
    same, so that they share charts, with one another and with those of a
    search. A run that is resumed has one point an epoch.
    `fit(output_dir=...)` of a recipe adds this callback itself.

    Args:
        folder: Where TensorBoard will look.
        input_wait: `DataWaitMonitor` among the callbacks before this one, which
            measures the time of steps. Defaults to `None`.
        config: Dictionary, the settings of the run, shown as text. Defaults to
            `None`.

    Example:

    >>> Board("runs/a/tensorboard").folder.name
    'tensorboard'
    """

    part = "training"
    descriptions: dict[str, str] = _DESCRIPTIONS

    def __init__(
        self,
        folder: PathLike,
        input_wait: DataWaitMonitor | None = None,
        config: Config | None = None,
    ) -> None:
        super().__init__()
        self.folder: pathlib.Path = user_path(folder, "folder")
        self.input_wait = input_wait
        self.config = config
        self._writers, self._rates = {}, {}

    def on_train_begin(self, logs: Logs = None) -> None:
        self._writers = {}

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        # Only now it is known where a run is resumed.
        if not self._writers:
            self._open(epoch)
        self._rates = self.rates()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        values = {
            name: value
            for name, value in (logs or {}).items()
            if name not in _LEFT_OUT and _is_finite(value)
        }
        of_run = {"train": {}}
        for name, value in values.items():
            run, name = _run_of(name)
            of_run.setdefault(run, {})[self.tag(name)] = value
        of_run["train"].update(self.figures())
        for run, figures in of_run.items():
            with self._writer(run).as_default(step=epoch):
                for tag, value in figures.items():
                    self.scalar(tag, value)
        with self._writer("train").as_default(step=epoch):
            self.draw(epoch)
        for writer in self._writers.values():
            writer.flush()

    def on_train_end(self, logs: Logs = None) -> None:
        for writer in self._writers.values():
            writer.close()

    def tag(self, name: str) -> str:
        """The tag of a log, whose beginning up to a slash is its group."""
        return name

    def rates(self) -> dict[str, float]:
        """The learning rates of the epoch that begins, by their tags."""
        return {"learning_rate/weights": rate_of(self.model.optimizer)}

    def figures(self) -> dict[str, float]:
        """What is drawn besides the logs, by its tag."""
        figures = {**self._rates, **_memory()}
        wait = self.input_wait
        if wait is not None and wait.share is not None:
            figures["speed/data_wait_fraction"] = wait.share
            figures["speed/milliseconds_per_step"] = (
                1000 * wait.seconds / wait.steps
            )
        return figures

    def draw(self, epoch: int) -> None:
        """Writes what is no scalar to the present summary."""
        if epoch == 0 and hasattr(self.model, "genotype"):
            self.text("genotype", str(self.model.genotype))

    def scalar(self, tag: str, value: float) -> None:
        tf.summary.scalar(tag, value, description=self.descriptions.get(tag))

    def text(self, tag: str, text: str) -> None:
        """Writes text letter by letter, although TensorBoard reads markup."""
        tf.summary.text(tag, f"```\n{text}\n```")

    def _open(self, epoch):
        for name in ("train", *_RUNS.values()):
            forget_from(self.folder / self.part / name, epoch)
        with self._writer("train").as_default(step=0):
            if epoch == 0 and self.config is not None:
                self.text("config", json.dumps(self.config, indent=2))

    def _writer(self, name):
        """A writer, whose file appears when there is something to write."""
        if name not in self._writers:
            path = str(self.folder / self.part / name)
            self._writers[name] = tf.summary.create_file_writer(path)
        return self._writers[name]


def _is_finite(value):
    return isinstance(value, numbers.Real) and math.isfinite(value)


def _run_of(log):
    """The run in which a log is shown, and its name there."""
    for prefix, run in _RUNS.items():
        if log.startswith(prefix):
            return run, log.removeprefix(prefix)
    return "train", log


def rate_of(optimizer: keras.optimizers.Optimizer) -> float:
    """The present learning rate, also of a schedule."""
    # On several devices it is mirrored, which is no number to Python.
    return float(tf.convert_to_tensor(optimizer.learning_rate))


def _memory():
    held, _ = memory()
    figures = {}
    if held is not None:
        figures["memory/process_gigabytes"] = held / 1e9
    if tf.config.list_logical_devices("GPU"):
        peak = tf.config.experimental.get_memory_info("GPU:0")["peak"]
        figures["memory/accelerator_peak_gigabytes"] = peak / 1e9
    return figures
