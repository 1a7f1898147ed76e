"""Checks of a user's callbacks."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterable
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras

from keras_darts.utils import private_api

if TYPE_CHECKING:
    pass


_LOG = logging.getLogger("keras_darts")

_MONITORS = (
    keras.callbacks.EarlyStopping,
    keras.callbacks.ModelCheckpoint,
    keras.callbacks.ReduceLROnPlateau,
)
_SETS_RATE = (
    keras.callbacks.LearningRateScheduler,
    keras.callbacks.ReduceLROnPlateau,
)
# By the names of Keras' own, where a mode needs not be given.
_KNOWN_DIRECTION = ("loss", "accuracy", "acc")


def as_list(callbacks: Any) -> list[keras.callbacks.Callback]:
    """The user's callbacks, of which Keras takes a single one, too.

    Args:
        callbacks: Keras callback, list of them, or `None`.

    Raises:
        ValueError: for what is no callback, and for those that can't work in
            any run.
    """
    flat = [c for c in keras.tree.flatten(callbacks) if c is not None]
    for callback in flat:
        if not isinstance(callback, keras.callbacks.Callback):
            hint = ""
            if inspect.isclass(callback):
                hint = f": make one, as in {callback.__name__}()"
            raise ValueError(
                "`callbacks` must hold objects of keras.callbacks.Callback"
                f"{hint}. Received: {callback!r}"
            )
        if isinstance(callback, keras.callbacks.BackupAndRestore):
            raise ValueError(
                "`callbacks` must not hold BackupAndRestore, which knows "
                "nothing of the place in the data: with `output_dir` a run "
                "saves itself, and is resumed by the same call. Received: "
                f"{callback!r}"
            )
    return flat


def check_monitored(
    callbacks: Sequence[keras.callbacks.Callback],
    model: keras.Model,
    *,
    validates: bool,
    more: Iterable[str] = (),
) -> None:
    """Refuses callbacks that wait for logs which no epoch has.

    Args:
        callbacks: List of Keras callbacks.
        model: Compiled Keras model.
        validates: Boolean, whether each epoch ends with a validation.
        more: Iterable of strings, logs that are no metrics. Defaults to none.

    Raises:
        ValueError: naming the callback, and the logs that there are.
    """
    metrics = _metric_names(model)
    logs = {*metrics, *(metric.name for metric in model.metrics)}
    logs -= {"compile_metrics"}
    if validates:
        logs |= {f"val_{name}" for name in logs}
    logs |= {*more}
    for callback in callbacks:
        logs |= {*getattr(callback, "added_logs", ())}
    if any(isinstance(callback, _SETS_RATE) for callback in callbacks):
        logs.add("learning_rate")
    certain = not any(_may_add_logs(callback) for callback in callbacks)
    for callback in callbacks:
        problem = _unlogged(callback, logs)
        undirected = _undirected(callback, {*_KNOWN_DIRECTION, *metrics})
        if undirected is not None and (problem is None or not certain):
            raise ValueError(f"`callbacks` must be able to work: {undirected}")
        if problem is None:
            continue
        hint = "" if validates else "; `validation_data` gives those of val_"
        message = (
            f"{problem}. The logs of an epoch are {', '.join(sorted(logs))}"
            f"{hint}"
        )
        if certain:
            raise ValueError(f"`callbacks` must be able to work: {message}")
        _LOG.warning("%s, and what your own callbacks add to them", message)


def _unlogged(callback, logs):
    """What a callback waits for that is not among the logs, or `None`."""
    if not isinstance(callback, _MONITORS):
        return None
    name = type(callback).__name__
    if isinstance(callback, keras.callbacks.ModelCheckpoint):
        try:
            callback.filepath.format(
                epoch=1, batch=1, **dict.fromkeys(logs, 0.0)
            )
        except KeyError as error:
            return (
                f"{name} has {error.args[0]!r} in filepath="
                f"{callback.filepath!r}, which no epoch logs"
            )
    monitor = callback.monitor
    if _compares(callback) and monitor not in logs:
        return f"{name} has monitor={monitor!r}, which no epoch logs"
    return None


def _undirected(callback, known):
    """Says that Keras can't tell whether less is better, or `None`."""
    if not isinstance(callback, _MONITORS) or not _compares(callback):
        return None
    monitor = callback.monitor
    if callback.mode != "auto" or monitor.removeprefix("val_") in known:
        return None
    return (
        f"{type(callback).__name__} needs mode='min' or mode='max' for "
        f"monitor={monitor!r}, of which Keras does not know whether less is "
        "better"
    )


def _compares(callback):
    return getattr(callback, "save_best_only", True)


def _metric_names(model):
    """Those that `compile` was given, as Keras calls them in the logs."""
    arguments = private_api.compile_arguments(model)
    metrics = [arguments.get("metrics"), arguments.get("weighted_metrics")]
    names = []
    for metric in keras.tree.flatten(metrics):
        if isinstance(metric, str):
            names.append(metric)
        elif metric is not None:
            names.append(
                getattr(metric, "name", None)
                or getattr(metric, "__name__", type(metric).__name__)
            )
    return names


def _may_add_logs(callback):
    """Whether an epoch may have logs that only this callback knows of."""
    if "on_epoch_end" in vars(callback):
        return True
    if type(callback).on_epoch_end is keras.callbacks.Callback.on_epoch_end:
        return False
    package = type(callback).__module__.split(".")[0]
    return package not in ("keras", "keras_darts")
