"""Inputs for checks and calibration, in whatever form they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from keras_darts.datasets import is_dataset

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

CALIBRATION_LIMIT = 256
SAMPLES_LIMIT = 1024


def image_array(
    data: Any, image_shape: Sequence[int], *, argument: str, limit: int
) -> np.ndarray:
    """The first images of an array or a data set, as float32.

    Args:
        data: Array `(N, H, W, C)`, a tuple that begins with one, or a batched
            `tf.data.Dataset` of images or of tuples that begin with images.
            It may be endless: no more than `limit` images are drawn.
        image_shape: Tuple `(H, W, C)` that the images must have.
        argument: String, the name the user knows `data` by.
        limit: Integer, the largest number of images that are taken.

    Returns:
        A float32 array `(N, H, W, C)` with 1 to `limit` images.
    """
    return number_array(
        data, image_shape, noun="image", argument=argument, limit=limit
    )


def number_array(
    data: Any, shape: Sequence[int], *, noun: str, argument: str, limit: int
) -> np.ndarray:
    """The first elements of an array or a data set, as float32.

    Args:
        data: As that of `image_array`, of elements of `shape`.
        shape: Tuple, that of an element.
        noun: String, what an element is.
        argument: String, the name the user knows `data` by.
        limit: Integer, the largest number of elements that are taken.
    """
    data = first_inputs(data, limit, rank=len(shape), argument=argument)
    try:
        numbers = np.asarray(data)[:limit].astype("float32")
    except (TypeError, ValueError, IndexError) as error:
        raise _wrong_type(data, argument, f"{noun}s") from error
    if numbers.shape[1:] != tuple(shape) or not len(numbers):
        sizes = ", ".join(map(str, shape))
        raise ValueError(
            f"`{argument}` must hold at least one {noun} and have the shape "
            f"(N, {sizes}). Received: {argument} of shape {numbers.shape}"
        )
    if not np.isfinite(numbers).all():
        raise ValueError(
            f"`{argument}` must be finite. Received: {argument} with NaN or "
            "infinite values"
        )
    return numbers


def id_array(
    data: Any, vocabulary_size: int, *, argument: str, limit: int
) -> np.ndarray:
    """The first rows of token ids of an array or a data set, as int32.

    Args:
        data: As that of `image_array`, of integers `(N, T)`. A text in one
            piece `(T,)` is one row.
        vocabulary_size: Integer that the ids must be below.
        argument: String, the name the user knows `data` by.
        limit: Integer, the largest number of rows that are taken.
    """
    data = first_inputs(data, limit, rank=1, argument=argument)
    try:
        ids = np.asarray(data)
        ids = (ids[None] if ids.ndim == 1 else ids)[:limit]
        if ids.dtype.kind not in "iu":
            raise TypeError(ids.dtype)
    except (TypeError, ValueError, IndexError) as error:
        raise _wrong_type(data, argument, "token ids") from error
    if ids.ndim != 2 or not ids.size:
        raise ValueError(
            f"`{argument}` must hold token ids and have the shape (N, T). "
            f"Received: {argument} of shape {ids.shape}"
        )
    if not 0 <= ids.min() <= ids.max() < vocabulary_size:
        raise ValueError(
            f"`{argument}` must hold token ids from 0 to "
            f"{vocabulary_size - 1}. Received: ids from {ids.min()} to "
            f"{ids.max()}"
        )
    return ids.astype("int32")


def text_list(
    data: Any, *, argument: str = "samples", limit: int
) -> list[str] | None:
    """The first strings of what holds strings, `None` for anything else."""
    data = first_inputs(data, limit, rank=0, argument=argument)
    try:
        texts = np.asarray(data)
    except ValueError:
        return None
    if texts.ndim != 1 or texts.dtype.kind not in "USO" or not texts.size:
        return None
    texts = texts[:limit].tolist()
    if not all(isinstance(text, str | bytes) for text in texts):
        return None
    return [t.decode("utf-8") if isinstance(t, bytes) else t for t in texts]


def first_elements(data: Any, limit: int, *, rank: int, argument: str) -> Any:
    """The first elements of a data set, batched or not, as arrays.

    Args:
        data: `tf.data.Dataset`, `keras.utils.PyDataset` or iterable of
            batches; it may be endless. Anything else is given back.
        limit: Integer, the largest number of elements that are taken.
        rank: Integer, the axes of an element's input.
        argument: String, the name the user knows `data` by.

    Raises:
        ValueError: if the data set is empty.
    """
    if isinstance(data, tf.data.Dataset):
        first = next(iter(data.take(1)), None)
        if first is not None and _rank_of_first(first) > rank:
            data = data.unbatch()
        elements = next(iter(data.batch(limit)), None)
    elif isinstance(data, keras.utils.PyDataset):
        elements = _of_batches((data[i] for i in range(len(data))), limit)
    elif is_dataset(data):
        elements = _of_batches(data, limit)
    else:
        return data
    if elements is None:
        raise ValueError(
            f"`{argument}` must hold elements. Received: an empty data set"
        )
    return elements


def first_inputs(data: Any, limit: int, *, rank: int, argument: str) -> Any:
    """Likewise, of data with labels or without, the inputs alone."""
    data = first_elements(data, limit, rank=rank, argument=argument)
    pair = isinstance(data, tuple | list) and len(data) in (2, 3)
    # A list of images is no pair of arrays, and one of texts no pair at all.
    if pair and _rank(data[0]) > rank:
        return data[0]
    if isinstance(data, tuple) and data and _rank(data[0]) > rank:
        return data[0]
    return data


def _of_batches(batches, limit):
    """The first elements of batches, each a tuple or an array."""
    parts, count = [], 0
    for batch in batches:
        parts.append(batch if isinstance(batch, tuple | list) else (batch,))
        count += len(parts[-1][0])
        if count >= limit:
            break
    if not parts:
        return None
    columns = zip(*parts, strict=True)
    return tuple(
        np.concatenate([np.asarray(part) for part in column])[:limit]
        for column in columns
    )


def _rank_of_first(element):
    return _rank(element[0] if isinstance(element, tuple | list) else element)


def _rank(values):
    try:
        return np.ndim(values)
    except ValueError:
        return 0


def _wrong_type(data, argument, what):
    return TypeError(
        f"`{argument}` must be an array of {what}, a tuple that begins "
        f"with one, or a batched `tf.data.Dataset` of these. Received: "
        f"{argument} of type {type(data).__name__}"
    )
