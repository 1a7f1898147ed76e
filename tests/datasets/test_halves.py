"""The split: no element twice, none lost, the classes' shares, the weights."""

import numpy as np
import pytest
import tensorflow as tf

from keras_darts.datasets import bilevel_split


def numbered(count, classes=2):
    """Images that hold their own number in every pixel, and labels."""
    images = np.zeros((count, 4, 4, 1), "float32")
    images += np.arange(count)[:, None, None, None]
    return images, np.arange(count) % classes


def identities(dataset):
    return [int(x[0, 0, 0]) for x, *_ in dataset.as_numpy_iterator()]


def both(split):
    return identities(split.train), identities(split.valid)


@pytest.mark.parametrize("count", [2, 3, 97])
@pytest.mark.parametrize("share", [0.5, 0.3])
def test_every_element_stands_in_exactly_one_half(count, share):
    x, y = numbered(count)
    split = bilevel_split(x, y, validation_split=share, seed=3)
    train, search = both(split)
    assert sorted(train + search) == list(range(count))
    assert (len(train), len(search)) == (split.num_train, split.num_valid)
    assert split.num_valid == int(np.floor(count * share + 0.5))


def test_images_keep_their_labels():
    x, y = numbered(30, classes=7)
    split = bilevel_split(x, y)
    for half, labels in (
        (split.train, split.train_labels),
        (split.valid, split.valid_labels),
    ):
        rows = list(half.as_numpy_iterator())
        assert all(int(image[0, 0, 0]) % 7 == label for image, label in rows)
        assert [label for _, label in rows] == labels.tolist()


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("share", [0.5, 0.2])
def test_each_class_gives_its_share_to_within_one(one_hot, share):
    sizes = [40, 10, 25, 5]
    y = np.repeat(np.arange(4), sizes)
    x = np.zeros((len(y), 4, 4, 1))
    labels = np.eye(4)[y] if one_hot else y
    split = bilevel_split(x, labels, validation_split=share, seed=1)
    searched = split.valid_labels
    searched = searched.argmax(axis=1) if one_hot else searched
    counts = np.bincount(searched, minlength=4)
    assert np.all(np.abs(counts - share * np.array(sizes)) <= 1)
    assert "by class" in split.description


def test_targets_of_a_regression_are_split_plainly():
    split = bilevel_split(numbered(20)[0], np.linspace(0.1, 1, 20))
    assert split.num_train == split.num_valid == 10
    assert "by class" not in split.description
    # Whole numbers, too, where the loss says what they are.
    for labels in (np.arange(20) % 3, (np.arange(20) % 3).astype("float32")):
        split = bilevel_split(numbered(20)[0], labels, loss="mse")
        assert "by class" not in split.description
        split = bilevel_split(numbered(20)[0], labels)
        assert "by class" in split.description


def test_the_seed_decides_the_split():
    x, y = numbered(40)
    first = both(bilevel_split(x, y, seed=1))
    assert first == both(bilevel_split(x, y, seed=1))
    assert first != both(bilevel_split(x, y, seed=2))


def test_the_order_within_a_half_never_changes():
    split = bilevel_split(*numbered(40))
    assert identities(split.train) == identities(split.train)


def test_weights_go_with_their_elements():
    x, y = numbered(20)
    weights = np.arange(20) / 10
    datasets = tf.data.Dataset.from_tensor_slices((x, y, weights)).batch(4)
    for split in (
        bilevel_split(x, y, sample_weight=weights),
        bilevel_split((x, y, weights)),
        bilevel_split(datasets),
    ):
        assert split.has_sample_weight
        for image, _, weight in split.valid.as_numpy_iterator():
            assert weight == pytest.approx(image[0, 0, 0] / 10)


def test_a_half_without_weights_gets_ones_beside_one_with():
    x, y = numbered(8)
    split = bilevel_split(
        x, y, validation_data=(x + 8, y, np.full(8, 2.0)), batch_size=2
    )
    assert {float(w) for *_, w in split.train} == {1.0}
    assert {float(w) for *_, w in split.valid} == {2.0}
    assert split.train.element_spec == split.valid.element_spec


