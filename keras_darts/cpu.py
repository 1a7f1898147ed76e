"""How TensorFlow is best set up for a search on a CPU."""

import importlib
import os
import sys
import warnings

_ONEDNN = "TF_ENABLE_ONEDNN_OPTS"


def configure_cpu(graph_optimizer=False, onednn=True):
    """Sets TensorFlow up for small machines; call it before all else.

    oneDNN's kernels, which TensorFlow leaves off on some processors, made a
    step faster where that was measured. The graph optimizer takes half of the
    time to a search's first step and was found to win nothing after it.

    Args:
        graph_optimizer: Boolean, whether TensorFlow rewrites graphs before
            they run. Defaults to `False`.
        onednn: Boolean, whether oneDNN is used. The environment variable
            `TF_ENABLE_ONEDNN_OPTS` prevails where it is set. Defaults to
            `True`.

    Warns:
        RuntimeWarning: if TensorFlow is imported already, too late for
            `onednn` to take effect; the graph optimizer is set nevertheless.
    """
    if _ONEDNN not in os.environ:
        if "tensorflow" in sys.modules:
            warnings.warn(
                "`onednn` has no effect once TensorFlow is imported: call "
                f"configure_cpu before that, or set {_ONEDNN} in the "
                f"environment. Received: onednn={onednn}",
                RuntimeWarning,
                stacklevel=2,
            )
        else:
            os.environ[_ONEDNN] = str(int(onednn))
    # Not at the top, where it would be imported before oneDNN is chosen.
    tensorflow = importlib.import_module("tensorflow")
    tensorflow.config.optimizer.set_experimental_options(
        {"disable_meta_optimizer": not graph_optimizer}
    )
