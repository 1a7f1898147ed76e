"""Random changes of a batch of raw images, as functions and as a layer."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import Self

import keras
import tensorflow as tf

from keras_darts.utils.errors import integer
from keras_darts.utils.registry import Registry
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import TensorLike


class Augmentation(abc.ABC):
    """A frozen dataclass that changes a batch of images by a seed.

    It is called with images of shape (batch, height, width, channels), integer
    or float, and a seed of shape (2,), and returns images of the same dtype.
    Equal seeds give equal images. A subclass says how in `change`.

    Example:

    >>> @register("brighten")
    ... @dataclasses.dataclass(frozen=True)
    ... class Brighten(Augmentation):
    ...     most: float = 20.0
    ...
    ...     def change(self, images, seed):
    ...         return images + tf.random.stateless_uniform(
    ...             (), seed, 0.0, self.most
    ...         )
    >>> get({"name": "brighten", "config": {"most": 9.0}})
    Brighten(most=9.0)
    """

    def __call__(
        self, images: TensorLike, seed: tf.Tensor | Sequence[int]
    ) -> tf.Tensor:
        return self.change(tf.convert_to_tensor(images), seed)

    @abc.abstractmethod
    def change(
        self, images: tf.Tensor, seed: tf.Tensor | Sequence[int]
    ) -> tf.Tensor:
        """The changed images."""

    def get_config(self) -> Config:
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
        }


_registry = Registry("augmentation", base=Augmentation)
get: Callable[[Any], Augmentation] = _registry.get
register = _registry.register
serialize: Callable[[Augmentation], Config] = _registry.serialize


@register("pad_crop_flip")
@dataclasses.dataclass(frozen=True)
class PadCropFlip(Augmentation):
    """Pads with zeros, crops at random to the old size, mirrors every second.

    Args:
        padding: Integer, the pixels added on each side. Defaults to `4`.
        flip: Boolean, whether half of the images are mirrored left to right.
            Defaults to `True`.

    Example:

    >>> images = tf.reshape(tf.range(1, 5), (1, 2, 2, 1))
    >>> PadCropFlip(padding=1)(images, (0, 0))[0, ..., 0].numpy().tolist()
    [[0, 0], [2, 0]]
    """

    padding: int = 4
    flip: bool = True

    def __post_init__(self) -> None:
        integer("padding", self.padding, least=0)

    def change(
        self, images: tf.Tensor, seed: tf.Tensor | Sequence[int]
    ) -> tf.Tensor:  # (N, H, W, C) -> (N, H, W, C)
        count, height, width = tf.unstack(tf.shape(images)[:3])
        row_seed, column_seed, flip_seed = tf.unstack(tf.random.split(seed, 3))
        rows = self._offsets(count, row_seed) + tf.range(height)
        columns = self._offsets(count, column_seed) + tf.range(width)
        if self.flip:
            mirrored = draw_coins(count, flip_seed)[:, None]
            columns = tf.where(mirrored, columns[:, ::-1], columns)
        border = [self.padding, self.padding]
        padded = tf.pad(images, [[0, 0], border, border, [0, 0]])
        cropped = tf.gather(padded, rows, axis=1, batch_dims=1)
        cropped = tf.gather(cropped, columns, axis=2, batch_dims=1)
        return tf.ensure_shape(cropped, images.shape)

    def _offsets(self, count, seed):
        most = 2 * self.padding + 1
        return tf.random.stateless_uniform((count, 1), seed, 0, most, "int32")


@register("cutout")
@dataclasses.dataclass(frozen=True)
class Cutout(Augmentation):
    """Fills a square in each image, centred on any pixel, cut at the border.

    Args:
        length: Integer, the side of the square, which is `2 * (length // 2)`
            pixels long. Defaults to `16`.
        fill: Float or tuple of one float a channel; the mean of the training
            images is what normalisation turns into zero, as the method wants.
            Rounded for integer images. Defaults to `0.0`.

    Reference: DeVries and Taylor, 2017, Improved regularization of
    convolutional neural networks with cutout.

    Example:

    >>> images = tf.ones((1, 2, 3, 1))
    >>> Cutout(length=2)(images, (0, 0))[0, ..., 0].numpy().tolist()
    [[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    """

    length: int = 16
    fill: float | tuple[float, ...] = 0.0

    def __post_init__(self) -> None:
        integer("length", self.length, least=0)
        if isinstance(self.fill, list):
            object.__setattr__(self, "fill", tuple(self.fill))

    def change(
        self, images: tf.Tensor, seed: tf.Tensor | Sequence[int]
    ) -> tf.Tensor:  # (N, H, W, C) -> (N, H, W, C)
        row_seed, column_seed = tf.unstack(tf.random.split(seed, 2))
        count, height, width = tf.unstack(tf.shape(images)[:3])
        rows = self._covered(count, height, row_seed)
        columns = self._covered(count, width, column_seed)
        hole = rows[:, :, None, None] & columns[:, None, :, None]
        fill = tf.constant(self.fill, "float32")
        fill = from_float(fill, images.dtype)
        return tf.where(hole, fill, images)

    def _covered(self, count, side, seed):
        centres = tf.random.stateless_uniform(
            (count, 1), seed, 0, side, "int32"
        )
        distances = tf.range(side) - centres
        half = self.length // 2
        return (distances >= -half) & (distances < half)


@register("compose")
@dataclasses.dataclass(frozen=True)
class Compose(Augmentation):
    """One augmentation after the other, each with a seed of its own.

    Args:
        augmentations: Tuple of `Augmentation` objects, names or configs.

    Example:

    >>> both = Compose((PadCropFlip(padding=1), "cutout"))
    >>> Compose.from_config(both.get_config()) == both
    True
    """

    augmentations: tuple[Augmentation, ...] = ()

    def __post_init__(self) -> None:
        pieces = tuple(map(get, self.augmentations))
        object.__setattr__(self, "augmentations", pieces)

    def change(
        self, images: tf.Tensor, seed: tf.Tensor | Sequence[int]
    ) -> tf.Tensor:
        for index, augmentation in enumerate(self.augmentations):
            images = augmentation(images, tf.random.fold_in(seed, index))
        return images

    def get_config(self) -> Config:
        return {"augmentations": list(map(serialize, self.augmentations))}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)


@keras.saving.register_keras_serializable("keras_darts", "Augmentation")
class Layer(keras.layers.Layer):
    """An augmentation at the front of a network, active in training alone.

    Args:
        augmentation: An `Augmentation` that keeps the size of the images, its
            name or its config.
        seed: Integer that decides the draws. Defaults to `None`.

    Example:

    >>> layer = Layer(PadCropFlip(padding=1), seed=0)
    >>> images = tf.ones((2, 4, 4, 1))
    >>> bool(tf.reduce_all(layer(images, training=False) == images))
    True
    >>> bool(tf.reduce_all(layer(images, training=True) == images))
    False
    """

    def __init__(
        self,
        augmentation: Augmentation | str | Config,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.augmentation: Augmentation = get(augmentation)
        self.seed = seed
        self.seed_generator: keras.random.SeedGenerator = (
            keras.random.SeedGenerator(seed)
        )

    def call(
        self, images: tf.Tensor, training: bool | None = False
    ) -> tf.Tensor:
        if not training:
            return images
        seed = tf.cast(self.seed_generator.next(), "int64")
        changed = self.augmentation(images, seed)
        if not changed.shape.is_compatible_with(images.shape):
            raise ValueError(
                "`augmentation` must keep the shape of the images. Received: "
                f"images of shape {images.shape}, made {changed.shape}"
            )
        return changed

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "augmentation": serialize(self.augmentation),
            "seed": self.seed,
        }


def draw_coins(count: tf.Tensor, seed: tf.Tensor | Sequence[int]) -> tf.Tensor:
    """Booleans, true for about half of the images."""
    return tf.random.stateless_uniform((count,), seed) < 0.5


def from_float(values: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """Floats as pixels of a dtype: rounded and clipped where it is integer."""
    if not dtype.is_floating:
        values = tf.round(values)
    return tf.saturate_cast(values, dtype)
