"""How good the supernet is at the moment, on batches of the search half."""

import keras
import tensorflow as tf
from keras import ops

from keras_darts.search.random_streams import random_states
from keras_darts.search.replicas import per_replica
from keras_darts.search.replicas import sum_over_replicas


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
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        accuracy = _accuracy(search.task.kind, y, logits) / replicas
        return sum_over_replicas([loss, accuracy])


def _accuracy(kind, labels, logits):
    if kind not in ("sparse", "one_hot"):
        return tf.zeros((), logits.dtype)
    if kind == "one_hot":
        labels = ops.argmax(labels, axis=-1)
    guesses = ops.argmax(logits, axis=-1)
    labels = ops.cast(ops.reshape(labels, ops.shape(guesses)), guesses.dtype)
    return ops.mean(ops.cast(ops.equal(guesses, labels), logits.dtype))
