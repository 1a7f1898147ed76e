"""A long text side by side in rows, from whatever a user has."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import tensorflow as tf

from keras_darts.utils.typing import ArrayLike


@dataclasses.dataclass(frozen=True, eq=False)
class TokenStreams:
    """Rows of text that continue from segment to segment.

    Args:
        inputs: Array of int32 of shape (batch, length).
        targets: Array of int32 of the same shape, the token that follows each
            one of `inputs`.

    Example:

    >>> streams = token_streams(np.arange(8), batch_size=2)
    >>> streams.inputs.tolist(), streams.targets.tolist()
    ([[0, 1, 2], [4, 5, 6]], [[1, 2, 3], [5, 6, 7]])
    """

    inputs: np.ndarray
    targets: np.ndarray

    @property
    def batch_size(self) -> int:
        return self.inputs.shape[0]

    @property
    def length(self) -> int:
        """The number of tokens in a row."""
        return self.inputs.shape[1]

    @property
    def num_tokens(self) -> int:
        """The number of tokens that are predicted."""
        return self.inputs.size


def token_streams(
    source: ArrayLike,
    batch_size: int | None = None,
    *,
    vocabulary_size: int | None = None,
    steps: int | None = None,
    name: str = "source",
) -> TokenStreams:
    """The rows of a text, of segments that follow each other, or of a pair.

    Args:
        source: Array of token ids of shape (tokens,), which is cut into rows
            of equal length (what is left over is dropped); or a finite
            `tf.data.Dataset` of batches (ids, next ids) of shape (batch,
            time), each row of which continues in the next batch; or such a pair
            of arrays.
        batch_size: Integer, the number of rows; needed for an array of ids.
            Defaults to `None`, that of the batches or the pair.
        vocabulary_size: Integer above every id. Defaults to `None`, not
            checked.
        steps: Integer, the most batches to read of a data set; needed if it
            never ends. Defaults to `None`.
        name: String, what errors call the text. Defaults to `"source"`.

    Returns:
        The `TokenStreams`.

    Raises:
        TypeError: If `source` is none of these.
        ValueError: If the ids are not integers from zero to
            `vocabulary_size`, the text is too short for the rows, or batches
            differ in their number of rows.

    Example:

    >>> ids = np.arange(12).reshape(2, 6)
    >>> batches = [(ids[:, :3], ids[:, 1:4]), (ids[:, 3:5], ids[:, 4:])]
    >>> signature = (tf.TensorSpec((2, None), "int32"),) * 2
    >>> dataset = tf.data.Dataset.from_generator(
    ...     lambda: batches, output_signature=signature
    ... )
    >>> token_streams(dataset).inputs.tolist()
    [[0, 1, 2, 3, 4], [6, 7, 8, 9, 10]]
    """
    if isinstance(source, tf.data.Dataset):
        inputs, targets = _joined(source, steps, name)
    elif isinstance(source, (tuple, list)) and _are_rows(source):
        inputs, targets = map(np.asarray, source)
    else:
        inputs, targets = _rows(np.asarray(source), batch_size, name)
    _check_pair(inputs, targets, batch_size, name)
    for ids in (inputs, targets):
        _check_ids(ids, vocabulary_size, name)
    return TokenStreams(inputs.astype("int32"), targets.astype("int32"))


def _are_rows(source):
    return len(source) == 2 and all(np.ndim(part) == 2 for part in source)


def _rows(ids, batch_size, name):
    if ids.ndim != 1:
        raise TypeError(
            f"`{name}` must be an array of token ids of shape (tokens,), a "
            "pair of arrays (ids, next ids) of shape (batch, time) or a data "
            f"set of such pairs. Received: shape {ids.shape}, dtype {ids.dtype}"
        )
    if batch_size is None or batch_size < 1:
        raise ValueError(
            f"`batch_size` must be the number of rows to cut `{name}` into. "
            f"Received: batch_size={batch_size}"
        )
    columns = len(ids) // batch_size
    if columns < 2:
        raise ValueError(
            f"`{name}` must have two tokens at least for each of the "
            f"`batch_size` rows. Received: {len(ids)} tokens, "
            f"batch_size={batch_size}"
        )
    rows = ids[: columns * batch_size].reshape(batch_size, columns)
    return rows[:, :-1], rows[:, 1:]


def _joined(dataset, steps, name):
    spec = dataset.element_spec
    pair = isinstance(spec, tuple) and len(spec) == 2
    if not pair or any(
        not isinstance(part, tf.TensorSpec)
        or part.shape.rank not in (2, None)
        or not part.dtype.is_integer
        for part in spec
    ):
        raise ValueError(
            f"`{name}` as a data set must give pairs (ids, next ids) of "
            "integers of shape (batch, time), which follow each other in "
            f"time. Received: elements of {spec}"
        )
    endless = int(dataset.cardinality()) == tf.data.INFINITE_CARDINALITY
    if endless and steps is None:
        raise ValueError(
            "`steps` must be given for a data set that never ends. Received: "
            "steps=None"
        )
    batches = itertools.islice(dataset.as_numpy_iterator(), steps)
    inputs, targets = [], []
    for x, y in batches:
        _check_pair(x, y, len(inputs[0]) if inputs else None, name)
        inputs.append(x)
        targets.append(y)
    if not inputs:
        raise ValueError(f"`{name}` must not be empty. Received: no batches")
    return np.concatenate(inputs, 1), np.concatenate(targets, 1)


def _check_pair(inputs, targets, batch_size, name):
    if inputs.shape != targets.shape or inputs.ndim != 2 or not inputs.size:
        raise ValueError(
            f"`{name}` must have ids and next ids of one shape (batch, time). "
            f"Received: shapes {inputs.shape} and {targets.shape}"
        )
    if batch_size not in (None, len(inputs)):
        raise ValueError(
            f"`{name}` must have the same number of rows in every batch, that "
            "of `batch_size` if it is given (drop a smaller last batch). "
            f"Received: {len(inputs)} rows after batch_size={batch_size}"
        )


def _check_ids(ids, vocabulary_size, name):
    if ids.dtype.kind not in "iu":
        raise ValueError(
            f"`{name}` must hold token ids as integers: encode texts with a "
            f"Vocabulary. Received: dtype {ids.dtype}"
        )
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or high >= (vocabulary_size or 2**31 - 1):
        raise ValueError(
            f"`{name}` must hold token ids from zero to below "
            f"`vocabulary_size`. Received: ids from {low} to {high}, "
            f"vocabulary_size={vocabulary_size}"
        )
