"""Signatures of networks of images, from arrays and from image files."""

from __future__ import annotations

import collections.abc
import dataclasses
import logging
import numbers
import typing
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from keras_darts.datasets import ResizeCenterCrop
from keras_darts.export.samples import CALIBRATION_LIMIT
from keras_darts.export.samples import SAMPLES_LIMIT
from keras_darts.export.samples import image_array
from keras_darts.export.signatures import ENDPOINT
from keras_darts.export.signatures import ClassifierServing
from keras_darts.export.signatures import Endpoint
from keras_darts.export.signatures import check_activation
from keras_darts.export.signatures import checked_outputs
from keras_darts.export.signatures import finite
from keras_darts.export.signatures import head_of
from keras_darts.export.signatures import label_strings
from keras_darts.export.signatures import number_of_classes
from keras_darts.export.signatures import refuse
from keras_darts.export.signatures import spec
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from keras_darts.datasets import TextEncoder
    from keras_darts.datasets.vocabulary import Vocabulary
    from keras_darts.export.exported_model import ExportedModel
    from keras_darts.utils.typing import TensorLike

_LOG = logging.getLogger("keras_darts")
_SCALING = (keras.layers.Normalization, keras.layers.Rescaling)
# Deviations from the mean of images; white ones of any data set are fewer.
_FAR = 100.0
_TOLERANCE = 1e-3
_REMEDY = (
    "`pixel_range`, such as (0, 1) or (-1, 1), says what black and white are "
    "as numbers of the images that it was trained on"
)


class PixelRange(typing.NamedTuple):
    """What black and white pixels of a file become before the network.

    Args:
        low: Float, what 0 becomes.
        high: Float, what 255 becomes.
    """

    low: float = 0.0
    high: float = 255.0

    @property
    def is_raw(self) -> bool:
        return self == (0, 255)

    def numbers(self, pixels: tf.Tensor | np.ndarray) -> tf.Tensor | np.ndarray:
        """Pixels from 0 to 255 as what the network was trained on."""
        if self.is_raw:
            return pixels
        return self.low + pixels * ((self.high - self.low) / 255)

    def pixels(self, images: np.ndarray) -> np.ndarray:
        """The nearest pixels to such numbers, as an array of uint8."""
        scaled = (np.asarray(images) - self.low) * (
            255 / (self.high - self.low)
        )
        return np.clip(np.rint(scaled), 0, 255).astype("uint8")


RAW: PixelRange = PixelRange()


def scaling_of(network: keras.Model) -> list[keras.Layer]:
    """The layers by which a network scales its images itself."""
    own = getattr(network, "preprocessing", None)
    layers = [] if own is None else [own]
    for layer in getattr(network, "layers", ()):
        if isinstance(layer, _SCALING):
            layers.append(layer)
        elif isinstance(layer, keras.Model):
            layers += scaling_of(layer)
    return list(dict.fromkeys(layers))


def check_preprocessing(
    network: keras.Model,
    preprocessing: collections.abc.Callable[..., Any] | None,
) -> None:
    """Refuses to scale images a second time."""
    if preprocessing is not None and scaling_of(network):
        raise ValueError(
            "`preprocessing` must be None for a network that scales its "
            "images itself: they would be scaled twice. Received: "
            f"preprocessing of type {type(preprocessing).__name__}, "
            f"a network with {type(scaling_of(network)[0]).__name__}"
        )


def pixel_range(
    network: keras.Model,
    preprocessing: collections.abc.Callable[..., Any] | None,
    samples: np.ndarray | None,
    value_range: Sequence[float] | None,
) -> PixelRange | None:
    """The `PixelRange` of a network, or `None` where it can't be known.

    Args:
        network: `keras.Model`.
        preprocessing: What goes before it, or `None`.
        samples: Array of images as the user has them, or `None`.
        value_range: What the user gave, or `None`.
    """
    if value_range is not None:
        return _checked(value_range)
    layers = scaling_of(network)
    if isinstance(preprocessing, _SCALING):
        layers = [preprocessing]
    layers = [layer for layer in layers if isinstance(layer, _SCALING)]
    if layers:
        return _by_layers(layers, samples)
    if samples is None or preprocessing is not None:
        _LOG.info(
            "export: serving_bytes gives the network numbers from 0 to 255, "
            "since it has no scaling that would tell"
        )
        return RAW
    return _by_samples(samples)


def say_left_out() -> None:
    """Warns of a network to which files can't be given."""
    _LOG.warning(
        "export: serving_bytes, for JPEG and PNG files, is left out: the "
        "network was not trained on numbers from 0 to 255, nor from 0 to 1; "
        "%s",
        _REMEDY,
    )


