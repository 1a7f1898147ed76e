"""Batches of a long text for truncated backpropagation through time."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from keras_darts.utils.errors import unknown_name
from keras_darts.utils.tf_config import prefetched
from keras_darts.utils.typing import Dataset

if TYPE_CHECKING:
    from keras_darts.datasets.token_streams import TokenStreams


# Merity's language models: shares, spread and bounds in tokens.
_HALVES = 0.05
_SPREAD = 5
_SHORTEST = 5
_LONGER = 20

_LENGTH_DISTRIBUTIONS = ("fixed", "halved", "normal")


def segment_lengths(
    total: int,
    *,
    segment_length: int = 35,
    length_distribution: str = "halved",
    seed: int = 0,
    epoch: int = 0,
) -> np.ndarray:
    """The lengths of the segments of one pass over a text.

    Every epoch has the same number of segments: as many lengths are drawn as
    the mean length fits into the text, and then lengths chosen at random are
    moved by single tokens, within the bounds of their distribution, until they
    add up to the text. So no token is left out.

    Args:
        total: Integer, the number of tokens in a row.
        segment_length: Integer. Defaults to `35`.
        length_distribution: String. `"halved"`: `segment_length`, half of it in
            5 % of the draws, as in the search. `"normal"`: normally distributed
            around one of these with a deviation of 5, from 5 to
            `segment_length` + 20, as in the training of the network. `"fixed"`:
            always `segment_length`, the last one what is left. Defaults to
            `"halved"`.
        seed: Integer. Defaults to `0`.
        epoch: Integer. Defaults to `0`.

    Returns:
        Array of int32. A text shorter than `segment_length` is one segment.

    Raises:
        ValueError: If `length_distribution` is not known or an integer is not
            positive.

    Example:

    >>> lengths = segment_lengths(1000, length_distribution="normal", epoch=1)
    >>> len(lengths), int(lengths.sum())
    (30, 1000)

    Reference:

    - Merity et al., Regularizing and Optimizing LSTM Language Models, 4.1,
      https://arxiv.org/abs/1708.02182
    """
    number = count(total, segment_length, length_distribution)
    if length_distribution == "fixed":
        lengths = np.full(number, segment_length, "int32")
        lengths[-1] = total - (number - 1) * segment_length
        return lengths
    if number == 1:
        return np.array([total], "int32")
    rng = np.random.default_rng([seed, epoch])
    half = rng.random(number) < _HALVES
    low, high = _bounds(segment_length, length_distribution)
    if length_distribution == "halved":
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


def count(total: int, segment_length: int, length_distribution: str) -> int:
    """The number of segments of a pass, whatever its epoch."""
    _check(total, segment_length, length_distribution)
    if length_distribution == "fixed":
        return math.ceil(total / segment_length)
    if total < segment_length:
        return 1
    low, high = _bounds(segment_length, length_distribution)
    mean = (1 - _HALVES) * _mean(segment_length, low, high, length_distribution)
    mean += _HALVES * _mean(segment_length / 2, low, high, length_distribution)
    return max(round(total / mean), math.ceil(total / high))


def _check(total, segment_length, length_distribution):
    if length_distribution not in _LENGTH_DISTRIBUTIONS:
        raise unknown_name(
            "length_distribution", length_distribution, _LENGTH_DISTRIBUTIONS
        )
    for name, value in (("total", total), ("segment_length", segment_length)):
        if value < 1:
            raise ValueError(
                f"`{name}` must be positive. Received: {name}={value}"
            )


def _bounds(segment_length, length_distribution):
    if length_distribution == "halved":
        return max(1, segment_length // 2), segment_length
    return min(_SHORTEST, segment_length), segment_length + _LONGER


def _mean(center, low, high, length_distribution):
    if length_distribution == "halved":
        return max(low, int(center))
    # Of a number drawn, cut to an integer and brought within the bounds.
    normal = statistics.NormalDist(center, _SPREAD)
    return low + sum(1 - normal.cdf(n) for n in range(low + 1, high + 1))


def bptt_batches_per_epoch(
    streams: TokenStreams,
    *,
    segment_length: int = 35,
    length_distribution: str = "halved",
) -> int:
    """The number of segments in each pass over the streams.

    Args:
        streams: `TokenStreams`.
        segment_length: Integer. Defaults to `35`.
        length_distribution: String, as in `segment_lengths`. Defaults to
            `"halved"`.

    Example:

    >>> from keras_darts.datasets import token_streams
    >>> bptt_batches_per_epoch(token_streams(np.arange(720), 2))
    11
    """
    return count(streams.length, segment_length, length_distribution)


def bptt_batches(
    streams: TokenStreams,
    *,
    epochs: int,
    seed: int,
    start_epoch: int = 0,
    start_step: int = 0,
    segment_length: int = 35,
    length_distribution: str = "halved",
) -> Dataset:
    """Batches for training: in each epoch one pass, cut in a way of its own.

    A pass starts where the text starts, so models that carry a state clear it
    at the start of each epoch. The lengths are functions of the seed and the
    epoch, so what starts at an epoch gives what the whole gives there.

    Args:
        streams: `TokenStreams`.
        epochs: Integer, the epoch at which the batches end.
        seed: Integer.
        start_epoch: Integer, the epoch at which they start. Defaults to `0`.
        start_step: Integer, the step within that epoch. Defaults to `0`.
        segment_length: Integer. Defaults to `35`.
        length_distribution: String, as in `segment_lengths`. Defaults to
            `"halved"`.

    Returns:
        A `tf.data.Dataset` of (ids, next ids), both of shape (batch, time),
        of known cardinality.

    Example:

    >>> from keras_darts.datasets import token_streams
    >>> streams = token_streams(np.arange(201), 2)
    >>> batches = bptt_batches(streams, epochs=1, seed=0)
    >>> len(batches), sum(x.shape[1] for x, y in batches)
    (3, 99)
    """
    cut = {
        "segment_length": segment_length,
        "length_distribution": length_distribution,
    }
    starts, lengths = _passes(
        streams, range(start_epoch, epochs), seed=seed, cut=cut
    )
    starts, lengths = starts.ravel()[start_step:], lengths.ravel()[start_step:]
    batches = _slices(streams, starts, lengths)
    return prefetched(batches)


def bilevel_bptt_batches(
    train: TokenStreams,
    search: TokenStreams,
    *,
    epochs: int,
    seed: int,
    start_epoch: int = 0,
    start_step: int = 0,
    segment_length: int = 35,
    length_distribution: str = "halved",
    steps_per_epoch: int | None = None,
) -> Dataset:
    """Pairs (training segment, search segment), one of each a step.

    The training segments are as in `bptt_batches`. The search segments all have
    the full length and follow each other; after the last one comes the first
    one again, as at the start of each epoch.

    Args:
        train: `TokenStreams`, for the weights.
        search: `TokenStreams`, for the architecture. Where a row is shorter
            than a segment, it is used as a whole.
        epochs: Integer, the epoch at which the pairs end.
        seed: Integer.
        start_epoch: Integer, the epoch at which they start. Defaults to `0`.
        start_step: Integer, the step within that epoch. Defaults to `0`.
        segment_length: Integer. Defaults to `35`.
        length_distribution: String, as in `segment_lengths`. Defaults to
            `"halved"`.
        steps_per_epoch: Integer. Fewer than a pass has leave the end of the
            text out, more begin the text again. Defaults to `None`, one pass
            over the training text.

    Returns:
        A `tf.data.Dataset` of ((ids, next ids), (ids, next ids)) of known
        cardinality.

    Example:

    >>> from keras_darts.datasets import token_streams
    >>> streams = token_streams(np.arange(400), 2)
    >>> pairs = bilevel_bptt_batches(streams, streams, epochs=1, seed=0)
    >>> (x, y), (xv, yv) = next(iter(pairs))
    >>> xv.shape
    TensorShape([2, 35])
    """
    cut = {
        "segment_length": segment_length,
        "length_distribution": length_distribution,
    }
    starts, lengths = _passes(
        train, range(start_epoch, epochs), seed=seed, cut=cut
    )
    steps = steps_per_epoch or lengths.shape[1]
    turns = np.arange(steps) % lengths.shape[1]
    length = min(segment_length, search.length)
    search_starts = np.arange(steps) % (search.length // length) * length
    count = epochs - start_epoch
    places = (
        (train, starts[:, turns].ravel(), lengths[:, turns].ravel()),
        (
            search,
            np.tile(search_starts, count),
            np.full(steps * count, length),
        ),
    )
    pairs = tf.data.Dataset.zip(
        tuple(
            _slices(streams, first[start_step:], number[start_step:])
            for streams, first, number in places
        )
    )
    return prefetched(pairs)


def eval_bptt_batches(
    streams: TokenStreams, segment_length: int = 35
) -> Dataset:
    """Batches of the whole text once, the last one maybe shorter.

    Args:
        streams: `TokenStreams`.
        segment_length: Integer. Defaults to `35`.
    """
    return bptt_batches(
        streams,
        epochs=1,
        seed=0,
        segment_length=segment_length,
        length_distribution="fixed",
    )


def _passes(streams, epochs, *, seed, cut):
    """Where the segments start and their lengths, a row an epoch."""
    lengths = [
        segment_lengths(streams.length, seed=seed, epoch=epoch, **cut)
        for epoch in epochs
    ]
    # No epochs are left where a search that is over is resumed.
    lengths = np.reshape(lengths, (-1, bptt_batches_per_epoch(streams, **cut)))
    return np.cumsum(lengths, axis=1) - lengths, lengths


def _slices(streams, starts, lengths):
    # On a GPU they would be copied back for each slice.
    with tf.device("CPU:0"):
        inputs = tf.constant(streams.inputs)
        targets = tf.constant(streams.targets)

    def piece(start, length):
        return tuple(
            tf.ensure_shape(
                rows[:, start : start + length], (streams.batch_size, None)
            )
            for rows in (inputs, targets)
        )

    places = (starts.astype("int32"), lengths.astype("int32"))
    return tf.data.Dataset.from_tensor_slices(places).map(
        piece, num_parallel_calls=tf.data.AUTOTUNE
    )
