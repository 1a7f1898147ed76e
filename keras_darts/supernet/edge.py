"""Base class of the edges of a search cell, and how a cell calls one."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING
from typing import Any

import keras

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_darts.primitives.inputs import SharedInput
    from keras_darts.supernet.mixed_op import MixedOp


class Edge(keras.layers.Layer, abc.ABC):
    """Abstract: what an edge makes of its input and its candidates' weights.

    It keeps the channels and divides height and width, or time, by its stride.
    `call` is the definition; the other methods give the same function in less
    time where an edge has a way to, and by default they call it.

    Call arguments:
        inputs: (B, H, W, C), or (B, T, C).
        weights: (K,), the mixing weights of the candidates.
        training: Boolean, where `call` takes it.

    Example:

    >>> class Halved(Edge):
    ...     def call(self, inputs, weights):
    ...         return inputs * weights[0] / 2
    >>> Halved()(np.ones((1, 1, 1, 2)), np.ones(3)).numpy().ravel().tolist()
    [0.5, 0.5]
    """

    @abc.abstractmethod
    def call(self, inputs: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        """(B, H, W, C), (K,) -> (B, H', W', C), or along time."""

    def inner_mixed_op(self) -> MixedOp | None:
        """The `MixedOp` inside, or `None`.

        A stage that keeps the weights hands its candidates over one by one;
        without one no such stage can follow.
        """
        return None

    def look(self, shared: SharedInput, training: bool | None) -> Any:
        """Has all that `from_shared` needs of the input computed.

        Args:
            shared: `SharedInput`, the same for all edges that leave a node,
                which keeps what is computed.
            training: Boolean.

        Returns:
            Tensors of which a gradient may be asked, nested.
        """
        return shared.inputs

    def from_shared(
        self, shared: SharedInput, weights: tf.Tensor, training: bool | None
    ) -> tf.Tensor:
        """What `call` returns for the input that is shared."""
        return self(shared.inputs, weights, training=training)

    def from_sampled(
        self,
        inputs: tf.Tensor,
        weights: tf.Tensor,
        sampled: tf.Tensor,
        training: bool | None,
    ) -> tf.Tensor:
        """What `call` returns if none but the sampled candidates have a weight.

        Args:
            inputs: As of `call`.
            weights: (K,).
            sampled: (n,) integers, -1 on an edge that is not in the
                architecture.
            training: Boolean.
        """
        return self(inputs, weights, training=training)


def look_of(
    edge: Edge,
    shared: SharedInput,
    sampled: tf.Tensor | None,
    training: bool | None,
) -> Any:
    """Has what an edge needs of its input computed."""
    return shared.inputs if sampled is not None else edge.look(shared, training)


def output_of(
    edge: Edge,
    shared: SharedInput,
    weights: tf.Tensor,
    sampled: tf.Tensor | None,
    training: bool | None,
) -> tf.Tensor:
    """What an edge gives, in the best way that it has."""
    if sampled is None:
        return edge.from_shared(shared, weights, training)
    return edge.from_sampled(shared.inputs, weights, sampled, training)


def where_sampled(outputs: tf.Tensor, sampled: tf.Tensor) -> tf.Tensor:
    """The outputs of an edge, or zeros if it is not in the architecture.

    Args:
        outputs: Tensor.
        sampled: (n,) integers, -1 on an edge that was not drawn.
    """
    return outputs * keras.ops.cast(sampled[0] >= 0, outputs.dtype)
