"""Edges with a second way round them: one that fades, one that is dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

import keras
from keras import ops

from keras_darts.primitives import DropPath
from keras_darts.primitives import FactorizedReduce
from keras_darts.primitives import Identity
from keras_darts.primitives import SharedInput
from keras_darts.supernet.edge import Edge
from keras_darts.supernet.edge import look_of
from keras_darts.supernet.edge import output_of
from keras_darts.supernet.edge import where_sampled
from keras_darts.utils.typing import Shape

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_darts.supernet.mixed_op import MixedOp


@keras.saving.register_keras_serializable(package="keras_darts")
class AuxiliaryEdge(Edge):
    """An edge, plus its input times a number that a schedule lets fade.

    The skip-connection parallel to the edge takes over what the candidate skip
    does for the training, so that its alpha tells what it is worth. It is the
    identity, or a `FactorizedReduce` at stride 2, and no part of a genotype.

    Args:
        edge: The layer of the edge.
        filters: Integer, channels of the input and the output.
        stride: 1 or 2. Defaults to `1`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.
        initial: Float, the first value of the variable `auxiliary_skip_weight`.
            Defaults to `1.0`.

    Example:

    >>> from keras_darts.supernet import MixedOp
    >>> edge = AuxiliaryEdge(MixedOp(("none",), 2), filters=2, initial=0.5)
    >>> x = np.ones((1, 1, 1, 2), "float32")
    >>> edge(x, np.ones(1, "float32")).numpy().ravel().tolist()
    [0.5, 0.5]

    Reference: Chu et al., 2021, DARTS-, equation 6.
    """

    def __init__(
        self,
        edge: Edge,
        filters: int,
        stride: int = 1,
        normalization: str | None = "batch",
        initial: float = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.edge = edge
        self.filters = filters
        self.stride = stride
        self.normalization = normalization
        self.initial = initial
        self.way_round: Identity | FactorizedReduce = (
            Identity()
            if stride == 1
            else FactorizedReduce(
                filters, affine=False, normalization=normalization
            )
        )
        self.auxiliary_skip_weight: keras.Variable = self.add_weight(
            name="auxiliary_skip_weight",
            shape=(),
            initializer=keras.initializers.Constant(initial),
            trainable=False,
            autocast=False,
        )

    def inner_mixed_op(self) -> MixedOp | None:
        return self.edge.inner_mixed_op()

    def build(self, input_shape: Shape) -> None:
        self.edge.build(input_shape)
        self.way_round.build(input_shape)

    def call(
        self,
        inputs: tf.Tensor,
        weights: tf.Tensor,
        training: bool | None = None,
    ) -> tf.Tensor:
        """(B, H, W, C), (K,) -> (B, H', W', C), or along time."""
        outputs = self.edge(inputs, weights, training=training)
        return outputs + self._beside(inputs, training)

    def look(self, shared: SharedInput, training: bool | None) -> Any:
        """Has all that `from_shared` needs of the input computed."""
        return look_of(self.edge, shared, None, training), shared.inputs

    def from_shared(
        self, shared: SharedInput, weights: tf.Tensor, training: bool | None
    ) -> tf.Tensor:
        """What `call` returns for the input that is shared."""
        outputs = output_of(self.edge, shared, weights, None, training)
        return outputs + self._beside(shared.inputs, training)

    def from_sampled(
        self,
        inputs: tf.Tensor,
        weights: tf.Tensor,
        sampled: tf.Tensor,
        training: bool | None,
    ) -> tf.Tensor:
        """What `call` returns if only the drawn candidates have a weight."""
        outputs = output_of(
            self.edge, SharedInput(inputs), weights, sampled, training
        )
        return where_sampled(outputs + self._beside(inputs, training), sampled)

    def _beside(self, inputs, training):
        share = ops.cast(self.auxiliary_skip_weight, inputs.dtype)
        if self.stride == 1:
            return inputs * share
        return self.way_round(inputs, training=training) * share


@keras.saving.register_keras_serializable(package="keras_darts")
class DroppedEdge(Edge):
    """An edge whose outputs are zero for a share of the samples in training.

    All candidates of the edge fall away together, and the outputs of the
    other samples grow by as much as is lost.

    Args:
        edge: The layer of the edge.
        rate: Float in [0, 1), the first value of the variable
            `drop_path_rate`, which a schedule can move. Defaults to `0.0`.
        seed: Integer. Defaults to `None`.

    Example:

    >>> from keras_darts.supernet import MixedOp
    >>> edge = DroppedEdge(MixedOp(("skip_connect",), 2), rate=0.5, seed=1)
    >>> x, weights = np.ones((8, 1, 1, 2), "float32"), np.ones(1, "float32")
    >>> sorted(set(edge(x, weights, training=True).numpy().ravel().tolist()))
    [0.0, 2.0]

    Reference: Zela et al., 2020, Understanding and robustifying
    differentiable architecture search, section 5.1.
    """

    def __init__(
        self,
        edge: Edge,
        rate: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.edge = edge
        self.rate = rate
        self.seed = seed
        self.drop_path: DropPath = DropPath(rate, seed)

    def inner_mixed_op(self) -> MixedOp | None:
        return self.edge.inner_mixed_op()

    def build(self, input_shape: Shape) -> None:
        self.edge.build(input_shape)

    def call(
        self,
        inputs: tf.Tensor,
        weights: tf.Tensor,
        training: bool | None = None,
    ) -> tf.Tensor:
        """(B, H, W, C), (K,) -> (B, H', W', C), or along time."""
        outputs = self.edge(inputs, weights, training=training)
        return self.drop_path(outputs, training=training)

    def look(self, shared: SharedInput, training: bool | None) -> Any:
        """Has all that `from_shared` needs of the input computed."""
        return look_of(self.edge, shared, None, training)

    def from_shared(
        self, shared: SharedInput, weights: tf.Tensor, training: bool | None
    ) -> tf.Tensor:
        """What `call` returns for the input that is shared."""
        outputs = output_of(self.edge, shared, weights, None, training)
        return self.drop_path(outputs, training=training)

    def from_sampled(
        self,
        inputs: tf.Tensor,
        weights: tf.Tensor,
        sampled: tf.Tensor,
        training: bool | None,
    ) -> tf.Tensor:
        """What `call` returns if only the drawn candidates have a weight."""
        outputs = output_of(
            self.edge, SharedInput(inputs), weights, sampled, training
        )
        return self.drop_path(outputs, training=training)
