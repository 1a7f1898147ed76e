"""How good an architecture is, from the outputs for a batch."""

import keras
import tensorflow as tf

from keras_darts.search.replicas import sum_over_replicas

# What ENAS divides by the perplexity of a language model.
_BY_PERPLEXITY = 80.0
# The kinds of tasks whose labels are classes.
CLASSES = ("sparse", "one_hot")


def reward(search, batch, found):
    """A number that is larger the better, of the batch on all replicas.

    - For classes the accuracy, by sample weight where there are any.
    - For language 80 / perplexity.
    - For other tasks, several labels at once and regression, exp(-loss): at
      most one where no loss is negative, and of the order of the losses.

    Args:
        search: `DartsSearch`.
        batch: Tuple (x, y) or (x, y, sample weight).
        found: `Evaluation` of the batch.

    Reference: Pham et al., 2018, Efficient neural architecture search via
    parameter sharing, section 2.2, for the first two.
    """
    kind = search.task.kind
    if kind in CLASSES:
        return accuracy(batch, search.modality.logits(found.outputs), kind)
    scale = _BY_PERPLEXITY if kind == "next_token" else 1.0
    return scale * tf.exp(-sum_over_replicas([found.loss])[0])


def accuracy(batch, logits, kind):
    """That of the batch on all replicas, by sample weight if there is any.

    Args:
        batch: Tuple (x, y) or (x, y, sample weight).
        logits: (B, classes).
        kind: String, one of `CLASSES`.
    """
    _, y, weight = keras.utils.unpack_x_y_sample_weight(batch)
    guessed = tf.argmax(logits, axis=-1, output_type="int32")
    labels = tf.argmax(y, axis=-1) if kind == "one_hot" else y
    labels = tf.cast(tf.reshape(labels, (-1,)), "int32")
    right = tf.cast(guessed == labels, logits.dtype)
    if weight is None:
        weight = tf.ones_like(right)
    weight = tf.cast(tf.reshape(weight, (-1,)), right.dtype)
    sums = [tf.reduce_sum(right * weight), tf.reduce_sum(weight)]
    return tf.math.divide_no_nan(*sum_over_replicas(sums))
