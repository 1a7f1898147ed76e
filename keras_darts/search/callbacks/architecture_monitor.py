"""The state of the architecture among the logs of each epoch."""

import keras

from keras_darts.supernet import architecture


class ArchitectureMonitor(keras.callbacks.Callback):
    """Adds `alpha_entropy` and `num_skip_connects` to the logs.

    The entropy is the mean over all edges, in nats: it starts at log K and
    falls as the search decides. The skip-connects are those of the derived
    normal cell, or of the only one, whose number tells of a collapse;
    recurrent cells have none. A discretizer may add figures of its own, as
    `WithinTarget` does the latency.
    `DartsSearch.fit` adds this callback itself.

    Example:

    >>> x, y = np.zeros((16, 8, 8, 1)), np.arange(16) % 2
    >>> space = kd.search_spaces.darts_cnn(
    ...     2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
    ... )
    >>> search = kd.DartsSearch(space)
    >>> search.compile(run_eagerly=True)
    >>> course = search.fit(x, y, batch_size=8, epochs=1, verbose=0).history
    >>> round(course["alpha_entropy"][0], 3)  # two candidates: log 2
    0.693
    """

    def on_epoch_end(self, epoch, logs=None):
        if logs is None:
            return
        weights, _ = architecture.mixing(self.model.supernet)
        logs["alpha_entropy"] = architecture.entropy(weights)
        genotype = self.model.genotype()
        if hasattr(genotype, "num_skip_connects"):
            logs["num_skip_connects"] = genotype.num_skip_connects()
        rule = self.model.strategy.discretizer
        if hasattr(rule, "figures"):
            logs.update(rule.figures(genotype))
