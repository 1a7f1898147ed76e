"""The network that holds every architecture of a search space."""

import keras
from keras import ops

from keras_darts.primitives import ConvBN
from keras_darts.primitives import torch_uniform
from keras_darts.supernet.arch_parameters import ArchParameters
from keras_darts.supernet.search_cell import SearchCell
from keras_darts.supernet.shared_traces import SharedTraces


class Supernet(keras.Model):
    """A search space as a network: images in, logits out.

    Args:
        space: `SearchSpace`.
        num_outputs: Integer, classes or regression targets.
        input_shape: Tuple (height, width, channels) of the images.
        relaxation: Layer from architecture logits to mixing weights.
        connection: Makes the edges from their candidates.
        initializer: Keras initializer of the architecture parameters.
        edge_normalization: Boolean. Defaults to `False`.

    Call arguments:
        images: (B, H, W, C) floats, already scaled.
        training: Boolean, whether normalisations use the batch's statistics.
        frozen: Boolean; in a graph, no gradient will be asked for weights,
            only for the architecture. Defaults to `False`.

    Reference: Liu et al., 2019, DARTS, sections 2.1 and 3.1.
    """

    def __init__(
        self,
        space,
        num_outputs,
        input_shape,
        *,
        relaxation,
        connection,
        initializer,
        edge_normalization=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        _check_image(input_shape)
        self.space = space
        self.num_outputs = num_outputs
        self.stem = ConvBN(
            space.stem_multiplier * space.filters,
            3,
            normalization=space.normalization,
        )
        self.cells = self._make_cells(connection)
        self.classifier = _classifier(
            num_outputs, self._channels(space.num_cells - 1)
        )
        self.arch = ArchParameters(
            space.cells, relaxation, initializer, edge_normalization
        )
        self.build((None, *input_shape))

    @property
    def arch_variables(self):
        return self.arch.arch_variables

    def build(self, input_shape):
        batch, height, width, _ = input_shape
        self.stem.build(input_shape)
        channels = self.space.stem_multiplier * self.space.filters
        shapes = [(batch, height, width, channels)] * 2
        for index, cell in enumerate(self.cells):
            cell.build(shapes)
            if cell.spec.reduction:
                height, width = height // 2, width // 2
            output = (batch, height, width, self._channels(index))
            shapes = [shapes[1], output]
        self.classifier.build((batch, shapes[1][-1]))
        self.built = True

    def call(self, images, training=None, frozen=False):
        mixing = self.arch(training=training)
        states = [self.stem(images, training=training)] * 2
        for index, cell in enumerate(self.cells):
            weights = mixing[self.space.kind(index)]
            output = cell(states, *weights, training=training, frozen=frozen)
            states = [states[1], output]
        return self.classifier(ops.mean(states[1], axis=(1, 2)))

    def _make_cells(self, connection):
        traces = SharedTraces()
        return [
            SearchCell(
                self.space.cells[self.space.kind(index)],
                self._filters(index),
                connection=connection,
                traces=traces,
                reduction_prev=index - 1 in self.space.reduction_indices,
                normalization=self.space.normalization,
            )
            for index in range(self.space.num_cells)
        ]

    def _filters(self, index):
        halvings = sum(i <= index for i in self.space.reduction_indices)
        return self.space.filters * 2**halvings

    def _channels(self, index):
        spec = self.space.cells[self.space.kind(index)]
        return self._filters(index) * len(spec.concat)


def _classifier(units, fan_in):
    return keras.layers.Dense(
        units,
        kernel_initializer=torch_uniform(fan_in),
        bias_initializer=torch_uniform(fan_in),
        # Logits stay in full precision whatever the policy of the rest.
        dtype=keras.config.dtype_policy().variable_dtype,
    )


def _check_image(input_shape):
    if len(input_shape) != 3 or any(
        side % 4 or side < 4 for side in input_shape[:2]
    ):
        raise ValueError(
            "`input_shape` must be (height, width, channels) with a height "
            "and width that divide by 4, since the network halves them "
            f"twice. Received: input_shape={tuple(input_shape)}"
        )
