"""Inputs for checks and calibration, in whatever form they come."""

import numpy as np
import tensorflow as tf

CALIBRATION_LIMIT = 256
SAMPLES_LIMIT = 1024


def image_array(data, image_shape, *, argument, limit):
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
    data = _first_part(data, limit)
    try:
        images = np.asarray(data)[:limit].astype("float32")
    except (TypeError, ValueError, IndexError) as error:
        raise _wrong_type(data, argument, "images") from error
    if images.shape[1:] != tuple(image_shape) or not len(images):
        sizes = ", ".join(map(str, image_shape))
        raise ValueError(
            f"`{argument}` must hold at least one image and have the shape "
            f"(N, {sizes}). Received: {argument} of shape {images.shape}"
        )
    if not np.isfinite(images).all():
        raise ValueError(
            f"`{argument}` must be finite. Received: {argument} with NaN or "
            "infinite values"
        )
    return images


def id_array(data, vocabulary_size, *, argument, limit):
    """The first rows of token ids of an array or a data set, as int32.

    Args:
        data: As that of `image_array`, of integers `(N, T)`. A text in one
            piece `(T,)` is one row.
        vocabulary_size: Integer that the ids must be below.
        argument: String, the name the user knows `data` by.
        limit: Integer, the largest number of rows that are taken.
    """
    data = _first_part(data, limit)
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


def text_list(data, *, limit):
    """The first strings of what holds strings, `None` for anything else."""
    data = _first_part(data, limit)
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


def _first_part(data, limit):
    if isinstance(data, tf.data.Dataset):
        data = next(iter(data.unbatch().batch(limit)), ())
    if isinstance(data, tuple) and data and not isinstance(data[0], str):
        data = data[0]
    return data


def _wrong_type(data, argument, what):
    return TypeError(
        f"`{argument}` must be an array of {what}, a tuple that begins "
        f"with one, or a batched `tf.data.Dataset` of these. Received: "
        f"{argument} of type {type(data).__name__}"
    )
