"""Base of the networks of normal and reduction cells."""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

import keras
from keras import ops

from keras_darts.genotypes import Genotype
from keras_darts.networks import checks
from keras_darts.networks.auxiliary_head import AuxiliaryHead
from keras_darts.networks.auxiliary_head import linear
from keras_darts.networks.auxiliary_head import smallest_side
from keras_darts.networks.derived_cell import DerivedCell
from keras_darts.networks.gradient_accumulation import TrainedInParts
from keras_darts.primitives import DropPath
from keras_darts.primitives import check_rank
from keras_darts.utils import private_api
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.errors import rate
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    import tensorflow as tf


class ScaledImages:
    """What networks of images know of the scale of their inputs. A mixin.

    A subclass is a `keras.Model` with an `input_shape`, calls `_begin_scaling`
    in its constructor, and `_scaled` on the images of a call.

    Attributes:
        preprocessing: `keras.layers.Normalization` without weights that turns
            raw images into what the stem takes, or `None`: the network takes
            images that are scaled already.

    Example:

    >>> network = kd.networks.CifarNetwork(
    ...     "darts_v2", filters=2, num_cells=1, auxiliary=False,
    ...     input_shape=(8, 8, 1),
    ... )
    >>> network.preprocessing, network.mean
    (None, None)
    >>> network.scale_inputs(mean=[128.0], variance=[4000.0])
    >>> type(network.preprocessing).__name__, network.mean
    ('Normalization', (128.0,))
    """

    preprocessing: keras.Layer | None = None
    train_function: Any
    test_function: Any
    predict_function: Any

    @property
    def mean(self) -> tuple[float, ...] | None:
        """Tuple, that of each channel, or `None` without scaling."""
        return self.preprocessing and tuple(self.preprocessing.input_mean)

    @property
    def variance(self) -> tuple[float, ...] | None:
        """Tuple, that of each channel, or `None` without scaling."""
        return self.preprocessing and tuple(self.preprocessing.input_variance)

    def scale_inputs(
        self, mean: Sequence[float] | None, variance: Sequence[float] | None
    ) -> None:
        """Lets the network take raw images from now on.

        It has no weights more, and what it was trained to stays as it is. A
        scaling that it has already is replaced; functions that Keras has
        traced are traced again.

        Args:
            mean: Tuple of floats, one a channel, in the units of the raw
                images, as `keras_darts.datasets.channel_statistics` returns it.
            variance: Tuple of floats, likewise.

        Raises:
            ValueError: if there is not one number a channel.
        """
        scaling = checks.statistics(mean, variance, self.input_shape[-1])
        if scaling is None:
            raise ValueError(
                "`mean` and `variance` must be given to scale images. "
                "Received: mean=None, variance=None"
            )
        layer = self.preprocessing
        if layer is None:
            # Keras locks a layer that is built; this one brings no weights.
            with private_api.unlocked(self):
                self.preprocessing = self._normalization(*scaling)
        else:
            layer.input_mean, layer.input_variance = map(list, scaling)
            layer.build(self.input_shape)
        self.train_function = self.test_function = self.predict_function = None

    def _begin_scaling(self, mean, variance):
        scaling = checks.statistics(mean, variance, self.input_shape[-1])
        if scaling is not None:
            self.preprocessing = self._normalization(*scaling)

    def _normalization(self, mean, variance):
        # Half precision has no room for pixels, which go up to 65535.
        double = self.variable_dtype == "float64"
        layer = keras.layers.Normalization(
            mean=list(mean),
            variance=list(variance),
            dtype="float64" if double else "float32",
        )
        layer.build(self.input_shape)
        return layer

    def _scaled(self, images):
        """Raw images, of integers or floats, in the dtype of the stem."""
        if self.preprocessing is not None:
            images = ops.cast(images, self.preprocessing.compute_dtype)
            images = self.preprocessing(images)
        return ops.cast(images, self.compute_dtype)

    def _scaling_config(self):
        return {
            name: value and list(value)
            for name, value in (
                ("mean", self.mean),
                ("variance", self.variance),
            )
        }


