"""The network of derived cells that classifies sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import keras

from keras_darts.networks.auxiliary_head import linear
from keras_darts.networks.cell_network import StackedCells
from keras_darts.primitives import TokenStem
from keras_darts.primitives import downsample_mask
from keras_darts.primitives import mean_and_max
from keras_darts.primitives import padding_mask_of_ids
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.errors import rate
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_darts.genotypes.genotype import Genotype


@keras.saving.register_keras_serializable(package="keras_darts")
class TextNetwork(StackedCells):
    """Derived cells along time: token ids (B, T) in, logits out.

    Embedding, dropout, a projection to three times `filters`, the cells, mean
    and maximum over the words side by side, dropout, linear. The cells at a
    third and at two thirds of the depth halve the length and double the
    filters.

    Id 0 is padding, after the words. Every state of a cell is zero there, as
    it is beyond the borders, and pools, attention and the head leave such
    positions out. So the logits of a sentence are the same at inference
    however much padding follows it.

    Args:
        genotype: `Genotype` of primitives for sequences.
        num_classes: Integer, width of the output. Defaults to `2`.
        vocabulary_size: Integer, ids are below it. Defaults to `10000`.
        embedding_size: Integer, features of a token. Defaults to `100`.
        filters: Integer, channels of a node in the first cells. Defaults to
            `32`.
        num_cells: Integer. Defaults to `3`.
        sequence_length: Integer that can be divided by 4. What the network
            is called with may have another such length. Defaults to `64`.
        dropout: Float in [0, 1), before the classifier. Defaults to `0.5`.
        embedding_dropout: Float in [0, 1), of the embedded tokens' features.
            Defaults to `0.2`.
        drop_path_rate: Float in [0, 1), the first value of the variable
            `drop_path_rate`: how often a sample goes without a path of a
            cell. Defaults to `0.0`.

    Raises:
        ValueError: if a length can't be halved as often as the cells do, or
            a primitive of the genotype is not for sequences.

    Example:

    >>> space = kd.search_spaces.text_cnn()
    >>> network = TextNetwork(
    ...     space.random_genotype(0), vocabulary_size=50, filters=4
    ... )
    >>> network(np.array([[7, 3, 9, 0], [5, 1, 0, 0]])).shape
    TensorShape([2, 2])

    Reference: Kim, 2014, Convolutional neural networks for sentence
    classification, section 3.1 for the dropout; Liu et al., 2019, DARTS,
    section 3.2 for the cells.
    """

    rank = 3

    def __init__(
        self,
        genotype: Genotype | str,
        num_classes: int = 2,
        vocabulary_size: int = 10000,
        embedding_size: int = 100,
        filters: int = 32,
        num_cells: int = 3,
        *,
        sequence_length: int = 64,
        dropout: float = 0.5,
        embedding_dropout: float = 0.2,
        drop_path_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            genotype,
            num_classes,
            filters,
            num_cells,
            drop_path_rate=drop_path_rate,
            **kwargs,
        )
        self.vocabulary_size: int = positive_integer(
            "vocabulary_size", vocabulary_size
        )
        self.embedding_size: int = positive_integer(
            "embedding_size", embedding_size
        )
        self.sequence_length: int = self._checked_length(
            "sequence_length", sequence_length
        )
        self.stem: TokenStem = TokenStem(
            self.vocabulary_size,
            self.embedding_size,
            3 * self.filters,
            rate("embedding_dropout", embedding_dropout),
        )
        self.cells: list[keras.Layer] = self.make_cells()
        self.dropout: keras.layers.Dropout = keras.layers.Dropout(
            rate("dropout", dropout)
        )
        self.build(self.input_shape)

    @property
    def input_shape(self) -> tuple[None, int]:
        return (None, self.sequence_length)

    def build(self, input_shape: Shape) -> None:
        self.stem.build(input_shape)
        before = last = (*input_shape, self.stem.filters)
        for cell in self.cells:
            cell.build((before, last))
            before, last = last, cell.compute_output_shape((before, last))
        features = 2 * last[-1]
        self.classifier: keras.layers.Dense = linear(self.num_classes, features)
        self.classifier.build((None, features))

    def call(
        self, ids: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:  # (B, T) -> (B, classes)
        if ids.shape[1] is not None:
            self._checked_length("ids.shape[1]", ids.shape[1])
        present = padding_mask_of_ids(ids)
        before = last = self.stem(ids)
        for cell in self.cells:
            before, last = last, cell((before, last), present=present)
            present = downsample_mask(present) if cell.reduction else present
        return self.classifier(self.dropout(mean_and_max(last, present)))

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "embedding_size": self.embedding_size,
            "sequence_length": self.sequence_length,
            "dropout": self.dropout.rate,
            "embedding_dropout": self.stem.rate,
        }

    def _checked_length(self, name, length):
        divisor = 2 ** self._reductions(self.num_cells)
        if positive_integer(name, length) % divisor:
            raise ValueError(
                f"`{name}` must be a number that can be divided by {divisor}, "
                "since the cells halve it. "
                f"Received: {name}={length}"
            )
        return int(length)
