"""Names of the variables in the original PyTorch code."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import keras
import numpy as np

from keras_darts.networks import AuxiliaryHead
from keras_darts.networks import CifarNetwork
from keras_darts.networks import DerivedCell
from keras_darts.networks import DerivedRecurrentCell
from keras_darts.networks import ImageNetNetwork
from keras_darts.networks import LanguageBackbone
from keras_darts.networks import RecurrentCell
from keras_darts.networks import RecurrentLanguageModel
from keras_darts.networks.language_backbone import TiedEmbedding
from keras_darts.primitives import AvgPool3x3
from keras_darts.primitives import BatchNormalization
from keras_darts.primitives import ConvBN
from keras_darts.primitives import DilConv
from keras_darts.primitives import FactorizedConv
from keras_darts.primitives import FactorizedReduce
from keras_darts.primitives import Identity
from keras_darts.primitives import MaxPool3x3
from keras_darts.primitives import NoNormalization
from keras_darts.primitives import ReLUConvBN
from keras_darts.primitives import SepConv
from keras_darts.primitives import Zero
from keras_darts.supernet import LanguageSupernet
from keras_darts.supernet import MixedOp
from keras_darts.supernet import RecurrentSearchCell
from keras_darts.supernet import SearchCell
from keras_darts.supernet import Supernet
from keras_darts.supernet.mixed_op import NormalizedPool

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of PyTorch's axes those of Keras, one after the other: (O, I, H, W) gives
# (H, W, I, O), (C, 1, H, W) gives (H, W, C, 1) and (O, I) gives (I, O).
_CONVOLUTION = (2, 3, 1, 0)
_DEPTHWISE = (2, 3, 0, 1)
_LINEAR = (1, 0)
_VECTOR = (0,)
_MATRIX = (0, 1)

# What a layer keeps at a path of attributes is called so by PyTorch; a
# variable comes with its axes, and with other names that it may have. Paths
# that lead nowhere are passed over, such as the scale of a normalisation
# without one.
_NAMES = {
    CifarNetwork: {
        "stem.0": "stem",
        "cells": "cells",
        "auxiliary_head": "auxiliary_head",
        "classifier": "classifier",
    },
    ImageNetNetwork: {
        "stem.0": "stem0",
        "stem.1.kernel": ("stem0.3.weight", _CONVOLUTION),
        "stem.1.bn": "stem0.4",
        "stem.2.kernel": ("stem1.1.weight", _CONVOLUTION),
        "stem.2.bn": "stem1.2",
        "cells": "cells",
        "auxiliary_head": "auxiliary_head",
        "classifier": "classifier",
    },
    Supernet: {
        "stem": "stem",
        "cells": "cells",
        "classifier": "classifier",
        "arch.alphas.normal": ("alphas_normal", _MATRIX),
        "arch.alphas.reduce": ("alphas_reduce", _MATRIX),
        "arch.betas.normal": ("betas_normal", _VECTOR),
        "arch.betas.reduce": ("betas_reduce", _VECTOR),
    },
    RecurrentLanguageModel: {"body": ""},
    LanguageSupernet: {
        "body": "",
        "arch.alphas.recurrent": ("weights", _MATRIX, "alphas"),
        "arch.betas.recurrent": ("betas", _VECTOR),
    },
    LanguageBackbone: {"embedding": "", "recurrence.cell": "rnns.0"},
    DerivedRecurrentCell: {"w0": ("_W0", _MATRIX)},
    RecurrentSearchCell: {"w0": ("_W0", _MATRIX), "bn": "bn"},
    TiedEmbedding: {"bias": ("decoder.bias", _VECTOR)},
    DerivedCell: {
        "preprocess0": "preprocess0",
        "preprocess1": "preprocess1",
        "ops": "_ops",
    },
    SearchCell: {"preprocess0": "preprocess0", "preprocess1": "preprocess1"},
    MixedOp: {"candidates": "_ops"},
    NormalizedPool: {"bn": "1"},
    AuxiliaryHead: {
        "conv1": "features.2",
        "bn1": "features.3",
        "conv2": "features.5",
        "bn2": "features.6",
        "classifier": "classifier",
    },
    ConvBN: {"kernel": ("0.weight", _CONVOLUTION), "bn": "1"},
    ReLUConvBN: {"kernel": ("op.1.weight", _CONVOLUTION), "bn": "op.2"},
    DilConv: {
        "depthwise": ("op.1.weight", _DEPTHWISE),
        "pointwise": ("op.2.weight", _CONVOLUTION),
        "bn": "op.3",
    },
    SepConv: {
        "first.depthwise": ("op.1.weight", _DEPTHWISE),
        "first.pointwise": ("op.2.weight", _CONVOLUTION),
        "first.bn": "op.3",
        "second.depthwise": ("op.5.weight", _DEPTHWISE),
        "second.pointwise": ("op.6.weight", _CONVOLUTION),
        "second.bn": "op.7",
    },
    FactorizedConv: {
        "row": ("1.weight", _CONVOLUTION),
        "column": ("2.weight", _CONVOLUTION),
        "bn": "3",
    },
    FactorizedReduce: {
        "even": ("conv_1.weight", _CONVOLUTION),
        "odd": ("conv_2.weight", _CONVOLUTION),
        "bn": "bn",
    },
    BatchNormalization: {
        "gamma": ("weight", _VECTOR),
        "beta": ("bias", _VECTOR),
        "moving_mean": ("running_mean", _VECTOR),
        "moving_variance": ("running_var", _VECTOR),
    },
    keras.layers.Conv2D: {
        "kernel": ("weight", _CONVOLUTION),
        "bias": ("bias", _VECTOR),
    },
    keras.layers.Dense: {
        "kernel": ("weight", _LINEAR),
        "bias": ("bias", _VECTOR),
    },
    AvgPool3x3: {},
    MaxPool3x3: {},
    Identity: {},
    Zero: {},
    NoNormalization: {},
    keras.layers.Identity: {},
}


@dataclasses.dataclass(frozen=True)
class Place:
    """Where an array of the original lies here.

    Args:
        name: String, its key in the `state_dict`.
        variable: The Keras variable.
        axes: Tuple, of PyTorch's axes those of Keras.
        index: Integer, its place in a variable that holds the arrays of
            several edges or nodes one above the other. Defaults to `None`:
            the variable is the array's own.
        others: Tuple of strings, further keys under which the same array may
            be found. Defaults to none.
    """

    name: str
    variable: keras.Variable
    axes: tuple[int, ...]
    index: int | None = None
    others: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that the original has it in."""
        mine = tuple(self.variable.shape)[self.index is not None :]
        return tuple(mine[axis] for axis in np.argsort(self.axes))


