"""What supernets and networks of NAS-Bench-201 have in common."""

import keras
from keras import ops

from keras_darts.networks import checks
from keras_darts.networks.auxiliary_head import linear
from keras_darts.networks.residual_reduction import ResidualReduction
from keras_darts.primitives import ConvBN
from keras_darts.primitives import normalization_layer

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
        self.stem = ConvBN(filters, 3, normalization=normalization)
        # Cells and reductions, in the order in which they are called.
        self.blocks = []
        for stage in range(_STAGES):
            width = filters * 2**stage
            if stage:
                self.blocks.append(ResidualReduction(width, normalization))
            self.blocks += [self._cell(width) for _ in range(num_cells)]
        self.bn = normalization_layer(normalization, affine=True)
        self.classifier = linear(num_outputs, width)

    def _cell(self, filters):
        raise NotImplementedError

    def build(self, input_shape):
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
