"""The lengths of the segments that a text is cut into."""

import math
import statistics

import numpy as np

from keras_darts.errors import unknown_name

# Merity's language models: shares, spread and bounds in tokens.
_HALVES = 0.05
_SPREAD = 5
_SHORTEST = 5
_LONGER = 20

_KINDS = ("fixed", "halved", "normal")


def segment_lengths(
    total, *, segment_length=35, kind="halved", seed=0, epoch=0
):
    """The lengths of the segments of one pass over a text.

    Every epoch has the same number of segments: as many lengths are drawn as
    the mean length fits into the text, and then lengths chosen at random are
    moved by single tokens, within the bounds of their kind, until they add up
    to the text. So no token is left out.

    Args:
        total: Integer, the number of tokens in a row.
        segment_length: Integer. Defaults to `35`.
        kind: String. `"halved"`: `segment_length`, half of it in 5 % of the
            draws, as in the search. `"normal"`: normally distributed around
            one of these with a deviation of 5, from 5 to `segment_length` +
            20, as in the training of the network. `"fixed"`: always
            `segment_length`, the last one what is left. Defaults to
            `"halved"`.
        seed: Integer. Defaults to `0`.
        epoch: Integer. Defaults to `0`.

    Returns:
        Array of int32. A text shorter than `segment_length` is one segment.

    Raises:
        ValueError: If `kind` is not known or an integer is not positive.

    Example:

    >>> lengths = segment_lengths(1000, kind="normal", epoch=1)
    >>> len(lengths), int(lengths.sum())
    (30, 1000)

    Reference:

    - Merity et al., Regularizing and Optimizing LSTM Language Models, 4.1,
      https://arxiv.org/abs/1708.02182
    """
    number = count(total, segment_length, kind)
    if kind == "fixed":
        lengths = np.full(number, segment_length, "int32")
        lengths[-1] = total - (number - 1) * segment_length
        return lengths
    if number == 1:
        return np.array([total], "int32")
    rng = np.random.default_rng([seed, epoch])
    half = rng.random(number) < _HALVES
    low, high = _bounds(segment_length, kind)
    if kind == "halved":
        lengths = np.where(half, low, high)
    else:
        center = np.where(half, segment_length / 2, segment_length)
        drawn = rng.normal(center, _SPREAD).astype("int64")
        lengths = np.clip(drawn, low, high)
    missing = total - int(lengths.sum())
    room = high - lengths if missing > 0 else lengths - low
    moved = rng.multivariate_hypergeometric(
        room, abs(missing), method="marginals"
    )
    return (lengths + np.sign(missing) * moved).astype("int32")


def count(total, segment_length, kind):
    """The number of segments of a pass, whatever its epoch."""
    _check(total, segment_length, kind)
    if kind == "fixed":
        return math.ceil(total / segment_length)
    if total < segment_length:
        return 1
    low, high = _bounds(segment_length, kind)
    mean = (1 - _HALVES) * _mean(segment_length, low, high, kind)
    mean += _HALVES * _mean(segment_length / 2, low, high, kind)
    return max(round(total / mean), math.ceil(total / high))


def _check(total, segment_length, kind):
    if kind not in _KINDS:
        raise unknown_name("kind", kind, _KINDS)
    for name, value in (("total", total), ("segment_length", segment_length)):
        if value < 1:
            raise ValueError(
                f"`{name}` must be positive. Received: {name}={value}"
            )


def _bounds(segment_length, kind):
    if kind == "halved":
        return max(1, segment_length // 2), segment_length
    return min(_SHORTEST, segment_length), segment_length + _LONGER


def _mean(center, low, high, kind):
    if kind == "halved":
        return max(low, int(center))
    # Of a number drawn, cut to an integer and brought within the bounds.
    normal = statistics.NormalDist(center, _SPREAD)
    return low + sum(1 - normal.cdf(n) for n in range(low + 1, high + 1))
