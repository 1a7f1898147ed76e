"""The network that holds every architecture of a NAS-Bench-201 space."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from keras_darts.networks import ResidualStages
from keras_darts.primitives import check_rank
from keras_darts.primitives import is_synchronized
from keras_darts.supernet.arch_parameters import ArchParameters
from keras_darts.supernet.edge_stack import SharedTraces
from keras_darts.supernet.search_cell import SearchCell
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

    from keras_darts.search_spaces.nas_bench_201_space import NasBench201Space


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
