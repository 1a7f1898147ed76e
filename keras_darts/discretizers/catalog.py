"""Discretizers by name: the published ones and those of users."""

from keras_darts.discretizers.argmax import Argmax
from keras_darts.discretizers.threshold import Threshold
from keras_darts.discretizers.top_k import TopK
from keras_darts.utils.registry import Registry

registry = Registry("discretizer", methods=("__call__", "get_config"))
registry.register("argmax")(Argmax)
registry.register("threshold")(Threshold)
registry.register("top_k")(TopK)
