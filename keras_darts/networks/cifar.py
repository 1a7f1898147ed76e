"""The network that DARTS trains on CIFAR, and on other small images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras

from keras_darts.networks.cell_network import CellNetwork
from keras_darts.primitives import ConvBN

if TYPE_CHECKING:
    from keras_darts.genotypes.genotype import Genotype


@keras.saving.register_keras_serializable(package="keras_darts")
class CifarNetwork(CellNetwork):
    """Derived cells for small images: one 3x3 convolution, then the cells.

    The cells at a third and at two thirds of the depth are reduction cells,
    which halve height and width and double the filters. Images go in
    raw where the network scales them (`mean`), and normalised where it does
    not; logits come out, no probabilities. Called with `training=True` it
    gives the pair `(logits, auxiliary logits)` when it has an auxiliary head:
    `fit` trains on both and measures the first.

    Args:
        genotype: `Genotype`, or the name of a published one.
        num_classes: Integer, width of the output. Defaults to `10`.
        filters: Integer, channels of a node in the first cells. Defaults to
            `36`.
        num_cells: Integer. Defaults to `20`.
        auxiliary: Boolean, whether a second classifier helps the training
            after the second reduction. It needs images of 32 by 32 or more.
            Defaults to `True`.
        input_shape: Tuple, height, width and channels of the images. Height
            and width can be divided by 4. Defaults to `(32, 32, 3)`.
        auxiliary_head_weight: Float, the share of the auxiliary loss. Defaults
            to `0.4`.
        drop_path_rate: Float in [0, 1), the first value of the variable
            `drop_path_rate`: how often a sample goes without a path of a
            cell. Defaults to `0.0`.
        mean: Tuple of floats, one a channel, in the units of the raw images
            that the network then takes and scales itself. Defaults to `None`:
            it takes normalised images, until a recipe gives it the statistics
            of what it trains on.
        variance: Tuple of floats, likewise. Defaults to `None`.

    Raises:
        ValueError: if the images don't divide, or are too small for the
            auxiliary head.

    Example:

    >>> network = CifarNetwork(
    ...     "darts_v2", filters=4, num_cells=3, auxiliary=False,
    ...     input_shape=(8, 8, 1),
    ... )
    >>> network(np.zeros((2, 8, 8, 1), "float32")).shape
    TensorShape([2, 10])

    Reference: Liu et al., 2019, DARTS, section 3.2.
    """

    def __init__(
        self,
        genotype: Genotype | str,
        num_classes: int = 10,
        filters: int = 36,
        num_cells: int = 20,
        *,
        auxiliary: bool = True,
        input_shape: tuple[int, ...] = (32, 32, 3),
        auxiliary_head_weight: float = 0.4,
        drop_path_rate: float = 0.0,
        mean: Sequence[float] | None = None,
        variance: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            genotype,
            num_classes,
            filters,
            num_cells,
            auxiliary=auxiliary,
            input_shape=input_shape,
            auxiliary_head_weight=auxiliary_head_weight,
            drop_path_rate=drop_path_rate,
            mean=mean,
            variance=variance,
            **kwargs,
        )

    def _stem(self):
        return [ConvBN(3 * self.filters, 3)]
