"""Messages of a long run about where it runs."""

from __future__ import annotations

import math
import os
import sys
from typing import TYPE_CHECKING

import keras
import tensorflow as tf

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from typing import Any

    from keras_darts.utils.typing import DistributionStrategy
    from keras_darts.utils.typing import Logs

_VAL, _TEST = "val_", "test_"


class TestFigures(keras.callbacks.Callback):
    """Calls the figures of a validation what they are: those of the test part.

    It comes before whatever writes or shows them.
    """

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        for name in [name for name in logs or () if name.startswith(_VAL)]:
            logs[_TEST + name.removeprefix(_VAL)] = logs.pop(name)


class AtBegin(keras.callbacks.Callback):
    """Calls a function before the first epoch that is run.

    What is written over has been removed by then.

    Args:
        function: Function without arguments.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        super().__init__()
        self._function = function

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        function, self._function = self._function, None
        if function is not None:
            function()


def device(strategy: DistributionStrategy) -> str:
    """Where TensorFlow computes, under a `tf.distribute` strategy."""
    gpus = tf.config.list_physical_devices("GPU")
    names = [
        tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")
        for gpu in gpus
    ]
    devices = ", ".join(names) or f"CPU with {os.cpu_count()} cores"
    replicas = strategy.num_replicas_in_sync
    return f"{devices}; {replicas} in use" if replicas > 1 else devices


def count(variables: Iterable[keras.Variable]) -> str:
    """The numbers in variables, as text."""
    return f"{sum(math.prod(v.shape) for v in variables):,}"


def verbosity() -> int:
    """A progress bar for a person, a line an epoch for a file."""
    return 1 if sys.stdout.isatty() else 2
