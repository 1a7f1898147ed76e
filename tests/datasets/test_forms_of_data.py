"""The same data in any form that users have them in are read as the same."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.datasets import bilevel_split
from keras_darts.datasets import is_dataset
from keras_darts.datasets import read_examples

COUNT = 12
IMAGES = np.zeros((COUNT, 4, 4, 1), "uint8")
IMAGES += np.arange(COUNT, dtype="uint8")[:, None, None, None]
LABELS = np.arange(COUNT) % 3
WEIGHTS = np.arange(COUNT, dtype="float32")


class Batches(keras.utils.PyDataset):
    """Batches of three, by their number."""

    def __init__(self, *columns, noise=0):
        super().__init__()
        self.columns, self.noise = columns, noise
        self.drawn = np.random.default_rng(0)

    def __len__(self):
        return COUNT // 3

    def __getitem__(self, index):
        rows = slice(3 * index, 3 * index + 3)
        x, *others = (column[rows] for column in self.columns)
        if self.noise:
            x = x + self.drawn.normal(0, self.noise, x.shape)
        return x, *others


class Unsized:
    """What torch's DataLoader is, without torch: lists, in a new order."""

    def __init__(self, *columns, shuffle=False):
        self.columns, self.shuffle = columns, shuffle
        self.drawn = np.random.default_rng(0)

    def __iter__(self):
        order = np.arange(COUNT)
        if self.shuffle:
            self.drawn.shuffle(order)
        for rows in order.reshape(-1, 3):
            yield [column[rows] for column in self.columns]


class Loader(Unsized):
    def __len__(self):
        return COUNT // 3


def slices(*columns):
    return tf.data.Dataset.from_tensor_slices(columns)


def png_files():
    files = [tf.io.encode_png(image).numpy() for image in IMAGES]
    return slices(files, LABELS)


def decoded(decode):
    return png_files().map(lambda file, y: (decode(file, channels=1), y))


def untyped():
    """Without any static shape, nor a length."""

    def rows():
        yield from zip(IMAGES, LABELS, strict=True)

    return tf.data.Dataset.from_generator(rows, (tf.uint8, tf.int64))


FORMS = {
    "arrays": lambda: (IMAGES, LABELS),
    "lists": lambda: (IMAGES.tolist(), LABELS.tolist()),
    "tensors": lambda: (tf.constant(IMAGES), tf.constant(LABELS)),
    "a tuple": lambda: ((IMAGES, LABELS),),
    "a list": lambda: ([IMAGES, LABELS],),
    "batches": lambda: (slices(IMAGES, LABELS).batch(3),),
    "full batches": lambda: (
        slices(IMAGES, LABELS).batch(3, drop_remainder=True),
    ),
    "elements": lambda: (slices(IMAGES, LABELS),),
    "decode_png": lambda: (decoded(tf.io.decode_png),),
    "decode_png, batched": lambda: (decoded(tf.io.decode_png).batch(3),),
    "decode_image": lambda: (decoded(tf.io.decode_image),),
    "decode_image, batched": lambda: (decoded(tf.io.decode_image).batch(3),),
    "nothing known": lambda: (untyped(),),
    "nothing known, batched": lambda: (untyped().batch(3),),
    "PyDataset": lambda: (Batches(IMAGES, LABELS),),
    "loader": lambda: (Loader(IMAGES, LABELS),),
    "loader without length": lambda: (Unsized(IMAGES, LABELS),),
}
BATCHED = {
    name
    for name in FORMS
    if "batche" in name or "loader" in name or name == "PyDataset"
}


def rows_of(dataset):
    return [(int(x[0, 0, 0]), int(y)) for x, y in dataset.as_numpy_iterator()]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_elements(form):
    examples = read_examples(*FORMS[form](), rank=3)
    assert rows_of(examples.dataset) == [*enumerate(LABELS)]
    assert examples.labels.tolist() == LABELS.tolist()
    assert examples.dataset.cardinality() == len(examples) == COUNT
    assert examples.dataset.element_spec[0].shape == (4, 4, 1)
    assert examples.batch_size == (3 if form in BATCHED else None)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_split_and_taken_as_validation_data_alike(form):
    whole = bilevel_split(*FORMS[form](), rank=3, seed=1)
    expected = bilevel_split(IMAGES, LABELS, seed=1)
    for half in ("train", "valid"):
        got, wanted = getattr(whole, half), getattr(expected, half)
        assert rows_of(got) == rows_of(wanted)
    x, *y = FORMS[form]()
    other = (x, *y) if y else x
    split = bilevel_split(IMAGES, LABELS, validation_data=other, rank=3)
    assert rows_of(split.valid) == [*enumerate(LABELS)]


@pytest.mark.parametrize(
    "form",
    [
        lambda *c: c,
        lambda *c: [*c],
        lambda *c: slices(*c),
        lambda *c: slices(*c).batch(5),
        lambda *c: Batches(*c),
        lambda *c: Loader(*c),
    ],
)
def test_sample_weights_come_along_in_every_form(form):
    examples = read_examples(form(IMAGES, LABELS, WEIGHTS), rank=3)
    assert examples.has_sample_weight
    weights = [float(w) for *_, w in examples.dataset]
    assert weights == WEIGHTS.tolist()