def places(layer: keras.Layer, prefix: str = "") -> Iterator[Place]:
    """A `Place` for each array that the original keeps for a layer.

    Args:
        layer: A built network, or one of the layers that they are made of.
        prefix: String, the layer's own name. Defaults to none.

    Raises:
        ValueError: for a layer that the original has no names for.
    """
    if isinstance(layer, list | dict):
        parts = layer.items() if isinstance(layer, dict) else enumerate(layer)
        for key, part in parts:
            yield from places(part, f"{prefix}.{key}")
        return
    if type(layer) not in _NAMES:
        raise ValueError(
            "`model` must be made of layers that the original PyTorch code "
            f"has. Received: {type(layer).__name__} as {prefix or 'the model'}"
        )
    for path, name in _NAMES[type(layer)].items():
        part = _at(layer, path)
        if part is None:
            continue
        if isinstance(name, tuple):
            name, axes, *others = name
            others = tuple(_joined(prefix, other) for other in others)
            yield Place(_joined(prefix, name), part, axes, others=others)
        else:
            yield from places(part, _joined(prefix, name))
    for layer_class, several in _SEVERAL.items():
        if isinstance(layer, layer_class):
            yield from several(layer, prefix)


def _edges(cell, prefix):
    for edge in range(len(cell.spec.edges)):
        stack, index = cell.edge_location(edge)
        for place in places(stack.template(), _joined(prefix, f"_ops.{edge}")):
            stacked = stack.stack_of(place.variable)
            yield dataclasses.replace(place, variable=stacked, index=index)


def _nodes(cell, prefix):
    for node in range(cell.num_nodes):
        name = _joined(prefix, f"_Ws.{node}")
        yield Place(name, cell.ws, _MATRIX, index=node)


def _tied(embedding, prefix):
    """The matrix of encoder and decoder, of which the original keeps both."""
    parts = ("encoder", "decoder")
    names = [_joined(prefix, f"{part}.weight") for part in parts]
    for name, other in zip(names, reversed(names), strict=True):
        yield Place(name, embedding.embeddings, _MATRIX, others=(other,))


_SEVERAL = {SearchCell: _edges, RecurrentCell: _nodes, TiedEmbedding: _tied}


def _at(layer, path):
    """What lies at a path of attributes, indices and keys, or `None`."""
    place = layer
    for step in path.split("."):
        if isinstance(place, list):
            place = place[int(step)]
        elif isinstance(place, dict):
            place = place.get(step)
        else:
            place = getattr(place, step, None)
    return place


def _joined(prefix, name):
    return ".".join(filter(None, (prefix, name)))
