"""Mean and variance of the channels, in the units of the raw images."""

import typing

_CHUNK = 256


class Statistics(typing.NamedTuple):
    """Mean and variance of each channel, as `keras.layers.Normalization` takes.

    Args:
        mean: Tuple of floats, one a channel.
        variance: Tuple of floats, one a channel.

    Example:

    >>> mean, variance = NORMALIZATIONS["cifar10"]
    >>> round(mean[0], 1), round(variance[0] ** 0.5, 1)
    (125.3, 63.0)
    """

    mean: tuple
    variance: tuple


def _bytes(mean, deviation):
    return Statistics(
        tuple(255.0 * value for value in mean),
        tuple((255.0 * value) ** 2 for value in deviation),
    )


# The constants of the original's recipes, for pixels from 0 to 255.
NORMALIZATIONS = {
    "cifar10": _bytes(
        (0.49139968, 0.48215827, 0.44653124),
        (0.24703233, 0.24348505, 0.26158768),
    ),
    "imagenet2012": _bytes((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}


def channel_statistics(dataset):
    """Reads the `Statistics` of the images in one pass, in float64.

    Args:
        dataset: Unbatched `tf.data.Dataset` of (image, label, ...).

    Returns:
        The `Statistics`; a channel that never changes has variance zero.

    Example:

    >>> import numpy as np
    >>> import tensorflow as tf
    >>> images = np.array([0, 4], "uint8").reshape(2, 1, 1, 1)
    >>> channel_statistics(tf.data.Dataset.from_tensor_slices((images, [0, 1])))
    Statistics(mean=(2.0,), variance=(4.0,))
    """
    count, mean, spread = 0, 0.0, 0.0
    images_only = dataset.map(lambda image, *rest: image)
    one_size = dataset.element_spec[0].shape.is_fully_defined()
    # Images of many sizes can't be batched.
    chunks = images_only.batch(_CHUNK if one_size else 1)
    for images in chunks.as_numpy_iterator():
        pixels = images.reshape(-1, images.shape[-1]).astype("float64")
        new, new_mean = len(pixels), pixels.mean(axis=0)
        total, shift = count + new, new_mean - mean
        # The parallel form of Welford's update, which does not cancel.
        spread = spread + ((pixels - new_mean) ** 2).sum(axis=0)
        spread = spread + shift**2 * (count * new / total)
        mean = mean + shift * (new / total)
        count = total
    return Statistics(
        tuple(map(float, mean)), tuple(map(float, spread / count))
    )
