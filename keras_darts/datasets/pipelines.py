"""The two streams of a bilevel search, the same from any epoch on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import tensorflow as tf

from keras_darts.distributed.devices import evaluation_batch_size
from keras_darts.utils.tf_config import prefetched
from keras_darts.utils.typing import Dataset

if TYPE_CHECKING:
    from keras_darts.datasets.split import BilevelSplit


# Of one part; a larger one is shuffled in a window that moves over it.
_SHUFFLE_BYTES = 2**30


def train_pipeline(
    dataset: Dataset,
    *,
    size: int,
    batch_size: int,
    seed: int,
    epochs: int,
    start_epoch: int = 0,
    start_step: int = 0,
    augment: Callable[..., Any] | None = None,
    steps_per_epoch: int | None = None,
) -> Dataset:
    """Batches for training: each epoch one pass in an order of its own.

    Order and augmentation are functions of the seed and the step, so a stream
    that starts at an epoch gives what one from the beginning gives there.

    Args:
        dataset: Unbatched `tf.data.Dataset` of (image, label, ...) in an order
            that never changes.
        size: Integer, the number of its elements.
        batch_size: Integer. What is left over at the end of a pass is
            dropped, other elements in each pass.
        seed: Integer.
        epochs: Integer, the epoch at which the stream ends.
        start_epoch: Integer, the epoch at which it starts. Defaults to `0`.
        start_step: Integer, the step within that epoch. Defaults to `0`.
        augment: Function of a batch of images and a seed of shape (2,), as
            `augmentation` has them. Defaults to `None`.
        steps_per_epoch: Integer. Defaults to `None`, one pass.

    Returns:
        A `tf.data.Dataset` of known cardinality.

    Example:

    >>> dataset = tf.data.Dataset.from_tensor_slices((np.eye(6), range(6)))
    >>> options = {"size": 6, "batch_size": 3, "seed": 0, "epochs": 2}
    >>> batches = train_pipeline(dataset, **options)
    >>> whole = [y.numpy().tolist() for x, y in batches]
    >>> late = train_pipeline(dataset, start_epoch=1, **options)
    >>> whole[2:] == [y.numpy().tolist() for x, y in late]
    True
    """
    steps = _steps(size, batch_size, steps_per_epoch)
    batches = _batches(
        dataset,
        size=size,
        batch_size=batch_size,
        seed=seed,
        first_step=start_epoch * steps + start_step,
        augment=augment,
        across_passes=False,
    )
    return _ended(batches, (epochs - start_epoch) * steps - start_step)


def bilevel_pipeline(
    split: BilevelSplit,
    *,
    epochs: int,
    seed: int,
    batch_size: int | None = None,
    start_epoch: int = 0,
    start_step: int = 0,
    augment: Callable[..., Any] | None = None,
    steps_per_epoch: int | None = None,
) -> Dataset:
    """Pairs (training batch, search batch), a fresh one of each a step.

    The training stream is as in `train_pipeline`. The search stream has an
    order of its own and continues over the epochs: when its pass is over, the
    next one begins within the batch, so that every element is used as often as
    any other, whatever the sizes of the parts. The original draws its search
    batches at random with replacement.

    Args:
        split: What `bilevel_split` returned.
        epochs: Integer, the epoch at which the stream ends.
        seed: Integer.
        batch_size: Integer. Defaults to `None`, the one of `split`.
        start_epoch: Integer, the epoch at which it starts. Defaults to `0`.
        start_step: Integer, the step within that epoch. Defaults to `0`.
        augment: Function of a batch of images and a seed of shape (2,),
            applied to both batches. Defaults to `None`.
        steps_per_epoch: Integer. Defaults to `None`, one pass over the
            training part.

    Returns:
        A `tf.data.Dataset` of known cardinality.

    Example:

    >>> from keras_darts.datasets import bilevel_split
    >>> x, y = np.zeros((12, 8, 8, 1)), np.arange(12)
    >>> split = bilevel_split(x, y, batch_size=2)
    >>> batches = bilevel_pipeline(split, epochs=1, seed=0)
    >>> (x, y), (xv, yv) = next(iter(batches))
    >>> set(y.numpy()) & set(yv.numpy())
    set()
    """
    batch_size = batch_size or split.batch_size
    steps = _steps(split.num_train, batch_size, steps_per_epoch)
    train_seed, search_seed = _derived_seeds(seed, 2)
    common = {
        "batch_size": batch_size,
        "first_step": start_epoch * steps + start_step,
        "augment": augment,
    }
    train = _batches(
        split.train,
        size=split.num_train,
        seed=train_seed,
        across_passes=False,
        **common,
    )
    search = _batches(
        split.valid,
        size=split.num_valid,
        seed=search_seed,
        across_passes=True,
        **common,
    )
    pairs = tf.data.Dataset.zip((train, search))
    return _ended(pairs, (epochs - start_epoch) * steps - start_step)


def eval_pipeline(
    dataset: Dataset,
    batch_size: int,
    transform: Callable[..., Any] | None = None,
) -> Dataset:
    """Batches of every element once, in order, the last one maybe smaller.

    Where there are fewer elements than devices, each comes as often as there
    are devices, which changes no mean.

    Args:
        dataset: Unbatched `tf.data.Dataset` of (image, label, ...).
        batch_size: Integer; in the scope of a `tf.distribute` strategy the
            batches may be smaller, so that the last one is enough for all
            devices.
        transform: Function of a batch of images, as `ResizeCenterCrop`,
            applied to each image by itself. Defaults to `None`.
    """
    if transform is not None:
        dataset = dataset.map(
            lambda image, *rest: (transform(image[None])[0], *rest),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    if 0 < dataset.cardinality() < replicas:
        dataset = dataset.repeat(replicas)
    size = evaluation_batch_size(batch_size, int(dataset.cardinality()))
    return prefetched(dataset.batch(size))


def _steps(size, batch_size, steps_per_epoch):
    if batch_size > size:
        raise ValueError(
            "`batch_size` must be at most the number of elements. "
            f"Received: batch_size={batch_size}, {size} elements"
        )
    return steps_per_epoch or size // batch_size


def _derived_seeds(seed, count):
    return np.random.SeedSequence(seed).generate_state(count).tolist()


def _batches(
    dataset,
    *,
    size,
    batch_size,
    seed,
    first_step,
    augment,
    across_passes,
):
    """Endless batches from a step on, each pass in an order of its own."""
    order_seed, augment_seed = _derived_seeds(seed, 2)
    buffer = _shuffle_buffer(dataset.element_spec, size)
    # Images of many sizes can be batched only once they are cropped.
    one_size = dataset.element_spec[0].shape.is_fully_defined()

    @tf.autograph.experimental.do_not_convert
    def one_pass(index):
        # This sets the seed of the graph of this function and of no other;
        # without it the order would hang on the caller's global seed.
        tf.compat.v1.get_default_graph().seed = order_seed
        elements = dataset.shuffle(
            buffer, seed=index, reshuffle_each_iteration=False
        )
        if augment is not None and not one_size:
            elements = elements.enumerate(start=index * size)
            elements = _augmented(elements, _one_image(augment), augment_seed)
        if across_passes:
            return elements
        return elements.batch(batch_size, drop_remainder=True)

    if across_passes:
        index, done = divmod(first_step * batch_size, size)
    else:
        index, done = divmod(first_step, size // batch_size)
    # `counter` would give its function to the process for good.
    passes = tf.data.Dataset.range(index, tf.int64.max)
    batches = passes.flat_map(one_pass).skip(done)
    if across_passes:
        batches = batches.batch(batch_size, drop_remainder=True)
    if augment is not None and one_size:
        batches = batches.enumerate(start=first_step)
        batches = _augmented(batches, augment, augment_seed)
    return batches


def _shuffle_buffer(spec, size):
    sides = [side or 256 for part in spec for side in (1, *part.shape)]
    bytes_each = math.prod(sides) * max(1, *(part.dtype.size for part in spec))
    return max(1, min(size, _SHUFFLE_BYTES // bytes_each))


def _augmented(numbered, augment, seed):
    def apply(number, element):
        images, *rest = element
        return augment(images, tf.stack([seed, number])), *rest

    return numbered.map(apply, num_parallel_calls=tf.data.AUTOTUNE)


def _one_image(augment):
    return lambda image, seed: augment(image[None], seed)[0]


def _ended(batches, steps):
    count = tf.data.experimental.assert_cardinality(steps)
    return prefetched(batches.take(steps).apply(count))
