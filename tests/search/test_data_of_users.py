"""A search takes the user's data in every form, and says what it made of it."""

import json
import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd

SPACE = kd.search_spaces.darts_cnn(
    2, 1, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
)
IMAGES = np.random.default_rng(0).integers(0, 256, (32, 8, 8, 1), "uint8")
LABELS = np.arange(32) % 2


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 4

    def __getitem__(self, index):
        rows = slice(8 * index, 8 * index + 8)
        return IMAGES[rows], LABELS[rows]


class Loader:
    """What torch's DataLoader is, without torch."""

    def __len__(self):
        return 4

    def __iter__(self):
        return (Batches()[index] for index in range(4))


def dataset():
    return tf.data.Dataset.from_tensor_slices((IMAGES, LABELS))


def decoded():
    files = [tf.io.encode_png(image).numpy() for image in IMAGES]
    files = tf.data.Dataset.from_tensor_slices((files, LABELS))
    return files.map(lambda file, y: (tf.io.decode_image(file), y))


FORMS = {
    "arrays": lambda: (IMAGES, LABELS),
    "a list": lambda: [IMAGES, LABELS],
    "batches": lambda: dataset().batch(8),
    "elements": dataset,
    "decoded files": decoded,
    "PyDataset": Batches,
    "loader": Loader,
}


def searched(*data, space=SPACE, loss=None, strategy="darts", **options):
    search = kd.DartsSearch(space, strategy)
    search.compile(run_eagerly=True, loss=loss)
    options = {"epochs": 1, "steps_per_epoch": 1, "verbose": 0, **options}
    history = search.fit(*data, **options)
    return search, history.history


@pytest.fixture(scope="module")
def of_arrays():
    """The figures of a search on arrays, by whether it was split."""
    size = {"batch_size": 8}
    own = {"validation_data": (IMAGES, LABELS)}
    return {
        True: searched(IMAGES, LABELS, **size)[1],
        False: searched(IMAGES, LABELS, **size, **own)[1],
    }


@pytest.mark.parametrize(
    ("form", "split"),
    [
        *((form, True) for form in FORMS),
        *((form, False) for form in ("a list", "elements", "PyDataset")),
    ],
)
def test_every_form_of_data_gives_the_same_search(of_arrays, form, split):
    data = FORMS[form]()
    if split:
        _, figures = searched(data, batch_size=8)
    else:
        _, figures = searched(
            IMAGES, LABELS, batch_size=8, validation_data=data
        )
    assert figures == of_arrays[split]


LABEL_FORMS = {
    "integers": (LABELS, "sparse"),
    "a column of floats": (LABELS[:, None].astype("float32"), "sparse"),
    "float64": (LABELS.astype("float64"), "sparse"),
    "booleans": (LABELS == 1, "sparse"),
    "one-hot rows": (np.eye(2)[LABELS], "one_hot"),
    "smoothed rows": (np.eye(2)[LABELS] * 0.9 + 0.05, "one_hot"),
    "two labels": (np.stack([LABELS, LABELS], 1), "multi_label"),
    "targets": (LABELS / 3, "regression"),
}


@pytest.mark.parametrize("case", LABEL_FORMS)
def test_labels_of_every_kind_are_learned_as_what_they_are(
    case, caplog, tmp_path
):
    labels, label_type = LABEL_FORMS[case]
    # One run is as good as all to see what is written.
    folder = {"output_dir": tmp_path} if case == "targets" else {}
    with caplog.at_level(logging.INFO, "keras_darts"):
        search, figures = searched(IMAGES, labels, batch_size=8, **folder)
    assert search.task.label_type == label_type
    classes = label_type in ("sparse", "one_hot")
    assert search.num_classes == (1 if label_type == "regression" else 2)
    assert ("mae" in figures) == (label_type == "regression")
    assert ("by class" in caplog.text) == classes
    # Once, in the log and in the run.
    words = search.task.description
    assert caplog.text.count(words) == 1 and words.startswith("labels: ")
    if not folder:
        return
    written = json.loads((tmp_path / "config.json").read_text())["task"]
    assert written == {
        "label_type": label_type,
        "num_outputs": search.num_classes,
        "description": words,
    }


def test_a_loss_says_that_whole_numbers_are_targets():
    for labels in (LABELS, LABELS.astype("float32")):
        search, _ = searched(IMAGES, labels, batch_size=8, loss="mse")
        assert search.task.label_type == "regression"


def test_data_to_validate_on_are_said_to_train_the_architecture(caplog):
    words = "`validation_data` trains the architecture"
    with caplog.at_level(logging.INFO, "keras_darts"):
        searched(IMAGES, LABELS, batch_size=8)
        assert words not in caplog.text
        searched(dataset().batch(8), validation_data=dataset().batch(8))
    assert caplog.text.count(words) == 1
    assert "test set" in kd.DartsSearch.fit.__doc__


def test_nobody_hears_of_a_batch_size_that_was_not_given():
    search, _ = searched(IMAGES, LABELS)
    assert search.recipe.batch_size > len(IMAGES) // 2


@pytest.mark.parametrize("form", ["arrays", "batches"])
def test_class_weights_weigh_both_losses(form):
    """One class alone counts: the other one's images change nothing."""
    size = {"batch_size": 8, "class_weight": {0: 0.0, 1: 3.0}}
    _, figures = searched(FORMS[form](), **size)
    weights = np.where(LABELS == 1, 3.0, 0.0)
    same = searched(IMAGES, LABELS, batch_size=8, sample_weight=weights)[1]
    assert figures == same
    plain = searched(IMAGES, LABELS, batch_size=8)[1]
    for name in ("loss", "arch_loss", "val_loss"):
        assert figures[name] != plain[name]


def test_class_weights_are_none_of_language():
    search = kd.DartsSearch("darts_rnn", hidden_size=4)
    with pytest.raises(ValueError, match="`class_weight` must be left out for"):
        search.fit(np.arange(40) % 5, batch_size=2, class_weight={0: 1.0})