def _by_layers(layers, samples):
    """By where the scaling puts a white image, and what its statistics say."""
    size = _channels(layers)
    white = np.full((1, 1, 1, size), 255, "float32")
    for layer in layers:
        white = np.asarray(layer(white), "float32")
    if np.abs(white).max() < _FAR:
        return RAW
    first = layers[0]
    fits = True
    if isinstance(first, keras.layers.Normalization):
        mean, variance = (
            np.asarray(each) for each in (first.mean, first.variance)
        )
        # No numbers from 0 to 1 have a larger variance for their mean.
        most = mean * (1 - mean) + _TOLERANCE
        fits = bool(((mean >= 0) & (mean <= 1) & (variance <= most)).all())
    if samples is not None:
        inside = samples.min() >= 0 and samples.max() <= 1
        fits = fits and bool(inside)
    if not fits:
        return None
    _LOG.info(
        "export: the network was trained on images from 0 to 1, and "
        "serving_bytes gives it such numbers"
    )
    return PixelRange(0.0, 1.0)


def _by_samples(samples):
    low, high = float(samples.min()), float(samples.max())
    whole = bool((samples == np.rint(samples)).all())
    if whole and low >= 0:
        return RAW
    if low >= 0 and high <= 1:
        _LOG.info(
            "export: `samples` lie between 0 and 1, and serving_bytes gives "
            "the network such numbers"
        )
        return PixelRange(0.0, 1.0)
    if low < 0:
        _LOG.warning(
            "export: serving_bytes gives the network numbers from 0 to 255, "
            "but `samples` lie between %.3g and %.3g; %s",
            low,
            high,
            _REMEDY,
        )
    return RAW


def _channels(layers):
    for layer in layers:
        if isinstance(layer, keras.layers.Normalization):
            return int(np.size(np.asarray(layer.mean)))
    return 1


def _checked(value_range):
    pair = isinstance(value_range, tuple | list) and len(value_range) == 2
    if pair and all(isinstance(each, numbers.Real) for each in value_range):
        low, high = map(float, value_range)
        if np.isfinite([low, high]).all() and low < high:
            return PixelRange(low, high)
    raise ValueError(
        "`pixel_range` must be a pair of finite numbers, the smaller one "
        f"first. Received: pixel_range={value_range!r}"
    )


# Grey, colours, and colours with transparency.
DECODED_CHANNELS = (1, 3, 4)
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
# A PNG of some kilobytes may claim gigabytes of pixels.
_MOST_PIXELS = 2**26
# As the ImageNet recipe evaluates: 224 of 256 pixels.
_RESIZE = 256 / 224


@dataclasses.dataclass(frozen=True)
class DecodedImages:
    """From encoded JPEG and PNG files to the pixels that a network takes.

    An image of another size is scaled and its centre cut out, as the recipes
    evaluate; where height and width differ, it is scaled to them alone.

    Args:
        image_shape: Tuple `(H, W, C)`.
        resize: Integer, the shorter side before the cut, or `None` for 256
            pixels where the network takes 224.

    Example:

    >>> file = tf.io.encode_png(tf.fill((8, 12, 3), tf.constant(7, "uint8")))
    >>> pixels = DecodedImages((4, 4, 3))(file[None])
    >>> pixels.shape.as_list(), float(tf.reduce_mean(pixels))
    ([1, 4, 4, 3], 7.0)
    """

    image_shape: tuple[int, ...]
    resize: int | None = None

    def __post_init__(self) -> None:
        height, width, _ = self.image_shape
        least = min(height, width)
        whole = isinstance(self.resize, int) and not isinstance(
            self.resize, bool
        )
        if self.resize is not None and not (whole and self.resize >= least):
            raise ValueError(
                "`resize` must be an integer, not below the sides of the "
                f"network's images, or None. Received: resize={self.resize!r} "
                f"for images {height} x {width}"
            )

    def __call__(
        self, files: tf.Tensor
    ) -> tf.Tensor:  # (B,) strings -> (B, H, W, C), 0 to 255
        return tf.map_fn(
            self._decoded,
            files,
            fn_output_signature=tf.TensorSpec(self.image_shape, "float32"),
        )

    def _decoded(self, file):
        with tf.control_dependencies([_checked_size(file)]):
            file = tf.identity(file)
        channels = self.image_shape[-1]
        pixels = tf.io.decode_image(file, channels, expand_animations=False)
        pixels = tf.ensure_shape(pixels, (None, None, channels))
        fits = tf.reduce_all(tf.shape(pixels) == self.image_shape)
        pixels = tf.cond(fits, lambda: pixels, lambda: self._scaled(pixels))
        return tf.cast(tf.ensure_shape(pixels, self.image_shape), "float32")

    def _scaled(self, pixels):
        height, width, _ = self.image_shape
        if height != width:
            scaled = tf.image.resize(pixels, (height, width), antialias=True)
            return tf.cast(tf.round(scaled), pixels.dtype)
        resize = self.resize or round(height * _RESIZE)
        return ResizeCenterCrop(height, resize)(pixels[None])[0]


