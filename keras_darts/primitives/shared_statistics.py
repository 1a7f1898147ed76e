"""Mean and variance of a batch that several devices share."""

import tensorflow as tf


def shared_among():
    """The number of replicas that share each batch."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def of_all_replicas(mean, variance):
    """The mean and the variance of all parts of a batch, from those of one.

    One all-reduce, with a row for the mean of each replica: the variance is
    the mean of the parts' variances and the variance of the parts' means,
    which loses no digits to the difference of large squares.

    Args:
        mean: (C,), of this replica's part; all parts are of one size.
        variance: (C,), biased, likewise.
    """
    context, replicas = tf.distribute.get_replica_context(), shared_among()
    if context is None or replicas == 1:
        return mean, variance
    own = tf.one_hot(
        context.replica_id_in_sync_group, replicas, dtype=mean.dtype
    )
    rows = tf.concat([own[:, None] * mean, variance[None]], axis=0)
    rows = context.all_reduce(tf.distribute.ReduceOp.SUM, rows)
    means = rows[:-1]
    mean = tf.reduce_mean(means, axis=0)
    between = tf.reduce_mean(tf.square(means - mean), axis=0)
    return mean, rows[-1] / replicas + between
