"""Networks that hold every architecture of a space of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import keras
from keras import ops

from keras_darts.networks import ResidualStages
from keras_darts.primitives import ConvBN
from keras_darts.primitives import TokenStem
from keras_darts.primitives import check_rank
from keras_darts.primitives import downsample_mask
from keras_darts.primitives import is_synchronized
from keras_darts.primitives import mean_and_max
from keras_darts.primitives import padding_mask_of_ids
from keras_darts.primitives import torch_uniform
from keras_darts.supernet.arch_parameters import ArchParameters
from keras_darts.supernet.edge_stack import SharedTraces
from keras_darts.supernet.search_cell import SearchCell
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_darts.search_spaces.search_space import NasBench201Space
    from keras_darts.search_spaces.search_space import SearchSpace


class CellSupernet(keras.Model):
    """A stem, search cells on top of one another and a linear layer.

    Abstract: a subclass gives the stem, sets `rank` to that of its features,
    pools them before the linear layer, and builds itself.

    Args:
        space: `SearchSpace`.
        num_outputs: Integer, classes or regression targets.
        stem: Layer, gives `stem_multiplier` times the space's filters.
        relaxation: Layer from architecture logits to mixing weights.
        connection: Makes the edges from their candidates.
        initializer: Keras initializer of the architecture parameters.
        edge_normalization: Boolean. Defaults to `False`.
        decides: Boolean, as in `ArchParameters`. Defaults to `False`.
        rematerialize: Boolean, as in `SearchCell`. Defaults to `False`.

    Example, with a stem for signals (B, T, C):

    >>> class Signals(CellSupernet):
    ...     rank = 3
    ...     def __init__(self, space, num_outputs, input_shape, **pieces):
    ...         stem = keras.layers.Conv1D(3 * space.filters, 3, padding="same")
    ...         super().__init__(space, num_outputs, stem, **pieces)
    ...         self.build((None, *input_shape))
    ...     def call(self, signals, training=None, frozen=False):
    ...         last, _ = self.through_cells(
    ...             self.stem(signals), training, frozen
    ...         )
    ...         return self.classifier(keras.ops.mean(last, axis=1))

    Reference: Liu et al., 2019, DARTS, sections 2.1 and 3.1.
    """

    rank = 4
    # How many numbers a channel becomes for the linear layer.
    pooled = 1

    def __init__(
        self,
        space: SearchSpace,
        num_outputs: int,
        stem: Any,
        *,
        relaxation: Any,
        connection: Any,
        initializer: Any,
        edge_normalization: bool = False,
        decides: bool = False,
        rematerialize: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for spec in space.cells.values():
            check_rank(sorted({*sum(spec.primitives, ())}), self.rank)
        self.space = space
        self.num_outputs = num_outputs
        self.stem = stem
        self.rematerialize = rematerialize
        self.cells: list[SearchCell] = self._make_cells(connection)
        self.classifier: keras.layers.Dense = _classifier(
            num_outputs, self._num_features
        )
        self.arch: ArchParameters = ArchParameters(
            space.cells,
            relaxation,
            initializer,
            edge_normalization,
            decides,
        )

    @property
    def arch_variables(self) -> list[keras.Variable]:
        return self.arch.arch_variables

    def build(self, input_shape: Shape) -> None:
        batch, *sides = input_shape[: self.rank - 1]
        self.stem.build(input_shape)
        channels = self.space.stem_multiplier * self.space.filters
        shapes = [(batch, *sides, channels)] * 2
        for index, cell in enumerate(self.cells):
            cell.build(shapes)
            if cell.spec.reduction:
                sides = [side // 2 for side in sides]
            output = (batch, *sides, self._channels(index))
            shapes = [shapes[1], output]
        self.classifier.build((batch, self._num_features))
        self.built = True

    def through_cells(
        self,
        features: tf.Tensor,
        training: bool | None,
        frozen: bool,
        present: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Features after the last cell, and which of them are present.

        Args:
            features: (B, H, W, C) or (B, T, C), what the stem gives.
            training: Boolean.
            frozen: Boolean; in a graph, no gradient will be asked for
                weights.
            present: (B, T, 1) for padded sequences, 1 where there is
                something. Defaults to `None`.
        """
        mixing = self.arch(training=training)
        states = [features] * 2
        for index, cell in enumerate(self.cells):
            output = cell(
                states,
                *mixing[self.space.cell_type(index)],
                training=training,
                frozen=frozen,
                present=present,
            )
            states = [states[1], output]
            if cell.spec.reduction:
                present = downsample_mask(present)
        return states[1], present

    def _make_cells(self, connection):
        traces = SharedTraces(is_synchronized(self.space.normalization))
        return [
            SearchCell(
                self.space.cells[self.space.cell_type(index)],
                self._filters(index),
                connection=connection,
                traces=traces,
                reduction_prev=index - 1 in self.space.reduction_indices,
                normalization=self.space.normalization,
                rematerialize=self.rematerialize,
            )
            for index in range(self.space.num_cells)
        ]

    @property
    def _num_features(self):
        return self.pooled * self._channels(self.space.num_cells - 1)

    def _filters(self, index):
        halvings = sum(i <= index for i in self.space.reduction_indices)
        return self.space.filters * 2**halvings

    def _channels(self, index):
        spec = self.space.cells[self.space.cell_type(index)]
        return self._filters(index) * len(spec.concat)


