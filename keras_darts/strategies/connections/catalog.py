"""Connections by name: the published ones and those of users."""

from keras_darts.registry import Registry
from keras_darts.strategies.connections.full import FullConnection
from keras_darts.strategies.connections.partial import PartialConnection

registry = Registry("connection", methods=("edge", "get_config"))
registry.register("full")(FullConnection)
registry.register("partial")(PartialConnection)
