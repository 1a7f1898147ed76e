"""What an export computes: images in; logits, probabilities and classes out."""

import collections.abc
import dataclasses

import keras
import numpy as np
import tensorflow as tf

from keras_darts.errors import unknown_name

ENDPOINT = "serving_default"

_ACTIVATIONS = {
    "softmax": keras.ops.softmax,
    "sigmoid": keras.ops.sigmoid,
    None: None,
}
_TOP_CLASSES = 5


@dataclasses.dataclass(frozen=True)
class Serving:
    """A network together with what is served around it.

    Args:
        network: A `keras.Model` from images to logits `(B, outputs)`.
        image_shape: Tuple `(H, W, C)` of the images that are served.
        preprocessing: Layer or function on a batch of images, or `None`.
        activation: `"softmax"`, `"sigmoid"` or `None`.
        labels: Tuple of strings, one an output, or `None`.
    """

    network: keras.Model
    image_shape: tuple
    preprocessing: collections.abc.Callable | None
    activation: str | None
    labels: tuple | None

    def preprocessed(self, images):
        if isinstance(self.preprocessing, keras.Layer):
            # Random layers, such as `RandomFlip`, train unless told otherwise.
            return self.preprocessing(images, training=False)
        if self.preprocessing is not None:
            return self.preprocessing(images)
        return images

    def logits(self, images):
        logits = self.network(self.preprocessed(images), training=False)
        return keras.ops.cast(logits, "float32")

    def outputs(self, images):
        logits = self.logits(images)
        if self.activation is None:
            return {"logits": logits}
        probabilities = _ACTIVATIONS[self.activation](logits)
        return {"logits": logits, "probabilities": probabilities}

    def labelled_outputs(self, images):
        outputs = self.outputs(images)
        if self.labels is None or self.activation is None:
            return outputs
        k = min(_TOP_CLASSES, len(self.labels))
        best = tf.math.top_k(outputs["probabilities"], k).indices
        return {**outputs, "classes": tf.gather(tf.constant(self.labels), best)}


def describe(network, *, preprocessing, activation, labels, input_shape):
    """The `Serving` of checked arguments; builds `preprocessing`."""
    if not isinstance(network, keras.Model):
        raise TypeError(
            "`network` must be a `keras.Model`. "
            f"Received: network of type {type(network).__name__}"
        )
    if activation not in _ACTIVATIONS:
        names = map(str, _ACTIVATIONS)
        raise unknown_name("activation", activation, names)
    if preprocessing is not None and not callable(preprocessing):
        raise TypeError(
            "`preprocessing` must be a Keras layer or a function on images. "
            f"Received: preprocessing={preprocessing!r}"
        )
    serving = Serving(
        network=network,
        image_shape=_image_shape(network, input_shape),
        preprocessing=preprocessing,
        activation=activation,
        labels=None if labels is None else _strings(labels),
    )
    _check_outputs(serving)
    return serving


def write_archive(serving, endpoint, folder):
    """A SavedModel in `folder` that answers images by `endpoint`."""
    archive = keras.export.ExportArchive()
    # The network is not tracked: the endpoint's variables come along anyhow,
    # and an auxiliary head, which nothing reads any more, stays behind.
    if isinstance(serving.preprocessing, keras.Layer):
        archive.track(serving.preprocessing)
    images = tf.TensorSpec((None, *serving.image_shape), "float32", "image")
    archive.add_endpoint(ENDPOINT, endpoint, input_signature=[images])
    archive.write_out(str(folder), verbose=False)


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


def _strings(labels):
    names = () if isinstance(labels, str) else tuple(labels)
    if not names or not all(
        isinstance(n, str) and "\n" not in n for n in names
    ):
        raise TypeError(
            "`labels` must be a list of strings of one line each. "
            f"Received: labels={labels!r}"
        )
    return names


def _check_outputs(serving):
    # Run once outside any graph: a layer that makes its constants when it is
    # built (`Normalization`) would otherwise leave them in the export's graph.
    images = np.zeros((1, *serving.image_shape), "float32")
    outputs = serving.network(serving.preprocessed(images), training=False)
    shape = tuple(getattr(outputs, "shape", ()))
    if len(shape) != 2:
        raise ValueError(
            "`network` must give one tensor of logits (batch, outputs). "
            f"Received: a network whose output is a {type(outputs).__name__} "
            f"of shape {shape}"
        )
    if serving.labels is not None and len(serving.labels) != shape[1]:
        raise ValueError(
            f"`labels` must name each of the {shape[1]} outputs of `network`. "
            f"Received: {len(serving.labels)} labels"
        )
    if serving.activation == "softmax" and shape[1] == 1:
        raise ValueError(
            "`activation` must be 'sigmoid' or None for a network of a single "
            "output, whose softmax is always 1. Received: activation='softmax'"
        )
