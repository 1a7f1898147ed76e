"""The devices of one machine, their strategy, and the replicas on them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_darts.primitives import is_synchronized
from keras_darts.utils import private_api
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.typing import DistributionStrategy


def distribution_strategy(devices: int | None = None) -> DistributionStrategy:
    """The `tf.distribute` strategy for what the machine has.

    Every device holds a copy of all variables and takes its part of each
    batch, so that `batch_size` is that of all together. TensorFlow allows one
    `MirroredStrategy` a process: it is made once, and given again.

    Args:
        devices: Integer, how many accelerators are used, the first ones; on a
            machine without any, into how many logical devices the processor
            is divided, which makes nothing faster and serves for tests.
            Defaults to `None`: the strategy whose scope it is called in, and
            outside of any all accelerators.

    Returns:
        A `tf.distribute.MirroredStrategy`, or the strategy in force where
        there is one device.

    Raises:
        ValueError: for more devices than there are, and for others than in an
            earlier call.

    Example:

    >>> distribution_strategy(1).num_replicas_in_sync
    1
    """
    if devices is not None:
        names = _first(positive_integer("devices", devices))
    elif tf.distribute.has_strategy():
        return tf.distribute.get_strategy()
    else:
        names = accelerators()
    if len(names) < 2:
        return tf.distribute.get_strategy()
    return _mirrored(tuple(names))


def accelerators() -> list[str]:
    """The names of all accelerators that TensorFlow may use."""
    # The logical ones are counted by starting TensorFlow.
    if not tf.config.list_physical_devices("GPU"):
        return []
    count = len(tf.config.list_logical_devices("GPU"))
    return [f"GPU:{number}" for number in range(count)]


def check_batch_size(batch_size: int, strategy: DistributionStrategy) -> None:
    """Raises a `ValueError` for a batch that can't be shared out evenly.

    The loss is the mean over the replicas' means: with parts of different
    sizes it would not be that of the batch.
    """
    replicas = strategy.num_replicas_in_sync
    if batch_size % replicas:
        raise ValueError(
            "`batch_size` must be a multiple of the number of devices, which "
            f"share each batch. Received: batch_size={batch_size} for "
            f"{replicas} devices"
        )


def evaluation_batch_size(batch_size: int, count: int) -> int:
    """The batch size at which no device is idle in the last, smaller batch.

    The nearest below the one given, or else above; parts of equal sizes come
    first. An idle device has no part in the means, but oneDNN's convolutions
    fail on an empty batch.

    Args:
        batch_size: Integer.
        count: Integer, the elements of one pass, negative where unknown.
    """
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if replicas == 1 or count < 0:
        return batch_size
    for step in (replicas, 1):
        first = batch_size - batch_size % step
        for size in (
            *range(first, replicas - 1, -step),
            *range(first + step, count + 1, step),
        ):
            rest = count % size
            # The first devices are filled up before the last one gets any.
            if rest == 0 or rest > size - size // replicas:
                return size
    return batch_size


def _first(count):
    names = accelerators() or _logical_processors(count)
    if count > len(names):
        raise ValueError(
            f"`devices` must be at most {len(names)}, the devices there are; "
            "a processor is divided before TensorFlow begins to run. "
            f"Received: devices={count}"
        )
    return names[:count]


def _logical_processors(count):
    (processor,) = tf.config.list_physical_devices("CPU")
    try:
        if tf.config.get_logical_device_configuration(processor) is None:
            tf.config.set_logical_device_configuration(
                processor, [tf.config.LogicalDeviceConfiguration()] * count
            )
    except RuntimeError:
        # TensorFlow runs already, with as many as it was started with.
        pass
    devices = tf.config.list_logical_devices("CPU")
    return [f"CPU:{number}" for number in range(len(devices))]


@functools.cache
def _mirrored(names):
    if _mirrored.cache_info().currsize:
        raise ValueError(
            "`devices` must be the same in the whole process, which can have "
            f"one MirroredStrategy. Received: {', '.join(names)}, others than "
            "before"
        )
    return tf.distribute.MirroredStrategy(list(names))


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


def needs_cross_replica_sync(search: Any) -> bool:
    """Whether an evaluation has one, which a called graph can't."""
    return search.distribute_strategy.num_replicas_in_sync > 1 and (
        is_synchronized(search.search_space.normalization)
    )


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
