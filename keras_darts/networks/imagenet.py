"""The network that DARTS trains on ImageNet, in the mobile setting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras

from keras_darts.networks.cell_network import CellNetwork
from keras_darts.primitives import ConvBN
from keras_darts.primitives import ReLUConvBN

if TYPE_CHECKING:
    from keras_darts.genotypes.genotype import Genotype


@keras.saving.register_keras_serializable(package="keras_darts")
class ImageNetNetwork(CellNetwork):
    """Derived cells for large images, which the stem shrinks to an eighth.

    The stem has three convolutions of stride 2; the first cell takes the
    outputs of the last two. The cells at a third and at two thirds of the depth
    are reduction cells, which halve height and width and double the filters.
    Images go in raw where the network scales them (`mean`), and normalised
    where it does not; logits come out, no probabilities. Called with
    `training=True` it returns the pair `(logits, auxiliary logits)` when it has
    an auxiliary head: `fit` trains on both and measures the first.

    Args:
        genotype: `Genotype`, or the name of a published one.
        num_classes: Integer, width of the output. Defaults to `1000`.
        filters: Even integer, channels of a node in the first cells. Defaults
            to `48`.
        num_cells: Integer. Defaults to `14`.
        auxiliary: Boolean, whether a second classifier helps the training
            after the second reduction. It needs images of 224 by 224 or more.
            Defaults to `True`.
        input_shape: Tuple, height, width and channels of the images. Height
            and width can be divided by 32. Defaults to `(224, 224, 3)`.
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
            auxiliary head, or `filters` is odd.

    Example:

    >>> network = ImageNetNetwork(
    ...     "darts_v2", num_classes=5, filters=4, num_cells=3,
    ...     auxiliary=False, input_shape=(64, 64, 3),
    ... )
    >>> network(np.zeros((2, 64, 64, 3), "float32")).shape
    TensorShape([2, 5])

    Reference: Liu et al., 2019, DARTS, section 3.4.
    """

    stem_reductions = 3
    # The published networks were trained without the second normalisation.
    auxiliary_options: dict[str, Any] = {
        "stride": 2,
        "second_normalization": False,
    }

    def __init__(
        self,
        genotype: Genotype | str,
        num_classes: int = 1000,
        filters: int = 48,
        num_cells: int = 14,
        *,
        auxiliary: bool = True,
        input_shape: tuple[int, ...] = (224, 224, 3),
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
        if self.filters % 2:
            raise ValueError(
                "`filters` must be even, since the stem begins with half of "
                f"them. Received: filters={self.filters}"
            )
        return [
            ConvBN(self.filters // 2, 3, stride=2),
            ReLUConvBN(self.filters, 3, stride=2),
            ReLUConvBN(self.filters, 3, stride=2),
        ]