class StackedCells(TrainedInParts):
    """Derived cells on top of one another, which share one drop path.

    Abstract: a subclass has the stem below them and the head above them, sets
    `cells` to what `make_cells` returns and `rank` to that of the features. The
    cells at a third and at two thirds of the depth are reduction cells.

    Args:
        genotype: `Genotype`, or its name.
        num_classes: Integer, width of the output.
        filters: Integer, channels of a node in the first cells.
        num_cells: Integer.
        drop_path_rate: Float in [0, 1), the first value of the variable
            `drop_path_rate`.

    Example, a network without head:

    >>> class Features(StackedCells):
    ...     def __init__(self, genotype):
    ...         super().__init__(genotype, 2, 4, 2, drop_path_rate=0.0)
    ...         self.cells = self.make_cells()
    ...     def call(self, images, training=None):
    ...         before = last = images
    ...         for cell in self.cells:
    ...             before, last = last, cell((before, last))
    ...         return last
    >>> Features("darts_v2")(np.ones((1, 8, 8, 3), "float32")).shape
    TensorShape([1, 2, 2, 64])
    """

    rank = 4
    stem_reductions = 0

    def __init__(
        self,
        genotype: Genotype | str,
        num_classes: int,
        filters: int,
        num_cells: int,
        *,
        drop_path_rate: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.genotype: Genotype = checks.cells(genotype)
        live = self.genotype.without_isolated_nodes()
        check_rank(live.primitives(), self.rank)
        self.num_classes: int = positive_integer("num_classes", num_classes)
        self.filters: int = positive_integer("filters", filters)
        self.num_cells: int = positive_integer("num_cells", num_cells)
        self.initial_drop_path_rate: float = rate(
            "drop_path_rate", drop_path_rate
        )
        self.drop_path: DropPath = DropPath(self.initial_drop_path_rate)

    @property
    def drop_path_rate(self) -> keras.Variable:
        """The variable of the rate at which all cells drop paths."""
        return self.drop_path.rate

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "genotype": self.genotype.to_text(),
            "num_classes": self.num_classes,
            "filters": self.filters,
            "num_cells": self.num_cells,
            "drop_path_rate": self.initial_drop_path_rate,
        }

    @classmethod
    def from_config(
        cls, config: Config, custom_objects: Mapping[str, Any] | None = None
    ) -> Self:
        genotype = Genotype.from_text(config["genotype"])
        return cls(**{**config, "genotype": genotype})

    @classmethod
    def _reductions(cls, num_cells):
        return cls.stem_reductions + len(reduction_cells(num_cells))

    def make_cells(self) -> list[keras.Layer]:
        """The cells, built later; those that reduce double the filters."""
        cells, filters = [], self.filters
        reduction_before = self.stem_reductions > 0
        for index in range(self.num_cells):
            reduction = index in reduction_cells(self.num_cells)
            filters *= 2 if reduction else 1
            cells.append(
                DerivedCell(
                    self.genotype,
                    filters,
                    reduction,
                    reduction_before=reduction_before,
                    drop_path=self.drop_path,
                )
            )
            reduction_before = reduction
        return cells


