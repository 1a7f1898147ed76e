"""The network that NAS-Bench-201 trains."""

import keras

from keras_darts.networks import checks
from keras_darts.networks.nas_bench_201_cell import NasBench201Cell
from keras_darts.networks.residual_stages import ResidualStages
from keras_darts.networks.scaled_images import ScaledImages
from keras_darts.networks.trained_in_parts import TrainedInParts


@keras.saving.register_keras_serializable(package="keras_darts")
class NasBench201Network(ScaledImages, TrainedInParts, ResidualStages):
    """Three stages of one cell, with residual reductions between them.

    Images go in raw where the network scales them (`mean`), and normalised
    where it does not; logits come out, no probabilities. The published
    numbers of weights are those of the default sizes; where primitives of a
    cell lead nowhere, some published ones leave them out.

    Args:
        genotype: `NasBench201Genotype`, or its text.
        num_classes: Integer, width of the output. Defaults to `10`.
        filters: Integer, channels of the first stage. Defaults to `16`.
        num_cells: Integer, the cells of a stage. Defaults to `5`.
        input_shape: Tuple, height, width and channels of the images. Height
            and width can be divided by 4. Defaults to `(32, 32, 3)`.
        mean: Tuple of floats, one a channel, in the units of the raw images
            that the network then takes and scales itself. Defaults to `None`:
            it takes normalised images, until a recipe gives it the statistics
            of what it trains on.
        variance: Tuple of floats, likewise. Defaults to `None`.

    Raises:
        ValueError: if the images don't divide.

    Example:

    >>> network = NasBench201Network(
    ...     "|nor_conv_3x3~0|+|none~0|skip_connect~1|", filters=4, num_cells=1
    ... )
    >>> network(np.zeros((2, 32, 32, 3), "float32")).shape
    TensorShape([2, 10])

    Reference: Dong and Yang, 2020, NAS-Bench-201, section 2.1.
    """

    def __init__(
        self,
        genotype,
        num_classes=10,
        filters=16,
        num_cells=5,
        *,
        input_shape=(32, 32, 3),
        mean=None,
        variance=None,
        **kwargs,
    ):
        # Raw pixels are scaled before they become half precision.
        super().__init__(autocast=False, **kwargs)
        self.genotype = checks.nas_bench_201(genotype)
        self.num_classes = checks.positive("num_classes", num_classes)
        self.filters = checks.positive("filters", filters)
        self.num_cells = checks.positive("num_cells", num_cells)
        self._image_shape = self._checked_shape(input_shape)
        self._begin_scaling(mean, variance)
        self._make_layers(num_classes, filters, num_cells, "batch")
        self.build(self.input_shape)

    @property
    def input_shape(self):
        return (None, *self._image_shape)

    def call(self, images, training=None):  # (B, H, W, C) -> (B, classes)
        return self._logits(self._scaled(images))

    def get_config(self):
        return {
            **super().get_config(),
            "genotype": self.genotype.to_text(),
            "num_classes": self.num_classes,
            "filters": self.filters,
            "num_cells": self.num_cells,
            "input_shape": list(self._image_shape),
            **self._scaling_config(),
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)

    def _cell(self, filters):
        return NasBench201Cell(self.genotype, filters)
