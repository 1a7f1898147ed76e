"""Embeds token ids as features for cells over sequences."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import ops

from keras_darts.primitives.conv import ConvBN
from keras_darts.primitives.inputs import apply_mask
from keras_darts.primitives.inputs import padding_mask_of_ids
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Shape


@keras.saving.register_keras_serializable(package="keras_darts")
class TokenStem(keras.layers.Layer):
    """Embeds tokens and projects them: (B, T) ids -> (B, T, filters).

    Embedding, dropout, 1x1 convolution, normalisation; zeros where an id is
    padding, 0.

    Args:
        vocabulary_size: Integer, ids are below it.
        embedding_size: Integer, features of a token.
        filters: Integer, channels of the output.
        dropout: Float in [0, 1), of the embedded tokens' features. Defaults
            to `0.0`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Example:

    >>> stem = TokenStem(vocabulary_size=100, embedding_size=5, filters=8)
    >>> stem(np.array([[7, 99, 0, 0]])).numpy().any(axis=-1).tolist()
    [[True, True, False, False]]

    Reference: Kim, 2014, Convolutional neural networks for sentence
    classification, for the range of the first embeddings.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        filters: int,
        dropout: float = 0.0,
        normalization: str | None = "batch",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.embedding_size = embedding_size
        self.filters = filters
        self.rate = dropout
        self.normalization = normalization
        self.dropout: keras.layers.Dropout = keras.layers.Dropout(dropout)
        self.projection: ConvBN = ConvBN(
            filters, 1, normalization=normalization
        )

    def build(self, input_shape: Shape) -> None:
        self.embeddings: keras.Variable = self.add_weight(
            name="embeddings",
            shape=(self.vocabulary_size, self.embedding_size),
            initializer=keras.initializers.RandomUniform(-0.25, 0.25),
        )
        self.projection.build((*input_shape, self.embedding_size))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape, self.filters)

    def call(self, ids: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        # The gradient of a gather is sparse, which few operations take and
        # architects need to multiply; a reshape makes it dense.
        table = ops.reshape(self.embeddings, self.embeddings.shape)
        embedded = tf.gather(table, ops.cast(ids, "int32"))
        embedded = self.dropout(embedded, training=training)
        features = self.projection(embedded, training=training)
        return apply_mask(features, padding_mask_of_ids(ids))

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "embedding_size": self.embedding_size,
            "filters": self.filters,
            "dropout": self.rate,
            "normalization": self.normalization,
        }