def _classifier(units, fan_in):
    return keras.layers.Dense(
        units,
        kernel_initializer=torch_uniform(fan_in),
        bias_initializer=torch_uniform(fan_in),
        # Logits stay in full precision whatever the policy of the rest.
        dtype=keras.config.dtype_policy().variable_dtype,
    )


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

    def __init__(
        self,
        space: SearchSpace,
        num_outputs: int,
        input_shape: Shape,
        **pieces: Any,
    ) -> None:
        _check_image(input_shape)
        stem = ConvBN(
            space.stem_multiplier * space.filters,
            3,
            normalization=space.normalization,
        )
        super().__init__(space, num_outputs, stem, **pieces)
        self.build((None, *input_shape))

    def call(
        self,
        images: tf.Tensor,
        training: bool | None = None,
        frozen: bool = False,
    ) -> tf.Tensor:
        features = self.stem(images, training=training)
        last, _ = self.through_cells(features, training, frozen)
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


class TextSupernet(CellSupernet):
    """A search space as a network: token ids in, logits out.

    Around the cells it is what `TextNetwork` is: embedding, projection, mean
    and maximum over the words. The space's `dropout` acts on the embedded
    tokens and before the classifier. Id 0 is padding, after the words; at
    inference it moves no logit.

    Args:
        space: `SearchSpace` of the task `"text_classification"`.
        num_outputs: Integer, classes or regression targets.
        input_shape: Tuple (length,) of the sentences.
        vocabulary_size: Integer, ids are below it.
        **pieces: `relaxation`, `connection`, `initializer`,
            `edge_normalization` and `rematerialize`, as in `CellSupernet`.

    Call arguments:
        ids: (B, T) integers.
        training: Boolean, whether normalisations use the batch's statistics
            and dropout acts.
        frozen: Boolean; in a graph, no gradient will be asked for weights,
            only for the architecture. Defaults to `False`.

    Reference: Liu et al., 2019, DARTS, sections 2.1 and 3.1.
    """

    rank = 3
    pooled = 2

    def __init__(
        self,
        space: SearchSpace,
        num_outputs: int,
        input_shape: Shape,
        vocabulary_size: int,
        **pieces: Any,
    ) -> None:
        _check_length(input_shape)
        stem = TokenStem(
            vocabulary_size,
            space.embedding_size,
            space.stem_multiplier * space.filters,
            space.dropout,
            space.normalization,
        )
        super().__init__(space, num_outputs, stem, **pieces)
        self.dropout: keras.layers.Dropout = keras.layers.Dropout(space.dropout)
        self.build((None, *input_shape))

    def call(
        self, ids: tf.Tensor, training: bool | None = None, frozen: bool = False
    ) -> tf.Tensor:
        last, present = self.through_cells(
            self.stem(ids, training=training),
            training,
            frozen,
            padding_mask_of_ids(ids),
        )
        features = mean_and_max(last, present)
        return self.classifier(self.dropout(features, training=training))


def _check_length(input_shape):
    if len(input_shape) != 1 or input_shape[0] % 4 or input_shape[0] < 4:
        raise ValueError(
            "`input_shape` must be (length,) with a length that divides by 4, "
            "since the network halves it twice. "
            f"Received: input_shape={tuple(input_shape)}"
        )


class NasBench201Supernet(ResidualStages):
    """A search space as a network: images in, logits out.

    It is a `NasBench201Network` whose cells are search cells. Their
    convolutions go without the biases that the benchmark's code gives them,
    which a normalisation without offset takes out again.

    Args:
        space: `NasBench201Space`.
        num_outputs: Integer, classes or regression targets.
        input_shape: Tuple (height, width, channels) of the images.
        relaxation: Layer from architecture logits to mixing weights.
        connection: Makes the edges from their candidates.
        initializer: Keras initializer of the architecture parameters.
        edge_normalization: Boolean. Defaults to `False`.
        decides: Boolean, as in `ArchParameters`. Defaults to `False`.
        rematerialize: Boolean, as in `SearchCell`. Defaults to `False`.

    Call arguments:
        images: (B, H, W, C) floats, already scaled.
        training: Boolean, whether normalisations use the batch's statistics.
        frozen: Boolean; in a graph, no gradient will be asked for weights,
            only for the architecture. Defaults to `False`.

    Reference: Dong and Yang, 2020, NAS-Bench-201, section 2.1.
    """

    def __init__(
        self,
        space: NasBench201Space,
        num_outputs: int,
        input_shape: Shape,
        *,
        relaxation: Any,
        connection: Any,
        initializer: Any,
        edge_normalization: bool = False,
        decides: bool = False,
        rematerialize: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_rank(sorted({*sum(space.cell.primitives, ())}), 4)
        self.space = space
        self.num_outputs = num_outputs
        self.rematerialize = rematerialize
        self._connection, self._traces = (
            connection,
            SharedTraces(is_synchronized(space.normalization)),
        )
        self._make_layers(
            num_outputs, space.filters, space.num_cells, space.normalization
        )
        self.arch: ArchParameters = ArchParameters(
            space.cells,
            relaxation,
            initializer,
            edge_normalization,
            decides,
        )
        self.build((None, *self._checked_shape(input_shape)))

    @property
    def arch_variables(self) -> list[keras.Variable]:
        return self.arch.arch_variables

    @property
    def cells(self) -> list[SearchCell]:
        """The search cells, without the reductions between them."""
        return [b for b in self.blocks if isinstance(b, SearchCell)]

    def call(
        self,
        images: tf.Tensor,
        training: bool | None = None,
        frozen: bool = False,
    ) -> tf.Tensor:
        mixing = self.arch(training=training)["cell"]
        return self._logits(
            images,
            **mixing._asdict(),
            training=training,
            frozen=frozen,
        )

    def _cell(self, filters):
        return SearchCell(
            self.space.cell,
            filters,
            connection=self._connection,
            traces=self._traces,
            normalization=self.space.normalization,
            rematerialize=self.rematerialize,
        )
