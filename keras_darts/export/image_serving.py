"""Networks of images as they are served."""

import collections.abc
import dataclasses

import keras
import numpy as np

from keras_darts.export.classifier_serving import ClassifierServing
from keras_darts.export.classifier_serving import check_activation
from keras_darts.export.classifier_serving import check_outputs
from keras_darts.export.classifier_serving import label_strings
from keras_darts.export.samples import CALIBRATION_LIMIT
from keras_darts.export.samples import SAMPLES_LIMIT
from keras_darts.export.samples import image_array
from keras_darts.export.serving import refuse
from keras_darts.export.serving import spec

_RANDOM_SAMPLES = 16


@dataclasses.dataclass(frozen=True, kw_only=True)
class ImageServing(ClassifierServing):
    """A network from images to logits.

    Args:
        image_shape: Tuple `(H, W, C)` of the images that are served.
        preprocessing: Layer or function on a batch of images, or `None`.
    """

    image_shape: tuple
    preprocessing: collections.abc.Callable | None

    @property
    def layers(self):
        layer = isinstance(self.preprocessing, keras.Layer)
        return [self.preprocessing] if layer else []

    @property
    def saved_model_input(self):
        return spec("image", "float32", *self.image_shape)

    @property
    def litert_input(self):
        return self.saved_model_input

    def preprocessed(self, images):
        if isinstance(self.preprocessing, keras.Layer):
            # Random layers, such as `RandomFlip`, train unless told otherwise.
            return self.preprocessing(images, training=False)
        if self.preprocessing is not None:
            return self.preprocessing(images)
        return images

    def network_logits(self, images):
        return self.network(self.preprocessed(images), training=False)

    def samples(self, given):
        if given is not None:
            return self._images(given, "samples", SAMPLES_LIMIT), "given"
        shape = (_RANDOM_SAMPLES, *self.image_shape)
        noise = np.random.default_rng(0).standard_normal(shape, "float32")
        return noise, "standard normal noise"

    def calibration(self, data):
        name = "representative_data"
        images = self._images(data, name, CALIBRATION_LIMIT)
        return [{"image": image[None]} for image in images]

    def _images(self, data, argument, limit):
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
    tokenizer,
):
    """The `ImageServing` of checked arguments; builds `preprocessing`."""
    refuse("a network of images", vocabulary=vocabulary, tokenizer=tokenizer)
    check_activation(activation)
    if preprocessing is not None and not callable(preprocessing):
        raise TypeError(
            "`preprocessing` must be a Keras layer or a function on images. "
            f"Received: preprocessing={preprocessing!r}"
        )
    serving = ImageServing(
        network=network,
        image_shape=_image_shape(network, input_shape),
        preprocessing=preprocessing,
        activation=activation,
        labels=label_strings(labels),
    )
    check_outputs(serving, np.zeros((1, *serving.image_shape), "float32"))
    return serving


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
    raise ValueError(
        "`input_shape` must give the height, width and channels of the images "
        "when `network.input_shape` does not. Received: "
        f"{name}={input_shape!r}"
    )
