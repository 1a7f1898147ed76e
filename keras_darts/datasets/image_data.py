"""Labelled images in parts, and the statistics of their channels."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from keras_darts.datasets.elements import search_share
from keras_darts.utils.typing import ArrayLike
from keras_darts.utils.typing import Dataset

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

    mean: tuple[float, ...]
    variance: tuple[float, ...]


def _bytes(mean, deviation):
    return Statistics(
        tuple(255.0 * value for value in mean),
        tuple((255.0 * value) ** 2 for value in deviation),
    )


# The constants of the original's recipes, for pixels from 0 to 255.
NORMALIZATIONS: dict[str, Statistics] = {
    "cifar10": _bytes(
        (0.49139968, 0.48215827, 0.44653124),
        (0.24703233, 0.24348505, 0.26158768),
    ),
    "imagenet2012": _bytes((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}


def channel_statistics(dataset: Dataset) -> Statistics:
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


TEST_SHARE = 0.2
# The network halves the sides twice.
_MULTIPLE = 4
# A search works on whole pixels: what is of many sizes becomes no larger.
_LARGEST_SIDE = 64


@dataclasses.dataclass(frozen=True, eq=False)
class ImageData:
    """A data set of labelled images, in two or three parts.

    Args:
        name: String.
        train: Unbatched `tf.data.Dataset` of (image, class number), always in
            the same order.
        test: The same, of other images.
        num_train: Integer, the elements in `train`.
        num_test: Integer, the elements in `test`.
        label_names: Tuple of strings, one a class.
        image_shape: Tuple of height, width and channels; height and width are
            `None` where the images are of many sizes.
        description: String, a sentence for the log.
        valid: As `test`, of images to validate on while a network is trained.
            Defaults to `None`, where there are none besides the test part.
        num_valid: Integer, the elements in `valid`. Defaults to `0`.

    Example:

    >>> kd.datasets.load("digits").label_names[:3]
    ('0', '1', '2')
    """

    name: str
    train: Dataset
    test: Dataset
    num_train: int
    num_test: int
    label_names: tuple[str, ...]
    image_shape: tuple[int | None, int | None, int]
    description: str
    valid: Dataset | None = None
    num_valid: int = 0

    @property
    def num_classes(self) -> int:
        return len(self.label_names)

    def resized(self, height: int, width: int) -> ImageData:
        """The same, its images of another height and width."""

        def resize(image, label):
            return resized_image(image, height, width), label

        parts = {
            name: part.map(resize, num_parallel_calls=tf.data.AUTOTUNE)
            for name in ("train", "test", "valid")
            if (part := getattr(self, name)) is not None
        }
        return dataclasses.replace(
            self,
            **parts,
            image_shape=(height, width, self.image_shape[-1]),
            description=f"{self.description}, resized to {height} by {width}",
        )


def resized_image(image: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """An image of another height and width, of the same type."""
    resized = tf.image.resize(image, (height, width), antialias=True)
    if image.dtype.is_integer:
        resized = tf.round(resized)
    return tf.saturate_cast(resized, image.dtype)


def with_test_part(
    parts: Mapping[str, tuple[np.ndarray, np.ndarray]], seed: int
) -> tuple[Mapping[str, tuple[np.ndarray, np.ndarray]], str]:
    """The parts by name, and as text what was done for a test part.

    Without one, the validation part is the test part, and without that a fifth
    of each class of the training part.

    Args:
        parts: Dictionary from `"train"`, `"valid"` and `"test"` to pairs
            (inputs, labels) of arrays.
        seed: Integer, by which the fifth is drawn.
    """
    if "test" in parts:
        return parts, ""
    if "valid" in parts:
        others = {"train": parts["train"], "test": parts["valid"]}
        return others, ", the validation part is the test part"
    inputs, labels = parts["train"]
    held_out, _ = search_share(labels, TEST_SHARE, seed)
    cut = {
        name: (inputs[mask], labels[mask])
        for name, mask in (("train", ~held_out), ("test", held_out))
    }
    return cut, f", a fifth of each class cut off for the test by seed {seed}"


def chosen_size(
    image_size: int | tuple[int, int] | str | None, sizes: ArrayLike
) -> tuple[int, int] | None:
    """Height and width that images are to have, or `None` as they are.

    Args:
        image_size: Integer, (height, width), `None` or `"auto"`: the size
            that all have, else a square with the median of the shorter sides,
            of at most 64 pixels. Both are rounded to a multiple of four.
        sizes: Array of (height, width) of all images.

    Raises:
        ValueError: for anything else.
    """
    if image_size is None:
        return None
    if isinstance(image_size, str) and image_size == "auto":
        return _usual_size(np.asarray(sizes))
    sides = image_size if isinstance(image_size, tuple) else (image_size,) * 2
    whole = [
        isinstance(side, (int, np.integer)) and not isinstance(side, bool)
        for side in sides
    ]
    if len(sides) != 2 or not all(whole) or min(sides) < 1:
        raise ValueError(
            "`image_size` must be a positive integer, (height, width), None "
            f'or "auto". Received: image_size={image_size!r}'
        )
    return tuple(int(side) for side in sides)


def _usual_size(sizes):
    if (sizes == sizes[0]).all():
        height, width = sizes[0]
    else:
        side = np.median(sizes.min(axis=1))
        height = width = min(side, _LARGEST_SIDE)
    return _rounded(height), _rounded(width)


def _rounded(side):
    return _MULTIPLE * max(1, round(float(side) / _MULTIPLE))
