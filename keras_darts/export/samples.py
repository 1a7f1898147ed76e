"""Images for checks and calibration, in whatever form they come."""

import numpy as np
import tensorflow as tf


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
    if isinstance(data, tf.data.Dataset):
        data = next(iter(data.unbatch().batch(limit)), ())
    if isinstance(data, tuple) and data:
        data = data[0]
    try:
        images = np.asarray(data)[:limit].astype("float32")
    except (TypeError, ValueError, IndexError) as error:
        raise TypeError(
            f"`{argument}` must be an array of images, a tuple that begins "
            f"with one, or a batched `tf.data.Dataset` of these. Received: "
            f"{argument} of type {type(data).__name__}"
        ) from error
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