def test_validation_data_of_any_form_is_taken_as_it_is():
    x, y = numbered(8)
    train = tf.data.Dataset.from_tensor_slices((x, y)).batch(4)
    search = tf.data.Dataset.from_tensor_slices((x + 8, y)).batch(2)
    for split in (
        bilevel_split(train, validation_data=search),
        bilevel_split((train, search)),
        bilevel_split(train, validation_data=(x + 8, y)),
        bilevel_split(x, y, validation_data=search, batch_size=4),
    ):
        assert both(split) == (list(range(8)), list(range(8, 16)))
        assert split.batch_size == 4
        assert split.description.startswith("two data sets as given")


def test_the_batch_size_is_the_arguments_or_the_data_sets_or_what_fits():
    x, y = numbered(20)
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(5)
    assert bilevel_split(*numbered(128)).batch_size == 64
    assert bilevel_split(x, y, default_batch_size=8).batch_size == 8
    # Nobody is told that a batch is too large who has asked for none.
    assert bilevel_split(x, y).batch_size == 10
    assert "in batches of 10" in bilevel_split(x, y).description
    assert bilevel_split(x, y, batch_size=4).batch_size == 4
    assert bilevel_split(dataset).batch_size == 5
    assert bilevel_split(dataset, batch_size=2).batch_size == 2


def test_float64_images_become_float32_as_in_keras():
    images, labels = numbered(4)
    split = bilevel_split(images.astype("float64"), labels)
    assert split.train.element_spec[0].dtype == tf.float32


def test_uint8_images_and_any_labels_stay_what_they_are():
    images, labels = numbered(4)
    split = bilevel_split(images.astype("uint8"), labels.astype("int32"))
    image, label = split.train.element_spec
    assert (image.dtype, label.dtype) == (tf.uint8, tf.int32)


def test_the_callers_random_state_is_left_alone():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    bilevel_split(*numbered(20))
    assert np.array_equal(before, np.random.get_state()[1])


X, Y = numbered(8)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"x": X}, "`y` must hold the labels"),
        ({"x": X[:0], "y": Y[:0]}, "must hold elements"),
        ({"x": X, "y": Y[:5]}, "same length. Received: lengths 8, 5"),
        (
            {"x": X, "y": Y, "sample_weight": np.ones(3)},
            "`sample_weight` must be of the same length",
        ),
        (
            {"x": X, "y": Y, "sample_weight": np.ones((8, 2))},
            "`sample_weight` must be one number an element",
        ),
        (
            {"x": X, "y": Y, "sample_weight": -np.ones(8)},
            "`sample_weight` must be finite and not negative",
        ),
        (
            {"x": np.where(X == 5, np.nan, X), "y": Y},
            "`x` must be finite. Received: NaN or infinity in element 5",
        ),
        (
            {"x": np.where(X == 2, np.inf, X), "y": Y},
            "NaN or infinity in element 2",
        ),
        ({"x": [[1], [1, 2]], "y": [0, 1]}, "`x` must be one array"),
        ({"x": [None, 1], "y": [0, 1]}, "`x` must be one array"),
        ({"x": X, "y": np.array(["2026"] * 8, "M8[D]")}, "`y` must be one"),
        ({"x": X, "y": Y, "validation_split": 0.0}, "`validation_split`"),
        ({"x": X, "y": Y, "validation_split": "1"}, "`validation_split`"),
        ({"x": X, "y": Y, "batch_size": 0}, "`batch_size` must be"),
        ({"x": X, "y": Y, "batch_size": 2.5}, "`batch_size` must be"),
        ({"x": X, "y": Y, "seed": -1}, "`seed` must be"),
        ({"x": X[:1], "y": Y[:1]}, "enough elements for both parts"),
    ],
)
def test_arrays_that_cannot_be_split_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        bilevel_split(**arguments)


@pytest.mark.parametrize("x", [None, 3, "images", iter([1]), {"a": X}])
def test_what_is_no_data_is_refused_by_its_type(x):
    with pytest.raises(TypeError, match="`x` must be .* Received: "):
        bilevel_split(x, Y)


def test_a_tuple_that_mixes_a_data_set_and_more_is_refused():
    dataset = tf.data.Dataset.from_tensor_slices((X, Y)).batch(2)
    with pytest.raises(ValueError, match="the pair"):
        bilevel_split((dataset, X))
    with pytest.raises(ValueError, match="the pair"):
        bilevel_split((dataset, dataset), validation_data=dataset)
