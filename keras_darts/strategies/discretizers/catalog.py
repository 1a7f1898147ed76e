"""Discretizers by name: the published ones and those of users."""

from keras_darts.registry import Registry
from keras_darts.strategies.discretizers.argmax import Argmax
from keras_darts.strategies.discretizers.threshold import Threshold
from keras_darts.strategies.discretizers.top_k import TopK

registry = Registry("discretizer", methods=("__call__", "get_config"))
registry.register("argmax")(Argmax)
registry.register("threshold")(Threshold)
registry.register("top_k")(TopK)
