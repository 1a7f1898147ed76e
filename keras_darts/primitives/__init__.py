"""The operations that a cell is made of."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.primitives.activation import activation
from keras_darts.primitives.activation import activation_names
from keras_darts.primitives.activation import register_activation
from keras_darts.primitives.attention import SelfAttention
from keras_darts.primitives.catalog import build_layer
from keras_darts.primitives.catalog import check_rank
from keras_darts.primitives.catalog import make_primitive
from keras_darts.primitives.catalog import names
from keras_darts.primitives.catalog import ranks
from keras_darts.primitives.catalog import register_primitive
from keras_darts.primitives.conv import ConvBN
from keras_darts.primitives.conv import DilConv
from keras_darts.primitives.conv import FactorizedConv
from keras_darts.primitives.conv import FactorizedReduce
from keras_darts.primitives.conv import ReLUConvBN
from keras_darts.primitives.conv import SepConv
from keras_darts.primitives.conv_ops import convolve
from keras_darts.primitives.conv_ops import strided
from keras_darts.primitives.conv_ops import torch_uniform
from keras_darts.primitives.embedding import TokenStem
from keras_darts.primitives.inputs import SharedInput
from keras_darts.primitives.inputs import apply_mask
from keras_darts.primitives.inputs import downsample_mask
from keras_darts.primitives.inputs import mean_and_max
from keras_darts.primitives.inputs import padding_mask_of_ids
from keras_darts.primitives.inputs import presence
from keras_darts.primitives.normalization import BatchNormalization
from keras_darts.primitives.normalization import NoNormalization
from keras_darts.primitives.normalization import is_synchronized
from keras_darts.primitives.normalization import normalization_layer
from keras_darts.primitives.normalization import pool_normalization
from keras_darts.primitives.normalization import synchronized
from keras_darts.primitives.normalization import weighted
from keras_darts.primitives.parameter_free import AvgPool1D
from keras_darts.primitives.parameter_free import AvgPool3x3
from keras_darts.primitives.parameter_free import DropPath
from keras_darts.primitives.parameter_free import Identity
from keras_darts.primitives.parameter_free import MaxPool1D
from keras_darts.primitives.parameter_free import MaxPool3x3
from keras_darts.primitives.parameter_free import Noise
from keras_darts.primitives.parameter_free import Pool
from keras_darts.primitives.parameter_free import Zero

__all__ = [
    "AvgPool1D",
    "AvgPool3x3",
    "BatchNormalization",
    "ConvBN",
    "DilConv",
    "DropPath",
    "FactorizedConv",
    "FactorizedReduce",
    "Identity",
    "MaxPool1D",
    "MaxPool3x3",
    "NoNormalization",
    "Noise",
    "Pool",
    "ReLUConvBN",
    "SelfAttention",
    "SepConv",
    "SharedInput",
    "TokenStem",
    "Zero",
    "activation",
    "activation_names",
    "build_layer",
    "check_rank",
    "convolve",
    "downsample_mask",
    "apply_mask",
    "make_primitive",
    "mean_and_max",
    "names",
    "is_synchronized",
    "normalization_layer",
    "pool_normalization",
    "presence",
    "padding_mask_of_ids",
    "ranks",
    "register_activation",
    "register_primitive",
    "strided",
    "torch_uniform",
    "synchronized",
    "weighted",
]
