"""Chooses the signatures of an export by the kind of network."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import keras

from keras_darts.export.image_signatures import describe_images
from keras_darts.export.language_signatures import describe_language
from keras_darts.export.text_signatures import describe_sentences
from keras_darts.export.text_signatures import describe_texts
from keras_darts.export.text_signatures import takes_text
from keras_darts.networks import RecurrentLanguageModel
from keras_darts.networks import TextNetwork

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.export.signatures import Serving


@functools.singledispatch
def describe(network: keras.Model, **arguments: Any) -> Serving:
    """The `Serving` of a network and arguments that fit it.

    A `kd.tasks` adapter of a user registers its networks; models of Keras are
    taken for networks of images, or of texts where they take strings.
    """
    name = type(network).__name__
    way = ""
    if hasattr(network, "export_model"):
        way = f": `export_model()` of a {name} gives it"
    elif hasattr(network, "to_text"):
        way = ": kd.networks.network_for makes one of a genotype, to be trained"
    raise TypeError(
        f"`network` must be a `keras.Model`{way}. "
        f"Received: network of type {name}"
    )


@describe.register(keras.Model)
def _of_model(network, **arguments):
    function = describe_texts if takes_text(network) else describe_images
    return function(network, **arguments)


describe.register(RecurrentLanguageModel)(describe_language)
describe.register(TextNetwork)(describe_sentences)
