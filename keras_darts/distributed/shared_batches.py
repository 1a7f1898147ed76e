"""A Keras model whose batches are shared by several devices."""

import keras

from keras_darts.utils import private_api


class SharedBatches(keras.Model):
    """A model that is built from one device's part of the first batch.

    Keras takes the mean of the parts, which must then be of one size, and
    asks all workers for theirs.

    Example:

    >>> class Doubled(SharedBatches):
    ...     def call(self, inputs):
    ...         return 2 * inputs
    >>> int(Doubled()(np.int32(3)))
    6
    """

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        strategy = self.distribute_strategy
        if iterator is None or strategy.num_replicas_in_sync == 1:
            super()._maybe_symbolic_build(iterator, data_batch)
            return
        _, _, batches = next(iter(iterator))
        data_batch = keras.tree.map_structure(
            lambda part: strategy.experimental_local_results(part)[0],
            next(batches),
        )
        with strategy.scope():
            private_api.build_metrics(self, data_batch)
