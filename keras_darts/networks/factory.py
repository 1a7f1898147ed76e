"""The network that fits a genotype and the images at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from keras_darts.genotypes import NasBench201Genotype
from keras_darts.networks.cifar import CifarNetwork
from keras_darts.networks.imagenet import ImageNetNetwork
from keras_darts.networks.nas_bench_201 import NasBench201Network
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    from keras_darts.genotypes.genotype import Genotype


# From here on the cells would work on more pixels than the stem should leave.
_LARGE_SIDE = 128


def network_for(
    genotype: Genotype | NasBench201Genotype | str,
    num_classes: int,
    input_shape: Shape,
    *,
    filters: int,
    num_cells: int,
    **options: Any,
) -> CifarNetwork | ImageNetNetwork | NasBench201Network:
    """A fresh network of a genotype for images of a size.

    Images from 128 by 128 up go through the stem of `ImageNetNetwork`,
    smaller ones through that of `CifarNetwork`. There is an auxiliary head
    where the images are large enough for one. A `NasBench201Genotype` becomes
    a `NasBench201Network`, which has none.

    Args:
        genotype: `Genotype`, the name of a published one, or a
            `NasBench201Genotype`.
        num_classes: Integer, width of the output.
        input_shape: Tuple, height, width and channels of the images.
        filters: Integer, channels of a node in the first cells.
        num_cells: Integer; for a `NasBench201Network`, of each stage.
        **options: Further arguments of the network, such as `auxiliary`, or
            `mean` and `variance`, with which it scales raw images itself.

    Raises:
        ValueError: if an auxiliary head is asked for where there can be none.

    Example:

    >>> network = network_for(
    ...     "darts_v1", 10, (8, 8, 1), filters=4, num_cells=3
    ... )
    >>> type(network).__name__, network.auxiliary
    ('CifarNetwork', False)
    """
    if isinstance(genotype, NasBench201Genotype):
        cls, options = NasBench201Network, _without_auxiliary(options)
    else:
        cls = _network_of_cells(input_shape)
        fits = cls.auxiliary_fits(input_shape, num_cells)
        options.setdefault("auxiliary", fits)
    return cls(
        genotype,
        num_classes,
        filters,
        num_cells,
        input_shape=input_shape,
        **options,
    )


def _network_of_cells(input_shape):
    large = min(input_shape[:2]) >= _LARGE_SIDE
    return ImageNetNetwork if large else CifarNetwork


def _without_auxiliary(options):
    if options.pop("auxiliary", False):
        raise ValueError(
            "`auxiliary` must be left out for a NasBench201Genotype, whose "
            "network has no auxiliary head. Received: auxiliary=True"
        )
    return options
