"""The skip-connection of an edge, under dropout."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_darts")
class DroppedSkip(keras.layers.Layer):
    """The identity, of which a share of the numbers is dropped in training.

    Args:
        rate: Float in [0, 1), the first value of the variable
            `skip_dropout`, which a schedule can move. Defaults to `0.0`.
        seed: Integer. Defaults to `None`.

    Example:

    >>> layer = DroppedSkip(0.5, seed=1)
    >>> kept = layer(np.ones((1, 4, 4, 8), "float32"), training=True)
    >>> sorted(set(kept.numpy().ravel().tolist()))
    [0.0, 2.0]

    Reference: Chen et al., 2019, P-DARTS, section 3.3.2.
    """

    def __init__(self, rate=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must be in [0, 1). Received: rate={rate}")
        self.rate = rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.skip_dropout = self.add_weight(
            name="skip_dropout",
            shape=(),
            initializer=keras.initializers.Constant(rate),
            trainable=False,
            autocast=False,
        )

    def call(self, inputs, training=None):
        if not training:
            return inputs
        keep = 1.0 - ops.convert_to_tensor(self.skip_dropout)
        drawn = keras.random.uniform(
            ops.shape(inputs), dtype=keep.dtype, seed=self.seed_generator
        )
        mask = ops.cast(drawn < keep, keep.dtype) / keep
        return inputs * ops.cast(mask, inputs.dtype)
