"""Labelled images in parts, whatever they are read from."""

import dataclasses

import numpy as np
import tensorflow as tf

from keras_darts.datasets.stratification import search_share

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
    train: tf.data.Dataset
    test: tf.data.Dataset
    num_train: int
    num_test: int
    label_names: tuple
    image_shape: tuple
    description: str
    valid: tf.data.Dataset | None = None
    num_valid: int = 0

    @property
    def num_classes(self):
        return len(self.label_names)

    def resized(self, height, width):
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


def resized_image(image, height, width):
    """An image of another height and width, of the same type."""
    resized = tf.image.resize(image, (height, width), antialias=True)
    if image.dtype.is_integer:
        resized = tf.round(resized)
    return tf.saturate_cast(resized, image.dtype)


def with_test_part(parts, seed):
    """The parts by name, and in words what was done for a test part.

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


def chosen_size(image_size, sizes):
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
