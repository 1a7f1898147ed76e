"""The streams: what each pass holds, and that they resume bit for bit."""

import numpy as np
import pytest
import tensorflow as tf

from keras_darts.datasets import PadCropFlip
from keras_darts.datasets import ResizeCenterCrop
from keras_darts.datasets import bilevel_pipeline
from keras_darts.datasets import bilevel_split
from keras_darts.datasets import eval_pipeline
from keras_darts.datasets import train_pipeline

COUNT = 22


def slices(count=COUNT):
    images = np.random.default_rng(0).integers(0, 256, (count, 4, 4, 1))
    labels = np.arange(count)
    return tf.data.Dataset.from_tensor_slices((images.astype("uint8"), labels))


def arrays(dataset):
    return [tf.nest.flatten(batch) for batch in dataset.as_numpy_iterator()]


def assert_equal(left, right):
    assert len(left) == len(right)
    for one, other in zip(left, right, strict=True):
        assert all(map(np.array_equal, one, other))


def labels(batches, column=1):
    return [batch[column].tolist() for batch in batches]


@pytest.fixture
def split():
    x = np.random.default_rng(1).integers(0, 256, (53, 8, 8, 1), "uint8")
    return bilevel_split(x, np.arange(53), validation_split=0.3, batch_size=4)


@pytest.mark.parametrize("augment", [None, PadCropFlip(1)])
@pytest.mark.parametrize("start", [1, 2, 4])
@pytest.mark.parametrize("steps", [None, 3, 13])
def test_a_stream_from_an_epoch_on_is_the_rest_of_the_whole(
    augment, start, steps
):
    options = {
        "size": COUNT,
        "batch_size": 4,
        "seed": 7,
        "epochs": 5,
        "augment": augment,
        "steps_per_epoch": steps,
    }
    whole = arrays(train_pipeline(slices(), **options))
    late = train_pipeline(slices(), start_epoch=start, **options)
    each = steps or COUNT // 4
    assert late.cardinality() == (5 - start) * each
    assert_equal(whole[start * each :], arrays(late))


@pytest.mark.parametrize("augment", [None, PadCropFlip(1)])
@pytest.mark.parametrize("steps", [None, 5])
def test_pairs_from_an_epoch_on_are_the_rest_of_the_whole(
    split, augment, steps
):
    options = {
        "epochs": 4,
        "seed": 0,
        "augment": augment,
        "steps_per_epoch": steps,
    }
    whole = arrays(bilevel_pipeline(split, **options))
    each = steps or split.num_train // 4
    assert len(whole) == 4 * each
    for start in (1, 3):
        late = bilevel_pipeline(split, start_epoch=start, **options)
        assert late.cardinality() == (4 - start) * each
        assert_equal(whole[start * each :], arrays(late))


def test_images_of_many_sizes_are_augmented_before_batching_and_resume():
    rows = [np.full((4 + i % 3, 8, 1), i, "uint8") for i in range(12)]
    dataset = tf.data.Dataset.from_generator(
        lambda: iter([(row, i) for i, row in enumerate(rows)]),
        output_signature=(
            tf.TensorSpec((None, None, 1), "uint8"),
            tf.TensorSpec((), "int64"),
        ),
    )

    def augment(images, seed):
        noise = tf.random.stateless_uniform((1, 2, 2, 1), seed)
        return noise + tf.cast(images[:, :2, :2], "float32")

    options = {"size": 12, "batch_size": 5, "seed": 1, "epochs": 3}
    whole = arrays(train_pipeline(dataset, augment=augment, **options))
    late = train_pipeline(dataset, augment=augment, start_epoch=2, **options)
    assert_equal(whole[4:], arrays(late))
    noise = np.concatenate([x - np.floor(x) for x, _ in whole])
    assert len(np.unique(noise.round(4))) > 0.9 * noise.size


def test_a_pass_holds_no_element_twice_and_loses_less_than_a_batch():
    options = {"size": COUNT, "batch_size": 4, "seed": 0, "epochs": 6}
    batches = labels(arrays(train_pipeline(slices(), **options)))
    passes = [sum(batches[i : i + 5], []) for i in range(0, 30, 5)]
    assert all(len(set(one)) == 20 for one in passes)
    assert len(set(map(tuple, passes))) == 6
    # What a pass drops is drawn again, so that nothing is lost for long.
    assert set(sum(passes, [])) == set(range(COUNT))


def test_the_search_stream_uses_every_element_equally_often(split):
    pairs = arrays(bilevel_pipeline(split, epochs=8, seed=0))
    drawn = sum(labels(pairs, 3), [])
    counts = np.unique(drawn, return_counts=True)[1]
    assert len(counts) == split.num_valid
    assert counts.max() - counts.min() <= 1
    size = split.num_valid
    for start in range(0, len(drawn) - size, size):
        assert len(set(drawn[start : start + size])) == size


