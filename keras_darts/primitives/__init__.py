"""The operations that a cell is made of."""

from keras_darts.primitives.catalog import build_layer
from keras_darts.primitives.catalog import make_primitive
from keras_darts.primitives.catalog import names
from keras_darts.primitives.catalog import register_primitive
from keras_darts.primitives.conv import ConvBN
from keras_darts.primitives.conv import DilConv
from keras_darts.primitives.conv import FactorizedConv
from keras_darts.primitives.conv import ReLUConvBN
from keras_darts.primitives.conv import SepConv
from keras_darts.primitives.drop_path import DropPath
from keras_darts.primitives.normalization import BatchNormalization
from keras_darts.primitives.normalization import normalization_layer
from keras_darts.primitives.pool import AvgPool3x3
from keras_darts.primitives.pool import MaxPool3x3
from keras_darts.primitives.reduce import FactorizedReduce
from keras_darts.primitives.skip import Identity
from keras_darts.primitives.skip import Zero
from keras_darts.primitives.symmetric_conv import convolve
from keras_darts.primitives.symmetric_conv import torch_uniform

__all__ = [
    "AvgPool3x3",
    "BatchNormalization",
    "ConvBN",
    "DilConv",
    "DropPath",
    "FactorizedConv",
    "FactorizedReduce",
    "Identity",
    "MaxPool3x3",
    "ReLUConvBN",
    "SepConv",
    "Zero",
    "build_layer",
    "convolve",
    "make_primitive",
    "names",
    "normalization_layer",
    "register_primitive",
    "torch_uniform",
]
