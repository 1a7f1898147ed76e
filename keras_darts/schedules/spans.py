"""Spans of a run: a number of epochs, or a share of all of them."""

import math
import numbers


def checked_span(name, span, least=0):
    """A span, when it is one.

    Args:
        name: String, the argument that gives it.
        span: Integer, epochs; or float in [0, 1), the share of the epochs of a
            run.
        least: Integer, the smallest number of epochs. Defaults to `0`.

    Raises:
        ValueError: for a number that is neither.

    Example:

    >>> checked_span("epochs", 15), checked_span("epochs", 0.3)
    (15, 0.3)
    """
    whole = isinstance(span, numbers.Integral)
    if whole and span < 0:
        raise ValueError(
            f"`{name}` must not be negative. Received: {name}={span}"
        )
    if whole and not isinstance(span, bool) and span >= least:
        return int(span)
    if not whole and isinstance(span, numbers.Real) and 0 <= span < 1:
        return float(span)
    raise ValueError(
        f"`{name}` must be an integer of {least} or more, the epochs, or a "
        "float in [0, 1), their share of the run. Received: "
        f"{name}={span!r}"
    )


def epochs_of(span, epochs, least=0):
    """How many epochs a span is of a run; the nearest to its share.

    Args:
        span: As of `checked_span`.
        epochs: Integer, of the run.
        least: Integer, which no share falls below. Defaults to `0`.

    Example:

    >>> [epochs_of(0.3, epochs) for epochs in (50, 20, 3, 1)]
    [15, 6, 1, 0]
    >>> epochs_of(15, 20)
    15
    """
    if isinstance(span, int):
        return span
    return max(math.floor(span * epochs + 0.5), least)
