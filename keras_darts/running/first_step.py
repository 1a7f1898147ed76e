"""What a run says before its first step, which nobody sees anything of."""

import logging

_LOG = logging.getLogger("keras_darts")

# Measured on a CPU with two cores; a variable is some operations of the graph
# and of its gradient.
_SECONDS = 3.0
_SECONDS_A_VARIABLE = 0.3
_WORTH_A_LINE = 10.0


def announce(model, variables):
    """Says that the first step is about to be built, if that takes long.

    Args:
        model: Compiled Keras model; what was traced before is not built again.
        variables: List of those that are trained.
    """
    if model.run_eagerly or model.train_function is not None:
        return
    seconds = _SECONDS + _SECONDS_A_VARIABLE * len(variables)
    if seconds >= _WORTH_A_LINE:
        _LOG.info(
            "building and compiling the first step, which takes about %s",
            _in_words(seconds),
        )


def _in_words(seconds):
    if seconds < 20:
        return "a quarter of a minute"
    if seconds < 45:
        return "half a minute"
    if seconds < 90:
        return "a minute"
    return f"{round(seconds / 60)} minutes"
