"""The network that NAS-Bench-201 trains."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

import keras
from keras import ops

from keras_darts.networks import checks
from keras_darts.networks.auxiliary_head import linear
from keras_darts.networks.cell_network import ScaledImages
from keras_darts.networks.gradient_accumulation import TrainedInParts
from keras_darts.primitives import ConvBN
from keras_darts.primitives import ReLUConvBN
from keras_darts.primitives import build_layer
from keras_darts.primitives import make_primitive
from keras_darts.primitives import normalization_layer
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_darts.genotypes.nas_bench_201_genotype import NasBench201Genotype
    from keras_darts.primitives.normalization import BatchNormalization
    from keras_darts.primitives.normalization import NoNormalization


@keras.saving.register_keras_serializable(package="keras_darts")
class ResidualReduction(keras.layers.Layer):
    """Halves height and width: two 3x3 convolutions next to a shortcut.

    ReLU, 3x3 convolution of stride 2, BN, ReLU, 3x3 convolution, BN; and to
    that the mean of each 2 by 2 pixels after a 1x1 convolution without BN.

    Args:
        filters: Integer, channels of the output.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Example:

    >>> ResidualReduction(8)(np.ones((2, 4, 4, 3), "float32")).shape
    TensorShape([2, 2, 2, 8])

    Reference: Dong and Yang, 2020, NAS-Bench-201, section 2.1; He et al.,
    2016, Deep residual learning.
    """

    def __init__(
        self, filters: int, normalization: str | None = "batch", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.filters = filters
        self.normalization = normalization
        self.conv_a: ReLUConvBN = ReLUConvBN(
            filters, 3, 2, normalization=normalization
        )
        self.conv_b: ReLUConvBN = ReLUConvBN(
            filters, 3, normalization=normalization
        )
        self.shortcut: ConvBN = ConvBN(filters, 1, normalization=None)

    def build(self, input_shape: Shape) -> None:
        output_shape = self.compute_output_shape(input_shape)
        self.conv_a.build(input_shape)
        self.conv_b.build(output_shape)
        self.shortcut.build((*output_shape[:-1], input_shape[-1]))

    def call(
        self, inputs: tf.Tensor
    ) -> tf.Tensor:  # (B, H, W, C) -> (B, H/2, W/2, C')
        means = ops.average_pool(inputs, 2, 2, "valid", "channels_last")
        return self.shortcut(means) + self.conv_b(self.conv_a(inputs))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        batch, *sides, _ = input_shape
        return (batch, *[side and side // 2 for side in sides], self.filters)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "filters": self.filters,
            "normalization": self.normalization,
        }


_STAGES = 3


class ResidualStages(keras.Model):
    """Three stages of equal cells, with residual reductions between them.

    A 3x3 convolution and BN; the stages, of which each after the first has
    twice the channels and half the height and width of the one before; BN,
    ReLU, the mean over the pixels, linear.

    Abstract: a subclass makes cells by `_cell(filters)`, has them made by
    `_make_layers`, and builds itself.

    Example:

    >>> issubclass(kd.networks.NasBench201Network, ResidualStages)
    True

    Reference: Dong and Yang, 2020, NAS-Bench-201, section 2.1.
    """

    def _make_layers(self, num_outputs, filters, num_cells, normalization):
        self.stem: ConvBN = ConvBN(filters, 3, normalization=normalization)
        # Cells and reductions, in the order in which they are called.
        self.blocks: list[keras.Layer] = []
        for stage in range(_STAGES):
            width = filters * 2**stage
            if stage:
                self.blocks.append(ResidualReduction(width, normalization))
            self.blocks += [self._cell(width) for _ in range(num_cells)]
        self.bn: NoNormalization | BatchNormalization = normalization_layer(
            normalization, affine=True
        )
        self.classifier: keras.layers.Dense = linear(num_outputs, width)

    def _cell(self, filters):
        raise NotImplementedError

    def build(self, input_shape: Shape) -> None:
        self.stem.build(input_shape)
        shape = (*input_shape[:-1], self.stem.filters)
        for block in self.blocks:
            if isinstance(block, ResidualReduction):
                block.build(shape)
                shape = block.compute_output_shape(shape)
            else:
                block.build([shape])
        self.bn.build(shape)
        self.classifier.build((None, shape[-1]))
        self.built = True

    def _logits(self, images, **options):
        """(B, H, W, C) -> (B, outputs); cells are called with `options`."""
        features = self.stem(ops.cast(images, self.compute_dtype))
        for block in self.blocks:
            if isinstance(block, ResidualReduction):
                features = block(features)
            else:
                features = block([features], **options)
        features = ops.relu(self.bn(features))
        return self.classifier(ops.mean(features, axis=(1, 2)))

    @staticmethod
    def _checked_shape(input_shape):
        return checks.image_shape(input_shape, reductions=_STAGES - 1)


@keras.saving.register_keras_serializable(package="keras_darts")
class NasBench201Cell(keras.layers.Layer):
    """The cell of a genotype: a primitive an edge, the last node the output.

    A node is the sum of its edges, of which those with `none` give zeros.

    Args:
        genotype: `NasBench201Genotype`, or its text.
        filters: Integer, channels of the input and of every node.

    Call: `[inputs]`, as search cells take it.

    Example:

    >>> cell = NasBench201Cell("|nor_conv_1x1~0|+|none~0|skip_connect~1|", 4)
    >>> cell([np.ones((2, 8, 8, 4), "float32")]).shape
    TensorShape([2, 8, 8, 4])

    Reference: Dong and Yang, 2020, NAS-Bench-201, section 2.1.
    """

    def __init__(
        self, genotype: NasBench201Genotype | str, filters: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.genotype: NasBench201Genotype = checks.nas_bench_201(genotype)
        self.filters = filters
        self.ops: list[keras.Layer] = [
            make_primitive(name, filters)
            for name in self.genotype.edges
            if name != "none"
        ]

    def build(self, input_shape: Sequence[Shape]) -> None:
        for operation in self.ops:
            build_layer(operation, input_shape[0])

    def compute_output_shape(self, input_shape: Sequence[Shape]) -> Shape:
        return input_shape[0]

    def call(
        self, inputs: Sequence[tf.Tensor], training: bool | None = None
    ) -> tf.Tensor:
        """[(B, H, W, C)] -> (B, H, W, C)."""
        states, operations = list(inputs), iter(self.ops)
        for node in self.genotype.nodes():
            there = [source for name, source in node if name != "none"]
            terms = [next(operations)(states[source]) for source in there]
            if training:
                # So that the weights of primitives which lead nowhere have a
                # gradient, if only of zeros.
                absent = [source for name, source in node if name == "none"]
                terms += [states[source] * 0 for source in absent]
            states.append(sum(terms[1:], terms[0]) if terms else _zeros(states))
        return states[-1]

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "genotype": self.genotype.to_text(),
            "filters": self.filters,
        }


def _zeros(states):
    return ops.zeros_like(states[0])


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
        genotype: NasBench201Genotype | str,
        num_classes: int = 10,
        filters: int = 16,
        num_cells: int = 5,
        *,
        input_shape: tuple[int, ...] = (32, 32, 3),
        mean: Sequence[float] | None = None,
        variance: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        # Raw pixels are scaled before they become half precision.
        super().__init__(autocast=False, **kwargs)
        self.genotype: NasBench201Genotype = checks.nas_bench_201(genotype)
        self.num_classes: int = positive_integer("num_classes", num_classes)
        self.filters: int = positive_integer("filters", filters)
        self.num_cells: int = positive_integer("num_cells", num_cells)
        self._image_shape = self._checked_shape(input_shape)
        self._begin_scaling(mean, variance)
        self._make_layers(num_classes, filters, num_cells, "batch")
        self.build(self.input_shape)

    @property
    def input_shape(self) -> Shape:
        return (None, *self._image_shape)

    def call(
        self, images: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:  # (B, H, W, C) -> (B, classes)
        return self._logits(self._scaled(images))

    def get_config(self) -> Config:
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
    def from_config(
        cls, config: Config, custom_objects: Mapping[str, Any] | None = None
    ) -> Self:
        return cls(**config)

    def _cell(self, filters):
        return NasBench201Cell(self.genotype, filters)
