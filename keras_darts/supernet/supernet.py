"""The network that holds every architecture of a space of image networks."""

from keras import ops

from keras_darts.primitives import ConvBN
from keras_darts.supernet.cell_supernet import CellSupernet


class Supernet(CellSupernet):
    """A search space as a network: images in, logits out.

    Args:
        space: `SearchSpace`.
        num_outputs: Integer, classes or regression targets.
        input_shape: Tuple (height, width, channels) of the images.
        **pieces: `relaxation`, `connection`, `initializer`,
            `edge_normalization` and `rematerialize`, as in `CellSupernet`.

    Call arguments:
        images: (B, H, W, C) floats, already scaled.
        training: Boolean, whether normalisations use the batch's statistics.
        frozen: Boolean; in a graph, no gradient will be asked for weights,
            only for the architecture. Defaults to `False`.

    Reference: Liu et al., 2019, DARTS, sections 2.1 and 3.1.
    """

    def __init__(self, space, num_outputs, input_shape, **pieces):
        _check_image(input_shape)
        stem = ConvBN(
            space.stem_multiplier * space.filters,
            3,
            normalization=space.normalization,
        )
        super().__init__(space, num_outputs, stem, **pieces)
        self.build((None, *input_shape))

    def call(self, images, training=None, frozen=False):
        features = self.stem(images, training=training)
        last, _ = self._through_cells(features, training, frozen)
        return self.classifier(ops.mean(last, axis=(1, 2)))


def _check_image(input_shape):
    if len(input_shape) != 3 or any(
        side % 4 or side < 4 for side in input_shape[:2]
    ):
        raise ValueError(
            "`input_shape` must be (height, width, channels) with a height "
            "and width that divide by 4, since the network halves them "
            f"twice. Received: input_shape={tuple(input_shape)}"
        )
