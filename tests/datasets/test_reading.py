"""Data sets of every temper: shuffled, endless, large, augmented, wrong."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts.datasets import bilevel_split

COUNT = 40
IMAGES = np.zeros((COUNT, 4, 4, 1), "float32")
IMAGES += np.arange(COUNT)[:, None, None, None]
LABELS = np.arange(COUNT) % 4


@pytest.fixture(autouse=True)
def unseeded():
    """With a global seed, as other tests set it, all passes are the same."""
    tf.random.set_seed(None)
    yield
    tf.random.set_seed(None)


@pytest.fixture
def slices():
    return tf.data.Dataset.from_tensor_slices((IMAGES, LABELS))


def identities(dataset):
    return [round(float(x[0, 0, 0])) for x, *_ in dataset]


def assert_split_whole(split, count=COUNT):
    train, search = identities(split.train), identities(split.valid)
    assert not set(train) & set(search)
    assert sorted(train + search) == list(range(count))
    assert train == identities(split.train)


def noisy(image, label):
    return image + tf.random.uniform((), -0.4, 0.4), label


def growing(images, labels):
    late = tf.cast(images[0, 0, 0, 0] > 20, "int32")
    return images[:, : 2 + late], labels


def generator():
    yield from zip(IMAGES, LABELS, strict=True)


def generated(function):
    return tf.data.Dataset.from_generator(
        function,
        output_signature=(
            tf.TensorSpec((4, 4, 1), "float32"),
            tf.TensorSpec((), "int64"),
        ),
    )


@pytest.mark.parametrize(
    "form",
    [
        lambda ds: ds.batch(4),
        lambda ds: ds.batch(7),
        lambda ds: ds.batch(4).prefetch(2).cache(),
        lambda ds: ds.shuffle(COUNT, seed=3).batch(4),
        lambda ds: ds.shuffle(COUNT).batch(4).prefetch(1),
        lambda ds: ds.batch(4).shuffle(10),
        lambda ds: ds.shuffle(8).cache().batch(4),
        lambda ds: ds.shuffle(8, reshuffle_each_iteration=False).batch(4),
        lambda ds: ds.filter(lambda x, y: True).batch(4),
        lambda ds: ds.shuffle(8).map(noisy).batch(4),
        lambda ds: generated(generator).batch(4),
    ],
)
def test_no_element_is_lost_or_stands_in_both_halves(slices, form):
    assert_split_whole(bilevel_split(form(slices)))


@pytest.mark.parametrize("steps", [5, 10, 25])
@pytest.mark.parametrize(
    "form",
    [
        lambda ds: ds.repeat().batch(4),
        lambda ds: ds.batch(4).repeat(),
        lambda ds: ds.shuffle(COUNT).repeat().batch(4),
        lambda ds: ds.repeat().shuffle(COUNT).batch(4),
        lambda ds: ds.repeat().shuffle(COUNT).batch(4).map(lambda x, y: (x, y)),
        lambda ds: ds.shuffle(COUNT).map(noisy).repeat().batch(4),
        lambda ds: ds.map(noisy).batch(4).repeat().prefetch(1),
    ],
)
def test_an_endless_data_set_is_read_for_the_steps(slices, form, steps):
    split = bilevel_split(form(slices), steps_per_epoch=steps)
    train, search = identities(split.train), identities(split.valid)
    assert not set(train) & set(search)
    assert len(train) + len(search) <= 4 * steps
    assert f"at most {steps} batches were read" in split.description


@pytest.mark.parametrize("random", [False, True])
def test_copies_of_an_element_stay_in_one_half(slices, random):
    dataset = slices.map(noisy) if random else slices
    split = bilevel_split(dataset.repeat(3).batch(4))
    train, search = identities(split.train), identities(split.valid)
    assert not set(train) & set(search)
    assert set(train) | set(search) == set(range(COUNT))


def test_so_they_do_where_a_seed_makes_all_passes_the_same(slices):
    tf.random.set_seed(3)
    split = bilevel_split(slices.map(noisy).repeat(3).batch(4))
    assert "its repetitions are left out" in split.description
    assert_split_whole(split)


def test_an_endless_data_set_without_steps_is_refused(slices):
    with pytest.raises(ValueError, match="`steps_per_epoch` must be given"):
        bilevel_split(slices.repeat().batch(4))


def test_random_copies_that_cannot_be_told_apart_are_refused(slices):
    mixed = slices.repeat().shuffle(COUNT).map(noisy).batch(4)
    with pytest.raises(ValueError, match="leave out repeat"):
        bilevel_split(mixed, steps_per_epoch=5)


def test_an_endless_generator_is_read_for_the_steps():
    def endless():
        while True:
            yield from generator()

    split = bilevel_split(generated(endless).batch(4), steps_per_epoch=15)
    assert not set(identities(split.train)) & set(identities(split.valid))


def test_a_data_set_that_reshuffles_is_read_once_and_says_so(slices):
    split = bilevel_split(slices.shuffle(COUNT).map(noisy).batch(4))
    assert "changes its order, so it was read once" in split.description
    assert "freezes the random operations" in split.description


def test_a_generator_in_another_order_each_time_is_read_once():
    orders = np.random.default_rng(0)

    def shuffled():
        for index in orders.permutation(COUNT):
            yield IMAGES[index], LABELS[index]

    dataset = generated(shuffled).batch(4)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(10))
    split = bilevel_split(dataset)
    assert_split_whole(split)
    assert "changes its order" in split.description


@pytest.mark.parametrize("by_layer", [False, True])
def test_augmentation_in_a_steady_data_set_stays_alive(slices, by_layer):
    layer = keras.layers.GaussianNoise(0.1)

    def layered(x, y):
        return layer(x, training=True), y

    split = bilevel_split(slices.map(layered if by_layer else noisy).batch(4))
    assert "run again in every pass" in split.description
    first = [x.numpy() for x, _ in split.train]
    again = [x.numpy() for x, _ in split.train]
    assert not np.array_equal(first, again)
    labels = [int(y) for _, y in split.train]
    assert labels == split.train_labels.tolist()


def test_a_large_data_set_is_read_anew_in_each_pass(slices):
    split = bilevel_split(slices.batch(4), memory_limit=100)
    assert "too large to hold" in split.description
    assert_split_whole(split)
    assert split.train.cardinality() == split.num_train
    held = bilevel_split(slices.batch(4))
    assert identities(held.train) == identities(split.train)


def test_a_large_data_set_without_static_shapes_gets_them(slices):
    def loose(x, y):
        x = tf.numpy_function(np.copy, [x], "float32")
        return tf.ensure_shape(x, (None, None, 1)), y

    split = bilevel_split(slices.map(loose).batch(4), memory_limit=100)
    assert split.train.element_spec[0].shape == (4, 4, 1)
    assert_split_whole(split)


@pytest.mark.parametrize(
    "form, message",
    [
        (lambda ds: ds.shuffle(9).batch(4), "leave its shuffle out"),
        (
            lambda ds: ds.filter(lambda x, y: True).batch(4),
            "assert_cardinality",
        ),
    ],
)
def test_a_large_data_set_that_must_be_held_is_refused(slices, form, message):
    with pytest.raises(ValueError, match=message) as caught:
        bilevel_split(form(slices), memory_limit=100)
    assert "`memory_limit`. Received: more than 100 bytes" in str(caught.value)


@pytest.mark.parametrize(
    "form, message",
    [
        (
            # A batch of images without channels, or images with a row of
            # labels as long as they are high.
            lambda ds: ds.map(lambda x, y: (x, tf.one_hot(y, 4))),
            "must be batched: call ds.batch",
        ),
        (lambda ds: ds.take(0).batch(4), "must hold elements"),
        (lambda ds: ds.map(lambda x, y: x).batch(4), "labels are missing"),
        (
            lambda ds: ds.map(lambda x, y: {"x": x, "y": y}).batch(4),
            "not dictionaries.*row.'x'., row.'y'.",
        ),
        (
            lambda ds: ds.map(lambda x, y: (x / (x - 21.0), y)).batch(4),
            "NaN or infinity in element 21",
        ),
        (
            lambda ds: ds.batch(4).map(growing),
            "elements of one shape",
        ),
    ],
)
def test_data_sets_of_the_wrong_form_are_refused(slices, form, message):
    with pytest.raises(ValueError, match=message):
        bilevel_split(form(slices), rank=3)


def test_elements_of_several_inputs_are_refused(slices):
    dataset = slices.map(lambda x, y: ({"a": x}, y)).batch(4)
    with pytest.raises(TypeError, match="one dense tensor each"):
        bilevel_split(dataset)


def test_labels_beside_a_data_set_are_refused(slices):
    with pytest.raises(ValueError, match="must be left out"):
        bilevel_split(slices.batch(4), LABELS)


def test_a_source_that_runs_once_loses_nothing():
    rows = generator()
    assert_split_whole(bilevel_split(generated(lambda: rows).batch(4)))


def test_a_repetition_of_augmented_elements_is_left_out(slices):
    split = bilevel_split(slices.map(noisy).repeat(3).batch(4))
    assert "its repetitions are left out" in split.description
    assert "run again in every pass" in split.description
    assert split.num_train + split.num_valid == COUNT
