"""How the candidates of an edge are put together."""

from keras_darts.strategies.connections.auxiliary_skip import AuxiliarySkip
from keras_darts.strategies.connections.catalog import registry
from keras_darts.strategies.connections.drop_path import DropPath
from keras_darts.strategies.connections.full import FullConnection
from keras_darts.strategies.connections.partial import PartialConnection

clone = registry.clone
get = registry.get
register = registry.register
serialize = registry.serialize

__all__ = [
    "AuxiliarySkip",
    "DropPath",
    "FullConnection",
    "PartialConnection",
    "clone",
    "get",
    "register",
    "serialize",
]