def _checked_size(file):
    """The number of pixels, if the file says that it can be decoded."""
    png = _begins_with(file, _PNG)
    known = tf.debugging.Assert(
        png | _begins_with(file, _JPEG),
        ["`image_bytes` must be JPEG or PNG files"],
    )
    with tf.control_dependencies([known]):
        sides = tf.cond(
            png, lambda: _png_sides(file), lambda: _jpeg_sides(file)
        )
    pixels = tf.reduce_prod(sides)
    sound = (pixels > 0) & (pixels <= _MOST_PIXELS)
    message = f"`image_bytes` must be images of 1 to {_MOST_PIXELS} pixels"
    return tf.debugging.Assert(sound, [message, sides])


def _begins_with(file, signature):
    return tf.strings.substr(file, 0, len(signature)) == signature


def _png_sides(file):
    # Width and height, 4 bytes each, stand first in its first chunk.
    sides = tf.io.decode_raw(
        tf.strings.substr(file, 16, 8), "int32", little_endian=False
    )
    return tf.cast(tf.ensure_shape(sides, (2,)), "int64")


def _jpeg_sides(file):
    return tf.cast(tf.io.extract_jpeg_shape(file)[:2], "int64")


BYTES = "serving_bytes"

_DTYPES = ("float32", "uint8")
_RANDOM_SAMPLES = 16
_ENCODED_SAMPLES = 8


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageServing(ClassifierServing):
    """A network from images to logits.

    Args:
        image_shape: Tuple `(H, W, C)` of the images that are served.
        preprocessing: Layer or function on a batch of images, or `None`.
        input_dtype: String, the type of the numbers that a SavedModel takes.
        decoded: `DecodedImages`, or `None` where no file has such channels, or
            it is not known what numbers they should be.
        pixel_range: `PixelRange`, what numbers they become.
    """

    image_shape: tuple[int, ...]
    preprocessing: collections.abc.Callable[..., Any] | None
    input_dtype: str
    decoded: DecodedImages | None
    pixel_range: PixelRange = RAW
    rank = 3

    @property
    def layers(self) -> list[Any]:
        layer = isinstance(self.preprocessing, keras.Layer)
        return [self.preprocessing] if layer else []

    @property
    def saved_model_input(self) -> tf.TensorSpec:
        return spec("image", self.input_dtype, *self.image_shape)

    @property
    def litert_input(self) -> tf.TensorSpec:
        return spec("image", "float32", *self.image_shape)

    def saved_model_endpoints(self) -> dict[str, Endpoint]:
        endpoints = super().saved_model_endpoints()
        if self.decoded is None:
            return endpoints
        encoded = Endpoint(self.served_files, (spec("image_bytes", "string"),))
        return {**endpoints, BYTES: encoded}

    def served(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        images = tf.cast(images, "float32")
        return super().served(finite(images, "image"))

    def served_files(self, files: tf.Tensor) -> dict[str, tf.Tensor]:
        return super().served(self.pixel_range.numbers(self.decoded(files)))

    def preprocessed(self, images: TensorLike) -> TensorLike:
        if isinstance(self.preprocessing, keras.Layer):
            # Random layers, such as `RandomFlip`, train unless told otherwise.
            return self.preprocessing(images, training=False)
        if self.preprocessing is not None:
            return self.preprocessing(images)
        return images

    def network_inputs(self, images: TensorLike) -> TensorLike:
        return self.preprocessed(images)

    def samples(self, samples: Any) -> tuple[np.ndarray, str]:
        if samples is not None:
            images = self.inputs(samples, "samples", SAMPLES_LIMIT)
            return self._served_numbers(images), "given"
        shape, rng = (_RANDOM_SAMPLES, *self.image_shape), np.random.default_rng
        if self.input_dtype == "uint8":
            noise = rng(0).integers(256, size=shape).astype("float32")
            return noise, "uniform noise"
        noise = rng(0).standard_normal(shape, "float32")
        return noise, "standard normal noise"

    def requests(self, samples: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
        requests = {ENDPOINT: {"image": samples[:1].astype(self.input_dtype)}}
        if self.decoded is not None:
            files = _files(self.pixel_range.pixels(samples[:1]))
            requests[BYTES] = {"image_bytes": files}
        return requests

    def expected(self, samples: np.ndarray) -> dict[str, np.ndarray]:
        expected = super().expected(samples)
        if self.decoded is not None:
            pixels = self.pixel_range.pixels(samples[:_ENCODED_SAMPLES])
            images = self.pixel_range.numbers(pixels.astype("float32"))
            expected["logits_of_files"] = np.asarray(self.logits(images))
        return expected

    def actual(
        self, exported: ExportedModel, samples: np.ndarray
    ) -> dict[str, np.ndarray]:
        actual = super().actual(exported, samples)
        few = samples[:_ENCODED_SAMPLES]
        of_files = self.logits_of_files(exported, few)
        return actual if of_files is None else {**actual, **of_files}

    def logits_of_files(
        self, exported: ExportedModel, images: np.ndarray
    ) -> dict[str, np.ndarray] | None:
        """What an export makes of images as files, or `None` without those."""
        if BYTES not in exported.signatures:
            return None
        files = _files(self.pixel_range.pixels(images))
        outputs = exported.signatures[BYTES](image_bytes=files)
        return {"logits_of_files": outputs["logits"]}

    def with_files(
        self, chosen_range: Sequence[float] | None, samples: Any
    ) -> ImageServing:
        if self.decoded is None:
            refuse("images that no file has", pixel_range=chosen_range)
            return self
        images = samples[0] if samples[1] == "given" else None
        value_range = pixel_range(
            self.network, self.preprocessing, images, chosen_range
        )
        if value_range is None:
            say_left_out()
            return dataclasses.replace(self, decoded=None)
        if self.input_dtype == "uint8" and not value_range.is_raw:
            raise ValueError(
                "`input_dtype` must be None for a network of images whose "
                f"numbers lie between {value_range.low:g} and "
                f"{value_range.high:g}. Received: input_dtype='uint8'"
            )
        return dataclasses.replace(self, pixel_range=value_range)

    def calibration(self, data: Any) -> list[dict[str, np.ndarray]]:
        name = "representative_data"
        images = self.inputs(data, name, CALIBRATION_LIMIT)
        return [{"image": image[None]} for image in images]

    def _served_numbers(self, images):
        """Floats, but none that the served type has no number for."""
        if self.input_dtype == "uint8":
            return RAW.pixels(images).astype("float32")
        return images

    def inputs(self, data: Any, argument: str, limit: int) -> np.ndarray:
        return image_array(
            data, self.image_shape, argument=argument, limit=limit
        )


def describe_images(
    network: keras.Model,
    *,
    preprocessing: collections.abc.Callable[..., Any] | None,
    activation: str | None,
    labels: Sequence[str] | None,
    input_shape: Sequence[int] | None,
    vocabulary: Vocabulary | None,
    tokenizer: TextEncoder | str | None = None,
    top_k: int | None = None,
    input_dtype: str | None = None,
    resize: int | None = None,
) -> ImageServing:
    """The `ImageServing` of checked arguments; builds `preprocessing`."""
    refuse("a network of images", vocabulary=vocabulary, tokenizer=tokenizer)
    check_activation(activation)
    if preprocessing is not None and not callable(preprocessing):
        raise TypeError(
            "`preprocessing` must be a Keras layer or a function on images. "
            f"Received: preprocessing={preprocessing!r}"
        )
    check_preprocessing(network, preprocessing)
    if input_dtype not in (None, *_DTYPES):
        raise unknown_name("input_dtype", input_dtype, _DTYPES)
    shape = _image_shape(network, input_shape)
    decodable = shape[-1] in DECODED_CHANNELS
    serving = ImageServing(
        network=network,
        image_shape=shape,
        preprocessing=preprocessing,
        input_dtype=input_dtype or "float32",
        decoded=DecodedImages(shape, resize) if decodable else None,
        head=head_of(network, activation),
        labels=label_strings(labels),
        top_k=number_of_classes(top_k),
    )
    return checked_outputs(serving)


def _image_shape(network, input_shape):
    """`(H, W, C)`, given with or without the batch dimension."""
    name = "input_shape"
    if input_shape is None:
        name = "network.input_shape"
        input_shape = getattr(network, "input_shape", None)
    if isinstance(input_shape, tuple | list):
        shape = tuple(input_shape)[-3:]
        sizes = all(isinstance(size, int) and size > 0 for size in shape)
        if len(shape) == 3 and len(input_shape) <= 4 and sizes:
            return shape
    if name != "input_shape" and input_shape is not None:
        raise ValueError(
            "`network` must take images (batch, height, width, channels) of "
            "one size, or texts as strings, or be a `TextNetwork` or "
            "`RecurrentLanguageModel`; Keras' own `network.export` writes "
            "a SavedModel of others. `input_shape` gives the size of images "
            f"where the network takes any. Received: {name}={input_shape!r}"
        )
    raise ValueError(
        "`input_shape` must give the height, width and channels of the images "
        "when `network.input_shape` does not. Received: "
        f"{name}={input_shape!r}"
    )


def _files(pixels):
    """The images as PNG files, which lose nothing: (B,) strings."""
    return np.array(
        [tf.io.encode_png(image).numpy() for image in pixels], object
    )
