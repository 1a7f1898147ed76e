"""An edge of a search cell: the weighted sum of its candidates."""

import keras
import tensorflow as tf
from keras import ops

from keras_darts.primitives import Pool
from keras_darts.primitives import build_layer
from keras_darts.primitives import make_primitive
from keras_darts.primitives import normalization_layer
from keras_darts.primitives import strided


@keras.saving.register_keras_serializable(package="keras_darts")
class MixedOp(keras.layers.Layer):
    """Sum of the candidates of an edge, each times its mixing weight.

    Normalisations inside have no trained scale and offset, and one follows
    each pool, so that no candidate can outweigh the others by its scale.
    `none` is never computed.

    Args:
        primitives: Names of the candidates.
        filters: Integer, channels of the input and the output.
        stride: 1 or 2. Defaults to `1`.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Example:

    >>> edge = MixedOp(("none", "skip_connect"), filters=8)
    >>> x = np.ones((1, 4, 4, 8), "float32")
    >>> float(ops.max(edge(x, np.array([0.75, 0.25], "float32"))))
    0.25

    Reference: Liu et al., 2019, DARTS, equation 2.
    """

    def __init__(
        self, primitives, filters, stride=1, normalization="batch", **kwargs
    ):
        super().__init__(**kwargs)
        self.primitives = tuple(primitives)
        self.filters = filters
        self.stride = stride
        self.normalization = normalization
        self.candidates = {
            str(k): self._candidate(name)
            for k, name in enumerate(self.primitives)
            if name != "none"
        }

    def build(self, input_shape):
        for candidate in self.candidates.values():
            build_layer(candidate, input_shape)

    def call(self, inputs, weights):
        """(B, H, W, C), (K,) -> (B, H', W', C), or along time."""
        weights = ops.unstack(ops.cast(weights, inputs.dtype), axis=0)
        terms = [
            weights[int(k)] * candidate(inputs)
            for k, candidate in self.candidates.items()
        ]
        if not terms:
            return ops.zeros_like(strided(inputs, self.stride))
        return tf.add_n(terms)

    def get_config(self):
        return {
            **super().get_config(),
            "primitives": list(self.primitives),
            "filters": self.filters,
            "stride": self.stride,
            "normalization": self.normalization,
        }

    def _candidate(self, name):
        layer = make_primitive(
            name,
            self.filters,
            stride=self.stride,
            affine=False,
            normalization=self.normalization,
        )
        if isinstance(layer, Pool):
            return NormalizedPool(layer, self.normalization)
        return layer


@keras.saving.register_keras_serializable(package="keras_darts")
class NormalizedPool(keras.layers.Layer):
    """A pool and the normalisation that follows it in a search only.

    Args:
        pool: A pooling layer that keeps the channels.
        normalization: `"batch"` or `None`. Defaults to `"batch"`.

    Example:

    >>> layer = NormalizedPool(kd.primitives.MaxPool3x3())
    >>> layer(np.ones((1, 4, 4, 8), "float32")).shape
    TensorShape([1, 4, 4, 8])
    """

    def __init__(self, pool, normalization="batch", **kwargs):
        super().__init__(**kwargs)
        self.pool = pool
        self.normalization = normalization
        self.bn = normalization_layer(normalization, affine=False)

    def build(self, input_shape):
        self.pool.build(input_shape)
        self.bn.build(input_shape)

    def call(self, inputs):
        return self.bn(self.pool(inputs))

    def get_config(self):
        return {
            **super().get_config(),
            "pool": keras.saving.serialize_keras_object(self.pool),
            "normalization": self.normalization,
        }

    @classmethod
    def from_config(cls, config):
        pool = keras.saving.deserialize_keras_object(config["pool"])
        return cls(**{**config, "pool": pool})