def test_pairs_hold_the_training_batch_first_and_never_mix_halves(split):
    for _, train, _, search in arrays(
        bilevel_pipeline(split, epochs=2, seed=0)
    ):
        assert set(train) <= set(split.train_labels)
        assert set(search) <= set(split.valid_labels)


def test_weights_stand_third_in_both_batches():
    x, y = np.zeros((8, 4, 4, 1)), np.arange(8)
    split = bilevel_split(x, y, sample_weight=y / 10, batch_size=2)
    for train, search in bilevel_pipeline(split, epochs=1, seed=0):
        for _, label, weight in (train, search):
            np.testing.assert_allclose(weight, label / 10, rtol=1e-6)


def test_seed_and_epoch_decide_order_and_augmentation():
    options = {"size": COUNT, "batch_size": 4, "epochs": 1}
    plain = [
        labels(arrays(train_pipeline(slices(), seed=seed, **options)))
        for seed in (0, 0, 1)
    ]
    assert plain[0] == plain[1] != plain[2]
    ones = tf.data.Dataset.from_tensor_slices(
        (np.ones((8, 4, 4, 1)), np.arange(8))
    )
    options = {"size": 8, "batch_size": 8, "seed": 0, "epochs": 2}
    first, second = arrays(
        train_pipeline(ones, augment=PadCropFlip(2), **options)
    )
    assert not np.array_equal(first[0], second[0])


def test_both_halves_have_orders_of_their_own():
    x, y = np.zeros((40, 4, 4, 1)), np.arange(20)
    split = bilevel_split(x[:20], y, validation_data=(x[20:], y), batch_size=20)
    ((_, train), (_, search)), *_ = bilevel_pipeline(split, epochs=1, seed=0)
    assert not np.array_equal(train, search)


def test_the_global_seed_neither_matters_nor_moves():
    options = {"size": COUNT, "batch_size": 4, "seed": 0, "epochs": 2}
    plain = arrays(train_pipeline(slices(), augment=PadCropFlip(1), **options))
    try:
        tf.random.set_seed(5)
        expected = tf.random.uniform(()).numpy()
        tf.random.set_seed(5)
        seeded = arrays(
            train_pipeline(slices(), augment=PadCropFlip(1), **options)
        )
        assert tf.random.uniform(()).numpy() == expected
    finally:
        tf.random.set_seed(None)
    assert_equal(plain, seeded)


def test_a_large_half_is_shuffled_in_a_window(monkeypatch):
    monkeypatch.setattr("keras_darts.datasets.pipelines._SHUFFLE_BYTES", 400)
    options = {"size": 40, "batch_size": 40, "seed": 0, "epochs": 1}
    (order,) = labels(arrays(train_pipeline(slices(40), **options)))
    assert sorted(order) == list(range(40)) != order
    assert all(label <= place + 4 for place, label in enumerate(order))


def test_a_batch_larger_than_the_data_is_refused():
    with pytest.raises(ValueError, match="batch_size=30, 22 elements"):
        train_pipeline(slices(), size=COUNT, batch_size=30, seed=0, epochs=1)


def test_evaluation_gives_every_element_once_in_order():
    batches = arrays(eval_pipeline(slices(), 8))
    assert labels(batches) == [
        list(range(8)),
        list(range(8, 16)),
        list(range(16, 22)),
    ]
    cropped = eval_pipeline(slices(), 8, ResizeCenterCrop(2, 4))
    assert next(iter(cropped))[0].shape == (8, 2, 2, 1)


def test_a_half_that_is_read_anew_streams_as_one_that_is_held():
    x = np.random.default_rng(0).random((16, 4, 4, 1), "float32")
    dataset = tf.data.Dataset.from_tensor_slices((x, np.arange(16))).batch(2)
    held, read_again = (
        arrays(
            bilevel_pipeline(
                bilevel_split(dataset, memory_limit=limit), epochs=3, seed=2
            )
        )
        for limit in (10**6, 10)
    )
    assert_equal(held, read_again)


def test_the_step_sees_constant_shapes(split):
    pairs = bilevel_pipeline(split, epochs=1, seed=0, augment=PadCropFlip(1))
    (image, label), (other, _) = pairs.element_spec
    assert image.shape == other.shape == (4, 8, 8, 1)
    assert label.shape == (4,)


@pytest.mark.parametrize("wish", [None, True, False])
def test_a_pipeline_is_tuned_only_if_the_user_says_so(wish):
    dataset = tf.data.Dataset.range(6)
    if wish is not None:
        options = tf.data.Options()
        options.autotune.enabled = wish
        dataset = dataset.with_options(options)
    batches = eval_pipeline(dataset, 2)
    assert batches.options().autotune.enabled is bool(wish)
    assert [batch.tolist() for batch in batches.as_numpy_iterator()] == [
        [0, 1],
        [2, 3],
        [4, 5],
    ]
