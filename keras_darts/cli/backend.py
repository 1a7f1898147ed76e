"""TensorFlow, imported without the noise it makes on the way."""

import contextlib
import logging
import os
import shutil
import sys
import tempfile
import threading

from absl import flags

from keras_darts.cpu import configure_cpu

PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_WARNINGS_OFF = "2"
_NOISE = (b"Created TensorFlow Lite", b"fully_quantize: ")
_RETRACING = "triggered tf.function retracing"


def define_accumulation(options):
    """Declares the flag of batches that are computed in parts."""
    flags.DEFINE_integer(
        "accumulation_steps",
        1,
        "Parts of a batch that are computed one after the other, to save "
        "memory.",
        lower_bound=1,
        flag_values=options,
    )


def define_precision(options):
    """Declares in what numbers a network computes."""
    flags.DEFINE_enum(
        "precision",
        "float32",
        PRECISIONS,
        "What layers compute in; variables stay float32. The mixed ones save "
        "memory, and time on accelerators made for them; a CPU is slower.",
        flag_values=options,
    )


def define_synchronization(options):
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


def define_exactness(options):
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


def start(graph_optimizer=True, threads=None, devices=None, strategy=None):
    """Imports TensorFlow as this machine needs it.

    Where the user has set `TF_CPP_MIN_LOG_LEVEL` to 0 or 1, all is shown that
    TensorFlow says on the way.

    Args:
        graph_optimizer: As for `configure_cpu`. Defaults to `True`.
        threads: As for `configure_cpu`: `"across"` operations for a search.
            Defaults to `None`: as TensorFlow comes, for plain networks.
        devices: As for `chosen_strategy`. Defaults to `None`.
        strategy: Function that gives the strategy instead. Defaults to `None`.

    Returns:
        The `tf.distribute` strategy to build models in.
    """
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    level = os.environ.setdefault(_LEVEL, _WARNINGS_OFF)
    quiet = _without_noise if level >= _WARNINGS_OFF else contextlib.nullcontext
    with quiet():
        configure_cpu(graph_optimizer=graph_optimizer, threads=threads)
        import tensorflow as tf

        from keras_darts.devices import chosen_strategy

        # Before anything runs, when a processor can no longer be divided.
        strategy = strategy() if strategy else chosen_strategy(devices)
        # The first integers, of which oneDNN says that it leaves them alone.
        with tf.device("CPU:0"):
            tf.transpose(tf.zeros((2, 3), "int32"))
    return strategy


@contextlib.contextmanager
def retracing_unsaid():
    """Inside, TensorFlow does not warn that each model has a graph anew."""
    log = logging.getLogger("tensorflow")

    def other(record):
        return _RETRACING not in record.getMessage()

    log.addFilter(other)
    try:
        yield
    finally:
        log.removeFilter(other)


def define_devices(options):
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


@contextlib.contextmanager
def runtimes_unheard():
    """Inside, LiteRT does not say on standard error what it is made of.

    Its lines come from compiled code that asks no log level, so that they are
    left out between the descriptor and the screen; all others pass.
    """
    sys.stderr.flush()
    shown, (source, sink) = os.dup(2), os.pipe()
    os.dup2(sink, 2)
    os.close(sink)
    passing = threading.Thread(target=_pass_on, args=(source, shown))
    passing.start()
    try:
        yield
    finally:
        sys.stderr.flush()
        # Nobody else holds the pipe, so that it ends.
        os.dup2(shown, 2)
        passing.join()
        os.close(shown)


def _pass_on(source, shown):
    with os.fdopen(source, "rb") as lines:
        for line in lines:
            if not any(noise in line for noise in _NOISE):
                os.write(shown, line)


@contextlib.contextmanager
def _without_noise():
    """Holds back standard error, shown only if something is raised.

    TensorFlow writes there about itself before it looks at its log level, so
    that only the descriptor itself can be turned aside.
    """
    sys.stderr.flush()
    shown = os.dup(2)
    with tempfile.TemporaryFile("w+") as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except BaseException:
            aside.seek(0)
            with os.fdopen(os.dup(shown), "w") as standard_error:
                shutil.copyfileobj(aside, standard_error)
            raise
        finally:
            os.dup2(shown, 2)
            os.close(shown)