def reduction_cells(num_cells: int) -> list[int]:
    """Where the reduction cells stand: at thirds of the depth."""
    return sorted({num_cells // 3, 2 * num_cells // 3})


class CellNetwork(ScaledImages, StackedCells):
    """A stem, derived cells, the mean over the pixels and a linear layer.

    Abstract: a subclass gives the layers of the stem and what is different in
    its auxiliary head. The first cell takes the outputs of the last two
    layers of the stem, or twice that of its only one.
    """

    auxiliary_options: dict[str, Any] = {
        "stride": 3,
        "second_normalization": True,
    }

    def __init__(
        self,
        genotype: Genotype | str,
        num_classes: int,
        filters: int,
        num_cells: int,
        *,
        auxiliary: bool,
        input_shape: Shape,
        auxiliary_head_weight: float,
        drop_path_rate: float,
        mean: Sequence[float] | None,
        variance: Sequence[float] | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            genotype,
            num_classes,
            filters,
            num_cells,
            drop_path_rate=drop_path_rate,
            # Raw pixels are scaled before they become half precision.
            autocast=False,
            **kwargs,
        )
        self.auxiliary = auxiliary
        self.auxiliary_head_weight = auxiliary_head_weight
        self._image_shape = checks.image_shape(
            input_shape, self._reductions(num_cells)
        )
        self._begin_scaling(mean, variance)
        self.stem: Any = self._stem()
        self.cells: list[keras.Layer] = self.make_cells()
        self.auxiliary_head: AuxiliaryHead | None = (
            self._auxiliary_head() if auxiliary else None
        )
        self.build(self.input_shape)

    @property
    def input_shape(self) -> Shape:
        return (None, *self._image_shape)

    @classmethod
    def auxiliary_fits(cls, input_shape: Shape, num_cells: int) -> bool:
        """Whether such images leave features large enough for the head."""
        side = min(input_shape[:2]) // 2 ** cls._reductions(num_cells)
        return side >= smallest_side(cls.auxiliary_options["stride"])

    def build(self, input_shape: Shape) -> None:
        before = last = input_shape
        for layer in self.stem:
            layer.build(last)
            batch, height, width, _ = before = last
            sides = (height // layer.stride, width // layer.stride)
            last = (batch, *sides, layer.filters)
        before = last if len(self.stem) == 1 else before
        for index, cell in enumerate(self.cells):
            cell.build((before, last))
            before, last = last, cell.compute_output_shape((before, last))
            if index == self._auxiliary_cell and self.auxiliary:
                self.auxiliary_head.build(last)
        self.classifier: keras.layers.Dense = linear(self.num_classes, last[-1])
        self.classifier.build((None, last[-1]))

    def call(
        self, images: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor | list[tf.Tensor]:  # (B, H, W, C) -> (B, classes)
        before = last = self._scaled(images)
        for layer in self.stem:
            before, last = last, layer(last)
        before = last if len(self.stem) == 1 else before
        for index, cell in enumerate(self.cells):
            before, last = last, cell((before, last))
            if index == self._auxiliary_cell:
                features = last
        logits = self.classifier(ops.mean(last, axis=(1, 2)))
        if training and self.auxiliary:
            return logits, self.auxiliary_head(features)
        return logits

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: tf.Tensor | None = None,
        training: bool | None = True,
    ) -> tf.Tensor:
        logits, auxiliary_logits = _pair(y_pred)
        loss = super().compute_loss(x, y, logits, sample_weight, training)
        if auxiliary_logits is None:
            return loss
        auxiliary_loss = super().compute_loss(
            x, y, auxiliary_logits, sample_weight, training
        )
        # Both hold what layers add by themselves, which counts once.
        auxiliary_loss -= sum(map(ops.sum, self.losses))
        return loss + self.auxiliary_head_weight * auxiliary_loss

    def compute_metrics(
        self,
        x: Any,
        y: Any,
        y_pred: Any,
        sample_weight: tf.Tensor | None = None,
    ) -> dict[str, Any]:
        logits, _ = _pair(y_pred)
        return super().compute_metrics(x, y, logits, sample_weight)

    @property
    def notes(self) -> list[str]:
        if not self.auxiliary:
            return super().notes
        count = sum(
            math.prod(weight.shape)
            for weight in self.auxiliary_head.trainable_weights
        )
        return [
            *super().notes,
            f"The auxiliary head has {count:,} of the trainable weights; it "
            "helps the training, and is no part of an export.",
        ]

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "auxiliary": self.auxiliary,
            "input_shape": list(self._image_shape),
            "auxiliary_head_weight": self.auxiliary_head_weight,
            **self._scaling_config(),
        }

    @property
    def _auxiliary_cell(self):
        return reduction_cells(self.num_cells)[-1]

    def _stem(self):
        raise NotImplementedError

    def _auxiliary_head(self):
        if not self.auxiliary_fits(self._image_shape, self.num_cells):
            side = smallest_side(self.auxiliary_options["stride"])
            raise ValueError(
                "`auxiliary` must be False for images so small: after the "
                f"reductions the head needs features of {side} by {side}. "
                f"Received: auxiliary=True, input_shape={self._image_shape}, "
                f"num_cells={self.num_cells}"
            )
        return AuxiliaryHead(self.num_classes, **self.auxiliary_options)


def _pair(outputs):
    return outputs if isinstance(outputs, tuple | list) else (outputs, None)
