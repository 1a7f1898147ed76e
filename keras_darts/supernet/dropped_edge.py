"""An edge that is switched off for some samples of a step."""

import keras

from keras_darts.primitives import DropPath
from keras_darts.primitives import SharedInput
from keras_darts.supernet.edges import look_of
from keras_darts.supernet.edges import output_of


@keras.saving.register_keras_serializable(package="keras_darts")
class DroppedEdge(keras.layers.Layer):
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

    def __init__(self, edge, rate=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.edge = edge
        self.rate = rate
        self.seed = seed
        self.drop_path = DropPath(rate, seed)

    def build(self, input_shape):
        self.edge.build(input_shape)

    def call(self, inputs, weights, training=None):
        """(B, H, W, C), (K,) -> (B, H', W', C), or along time."""
        outputs = self.edge(inputs, weights, training=training)
        return self.drop_path(outputs, training=training)

    def look(self, shared, training):
        """Has all that `from_shared` needs of the input computed."""
        return look_of(self.edge, shared, None, training)

    def from_shared(self, shared, weights, training):
        """What `call` gives for the input that is shared."""
        outputs = output_of(self.edge, shared, weights, None, training)
        return self.drop_path(outputs, training=training)

    def from_drawn(self, inputs, weights, drawn, training):
        """What `call` gives if none but the drawn candidates have a weight."""
        outputs = output_of(
            self.edge, SharedInput(inputs), weights, drawn, training
        )
        return self.drop_path(outputs, training=training)