def test_rows_of_labels_tell_elements_from_batches_by_the_rank():
    rows = np.eye(3, dtype="float32")[LABELS]
    for data in (slices(IMAGES, rows), slices(IMAGES, rows).batch(3)):
        assert read_examples(data, rank=3).labels.shape == (COUNT, 3)
    ids = slices(np.ones((COUNT, 8), "int32"), rows)
    assert read_examples(ids, rank=1).labels.shape == (COUNT, 3)
    # A row as long as the image is high, or a batch without channels?
    with pytest.raises(ValueError, match="must be batched: call ds.batch"):
        read_examples(slices(IMAGES, np.eye(4)[LABELS]), rank=3)


def test_what_shuffles_or_draws_anew_is_read_once_and_says_so():
    shuffled = read_examples(Loader(IMAGES, LABELS, shuffle=True))
    rows = rows_of(shuffled.dataset)
    assert sorted(rows) == [*enumerate(LABELS)] != rows
    assert rows == rows_of(shuffled.dataset)
    noisy = read_examples(Batches(IMAGES, LABELS, noise=1.0))
    for result in (shuffled, noisy):
        assert "read once" in " ".join(result.notes)


def test_pythons_batches_that_do_not_fit_are_read_again_or_refused():
    held = read_examples(Batches(IMAGES, LABELS))
    live = read_examples(Batches(IMAGES, LABELS), memory_limit=10)
    assert rows_of(live.dataset) == rows_of(held.dataset)
    assert "read again" in " ".join(live.notes)
    with pytest.raises(ValueError, match="`memory_limit`. Received: more th"):
        read_examples(Loader(IMAGES, LABELS, shuffle=True), memory_limit=10)


def test_an_endless_pydataset_is_read_for_the_steps():
    class Endless(Batches):
        num_batches = None

        def __getitem__(self, index):
            return super().__getitem__(index % 4)

    with pytest.raises(ValueError, match="`steps_per_epoch` must be given"):
        read_examples(Endless(IMAGES, LABELS))
    examples = read_examples(Endless(IMAGES, LABELS), steps_per_epoch=3)
    assert len(examples) == 9


def test_a_users_own_error_comes_through():
    class Failing(Batches):
        def __getitem__(self, index):
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        read_examples(Failing(IMAGES, LABELS))


def test_an_unbatched_set_says_so():
    assert "unbatched" in " ".join(read_examples(slices(IMAGES, LABELS)).notes)
    assert not read_examples(slices(IMAGES, LABELS).batch(2)).notes


def test_what_gives_labels_itself_is_a_data_set():
    for x in (slices(IMAGES), Batches(IMAGES), Loader(IMAGES)):
        assert is_dataset(x)
    for x in (IMAGES, [1], (1, 2), "text", {"a": 1}, iter([1]), None, 3):
        assert not is_dataset(x)


def several_sizes(x, y):
    return tf.image.resize(x, (4 + y, 4)), y


def wrong_data():
    dataset = slices(IMAGES, LABELS)
    keyed = dataset.map(lambda x, y: {"image": x, "label": y})
    return {
        "an array alone": (IMAGES, "must hold labels too: a pair"),
        "three lengths": (
            (IMAGES, LABELS[:5]),
            "of the same length. Received: lengths 12, 5",
        ),
        "no labels": (dataset.map(lambda x, y: x), "labels are missing"),
        "dictionaries": (keyed, r"row\['image'\], row\['label'\]"),
        "a dictionary": ({"a": IMAGES}, "no dictionary.*a dictionary of a"),
        "nothing": (dataset.take(0), "must hold elements"),
        "several sizes": (dataset.map(several_sizes), "of one shape: resize"),
        "batches of several sizes": (
            dataset.map(several_sizes).batch(1),
            "of one shape",
        ),
        "no number": (
            (np.full(IMAGES.shape, np.nan), LABELS),
            "must be finite. Received: NaN or infinity in element 0",
        ),
        "weights": ((IMAGES, LABELS, -WEIGHTS), "finite and not negative"),
        "loader without labels": (Loader(IMAGES), "labels are missing"),
        "a generator": ((row for row in IMAGES), "from_generator"),
        "a data set in a pair": ((dataset, LABELS), "one data set, or arrays"),
        "a text": ("images", "must be an array"),
        "all parts": (kd.datasets.load("digits"), "one part of the data"),
    }


@pytest.mark.parametrize("case", wrong_data())
def test_errors_speak_of_the_argument_that_was_given(case):
    data, message = wrong_data()[case]
    for argument in ("train", "validation_data"):
        with pytest.raises((ValueError, TypeError), match=message) as caught:
            read_examples(data, argument=argument, rank=3)
        words = str(caught.value)
        assert f"`{argument}`" in words and "Received" in words
        assert "`x`" not in words and "`y`" not in words
    if isinstance(data, tuple | str | dict | tf.data.Dataset):
        with pytest.raises((ValueError, TypeError), match="`validation_data`"):
            bilevel_split(IMAGES, LABELS, validation_data=data, rank=3)
