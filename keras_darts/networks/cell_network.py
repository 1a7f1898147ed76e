"""What the networks for images have in common."""

import math

from keras import ops

from keras_darts.networks import checks
from keras_darts.networks.auxiliary_head import AuxiliaryHead
from keras_darts.networks.auxiliary_head import linear
from keras_darts.networks.auxiliary_head import smallest_side
from keras_darts.networks.scaled_images import ScaledImages
from keras_darts.networks.stacked_cells import StackedCells
from keras_darts.networks.stacked_cells import reduction_cells


class CellNetwork(ScaledImages, StackedCells):
    """A stem, derived cells, the mean over the pixels and a linear layer.

    Abstract: a subclass gives the layers of the stem and what is different in
    its auxiliary head. The first cell takes the outputs of the last two
    layers of the stem, or twice that of its only one.
    """

    auxiliary_options = {"stride": 3, "second_normalization": True}

    def __init__(
        self,
        genotype,
        num_classes,
        filters,
        num_cells,
        *,
        auxiliary,
        input_shape,
        auxiliary_weight,
        drop_path_rate,
        mean,
        variance,
        **kwargs,
    ):
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
        self.auxiliary_weight = auxiliary_weight
        self._image_shape = checks.image_shape(
            input_shape, self._reductions(num_cells)
        )
        self._begin_scaling(mean, variance)
        self.stem = self._stem()
        self.cells = self._cells()
        self.auxiliary_head = self._auxiliary_head() if auxiliary else None
        self.build(self.input_shape)

    @property
    def input_shape(self):
        return (None, *self._image_shape)

    @classmethod
    def auxiliary_fits(cls, input_shape, num_cells):
        """Whether such images leave features large enough for the head."""
        side = min(input_shape[:2]) // 2 ** cls._reductions(num_cells)
        return side >= smallest_side(cls.auxiliary_options["stride"])

    def build(self, input_shape):
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
        self.classifier = linear(self.num_classes, last[-1])
        self.classifier.build((None, last[-1]))

    def call(self, images, training=None):  # (B, H, W, C) -> (B, classes)
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
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        logits, auxiliary_logits = _pair(y_pred)
        loss = super().compute_loss(x, y, logits, sample_weight, training)
        if auxiliary_logits is None:
            return loss
        auxiliary_loss = super().compute_loss(
            x, y, auxiliary_logits, sample_weight, training
        )
        # Both hold what layers add by themselves, which counts once.
        auxiliary_loss -= sum(map(ops.sum, self.losses))
        return loss + self.auxiliary_weight * auxiliary_loss

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        logits, _ = _pair(y_pred)
        return super().compute_metrics(x, y, logits, sample_weight)

    @property
    def notes(self):
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

    def get_config(self):
        return {
            **super().get_config(),
            "auxiliary": self.auxiliary,
            "input_shape": list(self._image_shape),
            "auxiliary_weight": self.auxiliary_weight,
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
