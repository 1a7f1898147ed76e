"""Primitives by name: those of the field and those that users register."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import TypeVar

import keras

from keras_darts.primitives.attention import SelfAttention
from keras_darts.primitives.conv import DilConv
from keras_darts.primitives.conv import FactorizedConv
from keras_darts.primitives.conv import FactorizedReduce
from keras_darts.primitives.conv import ReLUConvBN
from keras_darts.primitives.conv import SepConv
from keras_darts.primitives.parameter_free import AvgPool1D
from keras_darts.primitives.parameter_free import AvgPool3x3
from keras_darts.primitives.parameter_free import Identity
from keras_darts.primitives.parameter_free import MaxPool1D
from keras_darts.primitives.parameter_free import MaxPool3x3
from keras_darts.primitives.parameter_free import Noise
from keras_darts.primitives.parameter_free import Zero
from keras_darts.utils.registry import Registry
from keras_darts.utils.typing import Shape

_Factory = TypeVar("_Factory", bound=Callable[..., Any])
_REGISTRY = Registry("primitive")
_IMAGES, _SEQUENCES = 4, 3


class _Primitive(typing.NamedTuple):
    factory: Callable[..., keras.Layer]
    ranks: tuple[int, ...]


def register_primitive(
    name: str, rank: int | Sequence[int] = _IMAGES
) -> Callable[[_Factory], _Factory]:
    """Decorator that makes a layer usable by name in every search space.

    What is registered is called as `(filters, stride, affine)` and returns a
    layer which keeps the number of channels and divides height and width, or
    the length of a sequence, by `stride`. Where it also names a parameter
    `normalization`, it is told the search space's. A class becomes
    serialisable with it.

    Args:
        name: String, an identifier.
        rank: 4 for a layer on images (B, H, W, C), 3 for one on sequences
            (B, T, C), where what is padding has no features but zeros, or
            a tuple of both. Defaults to `4`.

    Example:

    >>> @register_primitive("doctest_conv")
    ... def plain_conv(filters, stride, affine):
    ...     return keras.layers.Conv2D(filters, 3, stride, padding="same")
    >>> "doctest_conv" in names()
    True
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(
            "`name` must be an identifier, since genotypes print it. "
            f"Received: name={name!r}"
        )
    ranks = (rank,) if isinstance(rank, int) else tuple(rank)
    if not ranks or set(ranks) - {_IMAGES, _SEQUENCES}:
        raise ValueError(
            "`rank` must be 4 for images, 3 for sequences, or a tuple of "
            f"these. Received: rank={rank!r}"
        )

    def keep(factory):
        if inspect.isclass(factory):
            keras.saving.register_keras_serializable("keras_darts_user")(
                factory
            )
        _REGISTRY.register(name)(_Primitive(factory, ranks))
        return factory

    return keep


def names(rank: int | None = None) -> list[str]:
    """Names of all registered primitives, or of those for a rank, sorted."""
    return [
        name
        for name in _REGISTRY.names()
        if rank is None or rank in ranks(name)
    ]


def ranks(name: str) -> tuple[int, ...]:
    """The ranks of the inputs that a primitive takes: 4, 3 or both.

    Example:

    >>> ranks("skip_connect"), ranks("self_attention")
    ((4, 3), (3,))
    """
    return _REGISTRY[name].ranks


def check_rank(names: Sequence[str], rank: int) -> None:
    """Raises a `ValueError` for primitives that take no inputs of a rank."""
    others = [name for name in names if rank not in ranks(name)]
    if others:
        data = {_IMAGES: "images", _SEQUENCES: "sequences"}[rank]
        raise ValueError(
            f"`primitives` must be for {data} here, registered with "
            f"`rank={rank}`. Received: {', '.join(others)}"
        )


def make_primitive(
    name: str,
    filters: int,
    *,
    stride: int = 1,
    affine: bool = True,
    normalization: str | None = "batch",
) -> keras.Layer:
    """The layer of a primitive.

    Args:
        name: String, a registered primitive.
        filters: Integer, channels of the input and the output.
        stride: 1 or 2. Defaults to `1`.
        affine: Boolean, whether normalisations have a trained scale and
            offset. Defaults to `True`.
        normalization: `"batch"` or `None`, for the primitives that take it.
            Defaults to `"batch"`.

    Raises:
        ValueError: if no primitive has that name; the nearest are given.

    Example:

    >>> make_primitive("skip_connect", 8)(np.ones((1, 4, 4, 8))).shape
    TensorShape([1, 4, 4, 8])
    """
    factory, settings = _REGISTRY[name].factory, {}
    if "normalization" in inspect.signature(factory).parameters:
        settings["normalization"] = normalization
    return factory(filters, stride=stride, affine=affine, **settings)


def build_layer(layer: keras.Layer, input_shape: Shape) -> None:
    """Makes the variables of a layer now.

    A user's layer may leave its `build` out, and have the layers inside it
    made when it is first called.
    """
    if type(layer).build is keras.layers.Layer.build:
        layer(keras.KerasTensor(input_shape))
    else:
        layer.build(input_shape)


