"""Configures TensorFlow for a search on a CPU."""

from __future__ import annotations

import importlib
import os
import sys
import warnings

from keras_darts.utils.messages import without_chatter

_ONEDNN = "TF_ENABLE_ONEDNN_OPTS"


def configure_cpu(
    grappler: bool = False, onednn: bool = True, threads: str = "inter_op"
) -> None:
    """Sets TensorFlow up for small machines; call it before all else.

    A search of image cells has hundreds of small operations that wait for
    nothing: run side by side on a thread each they are faster than one after
    the other on all threads. The large ones of a recurrent search wait for
    each other, and gain nothing. oneDNN's kernels, which TensorFlow leaves off
    on some processors, make a step faster. The graph optimizer takes half of
    the time to a search's first step and was found to win nothing after it.
    `benchmarks/README.md` has the figures.

    TensorFlow is imported without the lines that it writes about itself, and
    shows errors alone, unless `TF_CPP_MIN_LOG_LEVEL` is set to 0 or 1.

    Args:
        grappler: Boolean, whether TensorFlow rewrites graphs before they run.
            Defaults to `False`.
        onednn: Boolean, whether oneDNN is used. The environment variable
            `TF_ENABLE_ONEDNN_OPTS` prevails where it is set. Defaults to
            `True`.
        threads: `"inter_op"`: operations run side by side, on one thread each;
            `"intra_op"`: all threads share an operation, as TensorFlow has it
            by default, for recurrent searches and plain networks; `None`: the
            present setting stays. Defaults to `"inter_op"`.

    Warns:
        RuntimeWarning: if TensorFlow is imported already, too late for
            `onednn`, or has begun to run, too late for `threads`; the rest is
            set nevertheless.

    Raises:
        ValueError: for unknown `threads`.
    """
    if threads not in ("inter_op", "intra_op", None):
        raise ValueError(
            '`threads` must be "inter_op", "intra_op" or None. '
            f"Received: threads={threads!r}"
        )
    _choose_onednn(onednn)
    # Not at the top, where it would be imported before oneDNN is chosen.
    with without_chatter():
        tensorflow = importlib.import_module("tensorflow")
        # Drivers are looked for, and say so where there are none.
        tensorflow.config.list_physical_devices()
    tensorflow.config.optimizer.set_experimental_options(
        {"disable_meta_optimizer": not grappler}
    )
    if threads is not None:
        _choose_threads(tensorflow.config.threading, threads)


def _choose_onednn(onednn):
    if _ONEDNN in os.environ:
        return
    if "tensorflow" in sys.modules:
        _warn(
            "`onednn` has no effect once TensorFlow is imported: call "
            f"configure_cpu before that, or set {_ONEDNN} in the "
            f"environment. Received: onednn={onednn}"
        )
    else:
        os.environ[_ONEDNN] = str(int(onednn))


def _choose_threads(threading, threads):
    # Zero leaves a number to TensorFlow: one a core.
    within = 1 if threads == "inter_op" else 0
    if threading.get_intra_op_parallelism_threads() == within:
        return
    try:
        threading.set_intra_op_parallelism_threads(within)
    except RuntimeError:
        _warn(
            "`threads` has no effect once TensorFlow has begun to run: call "
            f"configure_cpu before that. Received: threads={threads!r}"
        )


def _warn(message):
    warnings.warn(message, RuntimeWarning, stacklevel=4)
