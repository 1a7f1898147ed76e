"""The network that fits a genotype and the images at hand."""

from keras_darts.networks.cifar import CifarNetwork
from keras_darts.networks.imagenet import ImageNetNetwork

# From here on the cells would work on more pixels than the stem should leave.
_LARGE_SIDE = 128


def network_for(
    genotype, num_outputs, input_shape, *, filters, num_cells, **options
):
    """A fresh network of a genotype for images of a size.

    Images from 128 by 128 up go through the stem of `ImageNetNetwork`,
    smaller ones through that of `CifarNetwork`. There is an auxiliary head
    where the images are large enough for one.

    Args:
        genotype: `Genotype`, or the name of a published one.
        num_outputs: Integer, width of the output.
        input_shape: Tuple, height, width and channels of the images.
        filters: Integer, channels of a node in the first cells.
        num_cells: Integer.
        **options: Further arguments of the network, such as `auxiliary`.

    Example:

    >>> network = network_for(
    ...     "darts_v1", 10, (8, 8, 1), filters=4, num_cells=3
    ... )
    >>> type(network).__name__, network.auxiliary
    ('CifarNetwork', False)
    """
    large = min(input_shape[:2]) >= _LARGE_SIDE
    cls = ImageNetNetwork if large else CifarNetwork
    options.setdefault("auxiliary", cls.auxiliary_fits(input_shape, num_cells))
    return cls(
        genotype,
        num_outputs,
        filters,
        num_cells,
        input_shape=input_shape,
        **options,
    )
