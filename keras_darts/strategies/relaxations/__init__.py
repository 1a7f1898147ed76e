"""From architecture logits (E, K) to the mixing weights of the edges."""

import keras

from keras_darts.registry import Registry
from keras_darts.strategies.relaxations.softmax import Softmax

registry = Registry("relaxation", base=keras.layers.Layer)
registry.register("softmax")(Softmax)

clone = registry.clone
get = registry.get
register = registry.register


def serialize(relaxation):
    """The config from which `get` makes an equal relaxation.

    It goes without the layer's name, which Keras counts up and which would
    make two equal strategies differ.
    """
    found = registry.serialize(relaxation)
    found["config"].pop("name", None)
    return found


__all__ = ["Softmax", "clone", "get", "register", "serialize"]
