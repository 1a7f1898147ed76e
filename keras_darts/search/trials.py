"""How good the supernet is at the moment, on batches of the search half."""

import keras
import tensorflow as tf

from keras_darts.search.random_streams import random_states
from keras_darts.search.replicas import per_replica
from keras_darts.search.replicas import sum_over_replicas
from keras_darts.search.reward import CLASSES
from keras_darts.search.reward import accuracy


class Trials:
    """Loss and accuracy of a search, in training mode; no state is moved.

    Normalisations use the statistics of the batch, and random numbers are the
    same in each call. The accuracy is zero where labels are no classes.

    Args:
        search: A `DartsSearch` that is compiled and built.
        batches: Function of an epoch and a number or `None`, gives batches of
            the search half, the same ones in each call.
    """

    def __init__(self, search, batches):
        self._search = search
        self._batches = batches
        self._function = self._measure
        if not search.run_eagerly:
            self._function = tf.function(self._measure, autograph=False)

    def __call__(self, epoch, count=None):
        """The means over the batches of an epoch, or over some of them."""
        found = [
            [float(figure) for figure in self._function(batch)]
            for batch in self._batches(epoch, count)
        ]
        return tuple(
            sum(figures) / len(found) for figures in zip(*found, strict=True)
        )

    def _measure(self, batch):
        strategy = self._search.distribute_strategy
        parts = per_replica(strategy, batch)
        figures = strategy.run(self._on_replica, (parts,))
        return [strategy.experimental_local_results(f)[0] for f in figures]

    def _on_replica(self, batch):
        search = self._search
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
        states = random_states(search.supernet, 0)
        with keras.StatelessScope(state_mapping=states):
            outputs = search.forward(x, training=True, wrt="arch")
            logits = search.modality.logits(outputs)
            loss = search.compute_loss(x, y, logits, sample_weight)
        (loss,) = sum_over_replicas([loss])
        if search.task.kind not in CLASSES:
            return loss, tf.zeros_like(loss)
        return loss, accuracy(batch, logits, search.task.kind)
