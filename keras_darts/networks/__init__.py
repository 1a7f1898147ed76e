"""Networks that train from scratch, built from a genotype."""

from keras_darts.networks.auxiliary_head import AuxiliaryHead
from keras_darts.networks.choice import network_for
from keras_darts.networks.cifar import CifarNetwork
from keras_darts.networks.derived_cell import DerivedCell
from keras_darts.networks.imagenet import ImageNetNetwork

__all__ = [
    "AuxiliaryHead",
    "CifarNetwork",
    "DerivedCell",
    "ImageNetNetwork",
    "network_for",
]
