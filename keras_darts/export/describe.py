"""From a network to what is served of it, by what the network is."""

import functools

import keras

from keras_darts.export.image_serving import describe_images
from keras_darts.export.language_serving import describe_language
from keras_darts.export.sentence_serving import describe_sentences
from keras_darts.networks import RecurrentLanguageModel
from keras_darts.networks import TextNetwork


@functools.singledispatch
def describe(network, **arguments):
    """The `Serving` of a network and arguments that fit it."""
    raise TypeError(
        "`network` must be a `keras.Model`. "
        f"Received: network of type {type(network).__name__}"
    )


describe.register(keras.Model)(describe_images)
describe.register(RecurrentLanguageModel)(describe_language)
describe.register(TextNetwork)(describe_sentences)
