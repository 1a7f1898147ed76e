"""Small data sets are decoded once, and pipelines end in a prefetch."""

import numpy as np
import pytest
import tensorflow as tf

from keras_darts.datasets import PadCropFlip
from keras_darts.datasets import bilevel_bptt_batches
from keras_darts.datasets import bilevel_pipeline
from keras_darts.datasets import bilevel_split
from keras_darts.datasets import bptt_batches
from keras_darts.datasets import cache_if_small
from keras_darts.datasets import eval_bptt_batches
from keras_darts.datasets import eval_pipeline
from keras_darts.datasets import token_streams
from keras_darts.datasets import train_pipeline

COUNT = 10
SIZE = COUNT * (4 * 4 + 8)  # an image and a label, in bytes


def decoded(counter, noise=False):
    """Images that are made again in each pass, and counted."""

    def decode(number):
        counter.assign_add(1)
        image = tf.cast(tf.fill((4, 4, 1), number), "uint8")
        if noise:
            image += tf.cast(tf.random.uniform((4, 4, 1)) * 9, "uint8")
        return image, number

    return tf.data.Dataset.range(COUNT).map(decode)


def arrays(dataset):
    return [tf.nest.flatten(batch) for batch in dataset.as_numpy_iterator()]


def test_a_small_data_set_is_decoded_once_and_streams_bit_for_bit_as_before():
    counters = [tf.Variable(0), tf.Variable(0)]
    again, kept = map(decoded, counters)
    kept = cache_if_small(kept, SIZE)
    for start in (0, 2):
        options = {"size": COUNT, "batch_size": 4, "seed": 3, "epochs": 4}
        options |= {"augment": PadCropFlip(1), "start_epoch": start}
        pairs = zip(
            arrays(train_pipeline(again, **options)),
            arrays(train_pipeline(kept, **options)),
            strict=True,
        )
        for one, other in pairs:
            assert all(map(np.array_equal, one, other))
    assert counters[0] > 4 * COUNT
    assert counters[1] == COUNT


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.shuffle(3),
        lambda data: data.repeat(),
        lambda data: data.map(lambda image, label: (image, "label")),
        lambda data: data.padded_batch(2, ((None, 4, 1), ())),
        lambda data: data.filter(lambda image, label: label > 3),
        lambda data: data.cache().prefetch(1),
        lambda data: tf.data.Dataset.from_tensor_slices(np.eye(3)),
    ],
)
def test_what_can_not_or_need_not_be_kept_is_left_as_it_is(change):
    data = change(decoded(tf.Variable(0)))
    assert cache_if_small(data) is data


def test_neither_random_nor_large_data_are_kept():
    noisy = decoded(tf.Variable(0), noise=True)
    assert cache_if_small(noisy) is noisy
    plain = decoded(tf.Variable(0))
    assert cache_if_small(plain, SIZE - 1) is plain
    assert cache_if_small(plain, SIZE) is not plain


def pipelines():
    data = decoded(tf.Variable(0))
    split = bilevel_split(np.zeros((8, 4, 4, 1)), np.arange(8), batch_size=2)
    streams = token_streams(np.arange(100), 2)
    once = {"epochs": 1, "seed": 0}
    return {
        "stream": train_pipeline(data, size=COUNT, batch_size=2, **once),
        "bilevel": bilevel_pipeline(split, augment=PadCropFlip(1), **once),
        "evaluation": eval_pipeline(
            data, 2, transform=lambda images: images / 2
        ),
        "segments": bptt_batches(streams, **once),
        "bilevel_bptt_batches": bilevel_bptt_batches(streams, streams, **once),
        "eval_bptt_batches": eval_bptt_batches(streams),
    }


def last_step(data):
    """The name of its type, options left out."""
    name = type(data).__name__
    return last_step(*data._inputs()) if name == "_OptionsDataset" else name


def test_every_pipeline_ends_in_a_prefetch():
    types = {name: last_step(data) for name, data in pipelines().items()}
    assert set(types.values()) == {"_PrefetchDataset"}, types


def test_no_pipeline_gives_up_the_order():
    for data in pipelines().values():
        assert data.options().deterministic is not False
