"""From architecture logits (E, K) to the mixing weights of the edges."""

import keras

from keras_darts.registry import Registry
from keras_darts.strategies.relaxations.softmax import Softmax

registry = Registry("relaxation", base=keras.layers.Layer)
registry.register("softmax")(Softmax)

clone = registry.clone
get = registry.get
register = registry.register
serialize = registry.serialize

__all__ = ["Softmax", "clone", "get", "register", "serialize"]
