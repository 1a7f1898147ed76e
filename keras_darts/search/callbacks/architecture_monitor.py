"""The state of the architecture among the logs of each epoch."""

import keras

from keras_darts.search import architecture


class ArchitectureMonitor(keras.callbacks.Callback):
    """Adds `alpha_entropy` and `num_skip_connects` to the logs.

    The entropy is the mean over all edges, in nats: it starts at log K and
    falls as the search decides. The skip-connects are those of the derived
    normal cell, whose number tells of a collapse. `DartsSearch.fit` adds this
    callback itself.
    """

    def on_epoch_end(self, epoch, logs=None):
        if logs is None:
            return
        weights, _ = architecture.mixing(self.model.supernet)
        logs["alpha_entropy"] = architecture.entropy(weights)
        genotype = self.model.genotype()
        logs["num_skip_connects"] = genotype.num_skip_connects("normal")
