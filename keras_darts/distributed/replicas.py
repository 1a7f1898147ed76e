"""Numbers of several replicas, and batches for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from keras_darts.primitives import is_synchronized
from keras_darts.utils.typing import DistributionStrategy


def sum_over_replicas(tensors: Any) -> Any:
    """All-reduced sums; the tensors themselves on a single device."""
    context = tf.distribute.get_replica_context()
    if not tensors or context is None or context.num_replicas_in_sync == 1:
        return tensors
    return context.all_reduce(tf.distribute.ReduceOp.SUM, tensors)


def mean_over_replicas(tensors: Sequence[tf.Tensor]) -> Sequence[tf.Tensor]:
    """Means of the floats, in one all-reduce; integers are the same on all."""
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if replicas == 1:
        return tensors
    tensors = [tf.convert_to_tensor(tensor) for tensor in tensors]
    sums = iter(sum_over_replicas([t for t in tensors if t.dtype.is_floating]))
    return [
        next(sums) / replicas if t.dtype.is_floating else t for t in tensors
    ]


def per_replica(strategy: DistributionStrategy, batch: Any) -> Any:
    """A global batch in equal parts, one for each replica."""
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        return batch

    def on_replica(context):
        index = context.replica_id_in_sync_group
        return tuple(tf.split(part, replicas)[index] for part in batch)

    return strategy.experimental_distribute_values_from_function(on_replica)


def replicas_meet(search: Any) -> bool:
    """Whether they do in an evaluation, which a called graph can't have."""
    return search.distribute_strategy.num_replicas_in_sync > 1 and (
        is_synchronized(search.search_space.normalization)
    )