@register_primitive("none", rank=(_IMAGES, _SEQUENCES))
def none(filters: int, stride: int, affine: bool) -> Zero:
    return Zero(stride)


@register_primitive("max_pool_3x3")
def max_pool_3x3(filters: int, stride: int, affine: bool) -> MaxPool3x3:
    return MaxPool3x3(stride)


@register_primitive("avg_pool_3x3")
def avg_pool_3x3(filters: int, stride: int, affine: bool) -> AvgPool3x3:
    return AvgPool3x3(stride)


@register_primitive("skip_connect", rank=(_IMAGES, _SEQUENCES))
def skip_connect(
    filters: int, stride: int, affine: bool, normalization: str | None = "batch"
) -> Identity | FactorizedReduce:
    if stride == 1:
        return Identity()
    return FactorizedReduce(filters, affine, normalization)


@register_primitive("sep_conv_3x3")
def sep_conv_3x3(
    filters: int, stride: int, affine: bool, normalization: str | None = "batch"
) -> SepConv:
    return SepConv(filters, 3, stride, affine, normalization)


@register_primitive("sep_conv_5x5")
def sep_conv_5x5(
    filters: int, stride: int, affine: bool, normalization: str | None = "batch"
) -> SepConv:
    return SepConv(filters, 5, stride, affine, normalization)


@register_primitive("sep_conv_7x7")
def sep_conv_7x7(
    filters: int, stride: int, affine: bool, normalization: str | None = "batch"
) -> SepConv:
    return SepConv(filters, 7, stride, affine, normalization)


@register_primitive("dil_conv_3x3")
def dil_conv_3x3(
    filters: int, stride: int, affine: bool, normalization: str | None = "batch"
) -> DilConv:
    return DilConv(filters, 3, stride, affine, normalization)


@register_primitive("dil_conv_5x5")
def dil_conv_5x5(
    filters: int, stride: int, affine: bool, normalization: str | None = "batch"
) -> DilConv:
    return DilConv(filters, 5, stride, affine, normalization)


@register_primitive("conv_7x1_1x7")
def conv_7x1_1x7(
    filters: int, stride: int, affine: bool, normalization: str | None = "batch"
) -> FactorizedConv:
    return FactorizedConv(filters, 7, stride, affine, normalization)


@register_primitive("nor_conv_1x1")
def nor_conv_1x1(
    filters: int, stride: int, affine: bool, normalization: str | None = "batch"
) -> ReLUConvBN:
    return ReLUConvBN(filters, 1, stride, affine, normalization)


@register_primitive("nor_conv_3x3")
def nor_conv_3x3(
    filters: int, stride: int, affine: bool, normalization: str | None = "batch"
) -> ReLUConvBN:
    return ReLUConvBN(filters, 3, stride, affine, normalization)


@register_primitive("noise")
def noise(filters: int, stride: int, affine: bool) -> Noise:
    return Noise(stride)


@register_primitive("max_pool_1d_3", rank=_SEQUENCES)
def max_pool_1d_3(filters: int, stride: int, affine: bool) -> MaxPool1D:
    return MaxPool1D(stride)


@register_primitive("avg_pool_1d_3", rank=_SEQUENCES)
def avg_pool_1d_3(filters: int, stride: int, affine: bool) -> AvgPool1D:
    return AvgPool1D(stride)


@register_primitive("conv_1d_3", rank=_SEQUENCES)
def conv_1d_3(
    filters: int, stride: int, affine: bool, normalization: str | None = "batch"
) -> ReLUConvBN:
    return ReLUConvBN(filters, 3, stride, affine, normalization)


@register_primitive("conv_1d_5", rank=_SEQUENCES)
def conv_1d_5(
    filters: int, stride: int, affine: bool, normalization: str | None = "batch"
) -> ReLUConvBN:
    return ReLUConvBN(filters, 5, stride, affine, normalization)


@register_primitive("conv_1d_7", rank=_SEQUENCES)
def conv_1d_7(
    filters: int, stride: int, affine: bool, normalization: str | None = "batch"
) -> ReLUConvBN:
    return ReLUConvBN(filters, 7, stride, affine, normalization)


@register_primitive("dil_conv_1d_3", rank=_SEQUENCES)
def dil_conv_1d_3(
    filters: int, stride: int, affine: bool, normalization: str | None = "batch"
) -> DilConv:
    return DilConv(filters, 3, stride, affine, normalization)


@register_primitive("dil_conv_1d_5", rank=_SEQUENCES)
def dil_conv_1d_5(
    filters: int, stride: int, affine: bool, normalization: str | None = "batch"
) -> DilConv:
    return DilConv(filters, 5, stride, affine, normalization)


@register_primitive("self_attention", rank=_SEQUENCES)
def self_attention(
    filters: int, stride: int, affine: bool, normalization: str | None = "batch"
) -> SelfAttention:
    return SelfAttention(filters, stride, affine, normalization)
