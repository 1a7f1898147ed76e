"""TensorFlow, imported without the noise it makes on the way."""

from __future__ import annotations

import contextlib
import logging
import os
from typing import TYPE_CHECKING

from absl import flags

from keras_darts.utils.cpu import configure_cpu
from keras_darts.utils.messages import without_chatter

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterator

    from keras_darts.utils.typing import DistributionStrategy

PRECISIONS: tuple[str, ...] = ("float32", "mixed_float16", "mixed_bfloat16")
_RETRACING = "triggered tf.function retracing"


def define_accumulation(options: flags.FlagValues) -> None:
    """Declares the flag of batches that are computed in parts."""
    flags.DEFINE_integer(
        "gradient_accumulation_steps",
        1,
        "Parts of a batch that are computed one after the other, to save "
        "memory.",
        lower_bound=1,
        flag_values=options,
    )


def define_precision(options: flags.FlagValues) -> None:
    """Declares in what numbers a network computes."""
    flags.DEFINE_enum(
        "dtype",
        "float32",
        PRECISIONS,
        "What layers compute in; variables stay float32. The mixed ones save "
        "memory, and time on accelerators made for them; a CPU is slower.",
        flag_values=options,
    )


def define_synchronization(options: flags.FlagValues) -> None:
    """Declares the flag of batches that are normalised as a whole."""
    flags.DEFINE_bool(
        "sync_batch_norm",
        False,
        "Normalise with the statistics of the whole batch, where devices "
        "share it, and so train what one device would; otherwise each takes "
        "those of its own part, maybe of a few images. Slower; not for "
        "running text.",
        flag_values=options,
    )


def define_exactness(options: flags.FlagValues) -> None:
    """Declares how near a search is to one elsewhere, or run again."""
    define_synchronization(options)
    flags.DEFINE_bool(
        "deterministic",
        False,
        "Make two runs on one machine equal to the last bit, to find what a "
        "change has changed. Slower, and some operations have no such form "
        "on a GPU.",
        flag_values=options,
    )


def start(
    grappler: bool | None = True,
    threads: str | int | None = None,
    devices: str | None = None,
    strategy: Callable[[], DistributionStrategy] | None = None,
) -> DistributionStrategy:
    """Imports TensorFlow as this machine needs it.

    Where the user has set `TF_CPP_MIN_LOG_LEVEL` to 0 or 1, all is shown that
    TensorFlow says on the way.

    Args:
        grappler: As for `configure_cpu`. Defaults to `True`.
        threads: As for `configure_cpu`: `"inter_op"` operations for a search.
            Defaults to `None`: as TensorFlow comes, for plain networks.
        devices: As for `distribution_strategy`. Defaults to `None`.
        strategy: Function that returns the strategy instead. Defaults to
            `None`.

    Returns:
        The `tf.distribute` strategy to build models in.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    with without_chatter():
        configure_cpu(grappler=grappler, threads=threads)
        import tensorflow as tf

        from keras_darts.distributed.devices import distribution_strategy

        # Before anything runs, when a processor can no longer be divided.
        strategy = strategy() if strategy else distribution_strategy(devices)
        # The first integers, of which oneDNN says that it leaves them alone.
        with tf.device("CPU:0"):
            tf.transpose(tf.zeros((2, 3), "int32"))
    return strategy


@contextlib.contextmanager
def retracing_unsaid() -> Iterator[None]:
    """Inside, TensorFlow does not warn that each model has a graph again."""
    log = logging.getLogger("tensorflow")

    def other(record):
        return _RETRACING not in record.getMessage()

    log.addFilter(other)
    try:
        yield
    finally:
        log.removeFilter(other)


def define_devices(options: flags.FlagValues) -> None:
    """Declares the flag that says on how many devices a model is trained."""
    flags.DEFINE_integer(
        "devices",
        None,
        "Accelerators to use, all if not given; without any, parts that the "
        "processor is divided into, for tests. They share each batch, whose "
        "size must be a multiple.",
        lower_bound=1,
        flag_values=options,
    )
