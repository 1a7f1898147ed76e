"""Networks of images as they are served."""

import collections.abc
import dataclasses

import keras
import numpy as np
import tensorflow as tf

from keras_darts.errors import unknown_name
from keras_darts.export.classifier_serving import ClassifierServing
from keras_darts.export.classifier_serving import check_activation
from keras_darts.export.classifier_serving import checked_outputs
from keras_darts.export.classifier_serving import label_strings
from keras_darts.export.classifier_serving import number_of_classes
from keras_darts.export.encoded_images import DECODED_CHANNELS
from keras_darts.export.encoded_images import DecodedImages
from keras_darts.export.heads import head_of
from keras_darts.export.pixels import RAW
from keras_darts.export.pixels import PixelRange
from keras_darts.export.pixels import check_preprocessing
from keras_darts.export.pixels import pixel_range
from keras_darts.export.pixels import say_left_out
from keras_darts.export.samples import CALIBRATION_LIMIT
from keras_darts.export.samples import SAMPLES_LIMIT
from keras_darts.export.samples import image_array
from keras_darts.export.serving import ENDPOINT
from keras_darts.export.serving import Endpoint
from keras_darts.export.serving import finite
from keras_darts.export.serving import refuse
from keras_darts.export.serving import spec

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

    image_shape: tuple
    preprocessing: collections.abc.Callable | None
    input_dtype: str
    decoded: DecodedImages | None
    pixel_range: PixelRange = RAW
    rank = 3

    @property
    def layers(self):
        layer = isinstance(self.preprocessing, keras.Layer)
        return [self.preprocessing] if layer else []

    @property
    def saved_model_input(self):
        return spec("image", self.input_dtype, *self.image_shape)

    @property
    def litert_input(self):
        return spec("image", "float32", *self.image_shape)

    def saved_model_endpoints(self):
        endpoints = super().saved_model_endpoints()
        if self.decoded is None:
            return endpoints
        encoded = Endpoint(self.served_files, (spec("image_bytes", "string"),))
        return {**endpoints, BYTES: encoded}

    def served(self, images):
        images = tf.cast(images, "float32")
        return super().served(finite(images, "image"))

    def served_files(self, files):
        return super().served(self.pixel_range.numbers(self.decoded(files)))

    def preprocessed(self, images):
        if isinstance(self.preprocessing, keras.Layer):
            # Random layers, such as `RandomFlip`, train unless told otherwise.
            return self.preprocessing(images, training=False)
        if self.preprocessing is not None:
            return self.preprocessing(images)
        return images

    def network_inputs(self, images):
        return self.preprocessed(images)

    def samples(self, given):
        if given is not None:
            images = self.inputs(given, "samples", SAMPLES_LIMIT)
            return self._served_numbers(images), "given"
        shape, rng = (_RANDOM_SAMPLES, *self.image_shape), np.random.default_rng
        if self.input_dtype == "uint8":
            noise = rng(0).integers(256, size=shape).astype("float32")
            return noise, "uniform noise"
        noise = rng(0).standard_normal(shape, "float32")
        return noise, "standard normal noise"

    def requests(self, samples):
        requests = {ENDPOINT: {"image": samples[:1].astype(self.input_dtype)}}
        if self.decoded is not None:
            files = _files(self.pixel_range.pixels(samples[:1]))
            requests[BYTES] = {"image_bytes": files}
        return requests

    def expected(self, samples):
        expected = super().expected(samples)
        if self.decoded is not None:
            pixels = self.pixel_range.pixels(samples[:_ENCODED_SAMPLES])
            images = self.pixel_range.numbers(pixels.astype("float32"))
            expected["logits_of_files"] = np.asarray(self.logits(images))
        return expected

    def actual(self, exported, samples):
        actual = super().actual(exported, samples)
        few = samples[:_ENCODED_SAMPLES]
        of_files = self.logits_of_files(exported, few)
        return actual if of_files is None else {**actual, **of_files}

    def logits_of_files(self, exported, images):
        """What an export makes of images as files, or `None` without those."""
        if BYTES not in exported.signatures:
            return None
        files = _files(self.pixel_range.pixels(images))
        outputs = exported.signatures[BYTES](image_bytes=files)
        return {"logits_of_files": outputs["logits"]}

    def with_files(self, given, samples):
        if self.decoded is None:
            refuse("images that no file has", pixel_range=given)
            return self
        images = samples[0] if samples[1] == "given" else None
        found = pixel_range(self.network, self.preprocessing, images, given)
        if found is None:
            say_left_out()
            return dataclasses.replace(self, decoded=None)
        if self.input_dtype == "uint8" and not found.is_raw:
            raise ValueError(
                "`input_dtype` must be None for a network of images whose "
                f"numbers lie between {found.low:g} and {found.high:g}. "
                "Received: input_dtype='uint8'"
            )
        return dataclasses.replace(self, pixel_range=found)

    def calibration(self, data):
        name = "representative_data"
        images = self.inputs(data, name, CALIBRATION_LIMIT)
        return [{"image": image[None]} for image in images]

    def _served_numbers(self, images):
        """Floats, but none that the served type has no number for."""
        if self.input_dtype == "uint8":
            return RAW.pixels(images).astype("float32")
        return images

    def inputs(self, data, argument, limit):
        return image_array(
            data, self.image_shape, argument=argument, limit=limit
        )


def describe_images(
    network,
    *,
    preprocessing,
    activation,
    labels,
    input_shape,
    vocabulary,
    tokenizer=None,
    top_k=None,
    input_dtype=None,
    resize=None,
):
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
