"""Augmentation of the ImageNet recipe, for training and evaluation."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence

import tensorflow as tf

from keras_darts.datasets.augmentation import Augmentation
from keras_darts.datasets.augmentation import draw_coins
from keras_darts.datasets.augmentation import from_float
from keras_darts.datasets.augmentation import register
from keras_darts.utils.typing import TensorLike

_TRIES = 10


@register("random_resized_crop")
@dataclasses.dataclass(frozen=True)
class RandomResizedCrop(Augmentation):
    """Crops a part of random area and shape and brings it to one size.

    The crop is resampled bilinearly, without a filter against aliasing.

    Args:
        size: Integer, the side of the result. Defaults to `None`, in which
            case the size is kept.
        scale: Tuple, the bounds of the part of the area. Defaults to
            `(0.08, 1.0)`.
        ratio: Tuple, the bounds of width to height, drawn evenly in their
            logarithm. Defaults to `(3 / 4, 4 / 3)`.
        flip: Boolean, whether half of the images are mirrored left to right.
            Defaults to `True`.

    Reference: Szegedy et al., 2014, Going deeper with convolutions.

    Example:

    >>> RandomResizedCrop(4)(tf.zeros((2, 8, 6, 3)), (0, 0)).shape.as_list()
    [2, 4, 4, 3]
    """

    size: int | None = None
    scale: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    flip: bool = True

    def __post_init__(self) -> None:
        for name in ("scale", "ratio"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise ValueError(
                    f"`{name}` must be two positive numbers, the lower first. "
                    f"Received: {name}={(low, high)}"
                )
            object.__setattr__(self, name, (low, high))

    def change(
        self, images: tf.Tensor, seed: tf.Tensor | Sequence[int]
    ) -> tf.Tensor:  # (N, H, W, C) -> (N, size, size, C)
        count, height, width = tf.unstack(tf.shape(images)[:3])
        crop_seed, place_seed, flip_seed = tf.unstack(tf.random.split(seed, 3))
        heights, widths = self._sides(
            count,
            tf.cast(height, "float32"),
            tf.cast(width, "float32"),
            crop_seed,
        )
        place = tf.random.stateless_uniform((2, count), place_seed)
        top, bottom = _edges(place[0], heights, height)
        left, right = _edges(place[1], widths, width)
        if self.flip:
            mirrored = draw_coins(count, flip_seed)
            left, right = (
                tf.where(mirrored, right, left),
                tf.where(mirrored, left, right),
            )
        size = (height, width) if self.size is None else (self.size,) * 2
        boxes = tf.stack([top, left, bottom, right], axis=1)
        crops = tf.image.crop_and_resize(
            tf.cast(images, "float32"), boxes, tf.range(count), size
        )
        shape = images.shape if self.size is None else (None, *size, None)
        return from_float(tf.ensure_shape(crops, shape), images.dtype)

    def _sides(self, count, height, width, seed):
        """The first of several draws that fits into the image."""
        area_seed, ratio_seed = tf.unstack(tf.random.split(seed, 2))
        shape = (count, _TRIES)
        area = tf.random.stateless_uniform(shape, area_seed, *self.scale)
        area *= height * width
        ratio = tf.exp(
            tf.random.stateless_uniform(
                shape, ratio_seed, *map(math.log, self.ratio)
            )
        )
        heights = tf.maximum(tf.round(tf.sqrt(area / ratio)), 1.0)
        widths = tf.maximum(tf.round(tf.sqrt(area * ratio)), 1.0)
        fits = tf.cast((heights <= height) & (widths <= width), "int32")
        first = tf.argmax(fits, axis=1)
        # Where none fits, the first is cut at the border.
        heights = tf.gather(heights, first, batch_dims=1)
        widths = tf.gather(widths, first, batch_dims=1)
        return tf.minimum(heights, height), tf.minimum(widths, width)


@register("color_jitter")
@dataclasses.dataclass(frozen=True)
class ColorJitter(Augmentation):
    """Changes brightness, contrast, saturation and hue in random order.

    Each image has factors of its own, drawn from one minus to one plus the
    argument; the order is drawn for the batch. Images of one channel have no
    saturation and no hue.

    Args:
        brightness: Float. Defaults to `0.4`.
        contrast: Float. Defaults to `0.4`.
        saturation: Float. Defaults to `0.4`.
        hue: Float up to `0.5`, the largest turn of the hue. Defaults to
            `0.2`.
        max_value: Float, the largest value of a pixel. Defaults to `255.0`.

    Example:

    >>> image = tf.fill((1, 2, 2, 3), 100.0)
    >>> jitter = ColorJitter(contrast=0.0, saturation=0.0, hue=0.0)
    >>> bool(60 <= jitter(image, (0, 0))[0, 0, 0, 0] <= 140)
    True
    """

    brightness: float = 0.4
    contrast: float = 0.4
    saturation: float = 0.4
    hue: float = 0.2
    max_value: float = 255.0

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value < 0 or (field.name == "hue" and value > 0.5):
                raise ValueError(
                    f"`{field.name}` must not be negative, and `hue` at most "
                    f"0.5. Received: {field.name}={value}"
                )

    def change(
        self, images: tf.Tensor, seed: tf.Tensor | Sequence[int]
    ) -> tf.Tensor:  # (N, H, W, C) -> (N, H, W, C)
        order_seed, seed = tf.unstack(tf.random.split(seed, 2))
        draws = tf.random.stateless_uniform(
            (4, tf.shape(images)[0], 1, 1, 1), seed, -1.0, 1.0
        )
        pixels = tf.cast(images, "float32") / self.max_value
        changes = [self._brighten, self._contrast]
        if images.shape[-1] == 3:
            changes += [self._saturate, self._turn_hue]
        order = tf.argsort(
            tf.random.stateless_uniform((len(changes),), order_seed)
        )
        for place in range(len(changes)):
            branches = [
                functools.partial(change, pixels, draws[index])
                for index, change in enumerate(changes)
            ]
            pixels = tf.switch_case(order[place], branches)
        pixels = tf.ensure_shape(pixels, images.shape)
        return from_float(pixels * self.max_value, images.dtype)

    def _brighten(self, pixels, draw):
        return _blend(pixels, 0.0, draw, self.brightness)

    def _contrast(self, pixels, draw):
        grey = _grey(pixels)
        mean = tf.reduce_mean(grey, axis=(1, 2), keepdims=True)
        return _blend(pixels, mean, draw, self.contrast)

    def _saturate(self, pixels, draw):
        return _blend(pixels, _grey(pixels), draw, self.saturation)

    def _turn_hue(self, pixels, draw):
        hue, rest = tf.split(tf.image.rgb_to_hsv(pixels), (1, 2), axis=-1)
        hue = tf.math.floormod(hue + self.hue * draw, 1.0)
        return tf.image.hsv_to_rgb(tf.concat([hue, rest], axis=-1))


@dataclasses.dataclass(frozen=True)
class ResizeCenterCrop:
    """Resizes the shorter side and cuts out the centre: for evaluation.

    Args:
        size: Integer, the side of the result. Defaults to `224`.
        resize: Integer, the shorter side before the cut. Defaults to `256`.

    Example:

    >>> ResizeCenterCrop(4, 6)(tf.zeros((1, 12, 20, 3))).shape.as_list()
    [1, 4, 4, 3]
    """

    size: int = 224
    resize: int = 256

    def __post_init__(self) -> None:
        if not 0 < self.size <= self.resize:
            raise ValueError(
                "`size` must be positive and at most `resize`. "
                f"Received: size={self.size}, resize={self.resize}"
            )

    def __call__(
        self, images: TensorLike
    ) -> tf.Tensor:  # (N, H, W, C) -> (N, size, size, C)
        images = tf.convert_to_tensor(images)
        sides = tf.cast(tf.shape(images)[1:3], "float32")
        sides = tf.round(sides * self.resize / tf.reduce_min(sides))
        sides = tf.cast(sides, "int32")
        resized = tf.image.resize(images, sides, antialias=True)
        top, left = tf.unstack((sides - self.size) // 2)
        centre = resized[:, top : top + self.size, left : left + self.size]
        centre = tf.ensure_shape(centre, (None, self.size, self.size, None))
        return from_float(centre, images.dtype)


def _edges(place, length, side):
    """Where a crop begins and ends, as parts of the way from end to end."""
    side = tf.cast(side, "float32")
    begin = tf.floor(place * (side - length + 1.0))
    last = tf.maximum(side - 1.0, 1.0)
    return begin / last, (begin + length - 1.0) / last


def _grey(pixels):
    if pixels.shape[-1] == 3:
        return tf.image.rgb_to_grayscale(pixels)
    return pixels


def _blend(pixels, other, draw, most):
    factor = tf.maximum(1.0 + most * draw, 0.0)
    return tf.clip_by_value(other + factor * (pixels - other), 0.0, 1.0)
