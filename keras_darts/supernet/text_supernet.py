"""The network that holds every architecture of a space of text networks."""

import keras

from keras_darts.primitives import TokenStem
from keras_darts.primitives import mean_and_max
from keras_darts.primitives import presence_of_ids
from keras_darts.supernet.cell_supernet import CellSupernet


class TextSupernet(CellSupernet):
    """A search space as a network: token ids in, logits out.

    Around the cells it is what `TextNetwork` is: embedding, projection, mean
    and maximum over the words. The space's `dropout` acts on the embedded
    tokens and before the classifier. Id 0 is padding, after the words; at
    inference it moves no logit.

    Args:
        space: `SearchSpace` of the modality `"text"`.
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
        self, space, num_outputs, input_shape, vocabulary_size, **pieces
    ):
        _check_length(input_shape)
        stem = TokenStem(
            vocabulary_size,
            space.embedding_size,
            space.stem_multiplier * space.filters,
            space.dropout,
            space.normalization,
        )
        super().__init__(space, num_outputs, stem, **pieces)
        self.dropout = keras.layers.Dropout(space.dropout)
        self.build((None, *input_shape))

    def call(self, ids, training=None, frozen=False):
        last, present = self._through_cells(
            self.stem(ids, training=training),
            training,
            frozen,
            presence_of_ids(ids),
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
