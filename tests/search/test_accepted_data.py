"""Data of another kind, and no data, are refused by what they are."""

import numpy as np
import pytest

import keras_darts as kd
from keras_darts import tasks
from keras_darts.search.fit_plan import check_source

IMAGES = "image_classification"
LANGUAGE = "language_modeling"
TEXTS = "text_classification"


def corpus():
    ids = np.zeros(9, "int32")
    vocabulary = kd.datasets.Vocabulary(("a",))
    return kd.datasets.Corpus("c", ids, ids, ids, vocabulary, "nothing")


def sentences():
    part = kd.datasets.LabelledText(("a",), np.ones((1, 4)), np.zeros(1))
    vocabulary = kd.datasets.Vocabulary(("a",))
    return kd.datasets.TextClassificationData(
        "s", part, part, None, ("0", "1"), vocabulary, "nothing"
    )


def check_data(task, x):
    check_source(tasks.get(task), x)


@pytest.mark.parametrize("task", [IMAGES, LANGUAGE, TEXTS])
@pytest.mark.parametrize("x", [None, "ptb", b"ptb", iter([1])])
def test_what_is_no_data_is_refused_everywhere(task, x):
    with pytest.raises(TypeError, match="`x` must be .* Received: "):
        check_data(task, x)


def test_a_generator_is_told_the_way():
    with pytest.raises(TypeError, match="from_generator.*generator"):
        check_data(IMAGES, (i for i in range(2)))


@pytest.mark.parametrize("task", [IMAGES, TEXTS])
def test_a_corpus_is_for_recurrent_cells(task):
    check_data(LANGUAGE, corpus())
    with pytest.raises(TypeError, match="'darts_rnn'. Received: Corpus"):
        check_data(task, corpus())


@pytest.mark.parametrize(
    ("task", "message"),
    [(TEXTS, r"x.train.batch\(64\)"), (LANGUAGE, "other search spaces")],
)
def test_sentences_are_given_by_their_parts(task, message):
    with pytest.raises(TypeError, match=f"{message}.*TextClassificationData"):
        check_data(task, sentences())


@pytest.mark.parametrize("name", ["batch_size", "steps_per_epoch", "epochs"])
@pytest.mark.parametrize("number", [0, -1, 2.5, True])
def test_counts_must_be_positive_integers(name, number):
    search = kd.DartsSearch("darts_rnn", hidden_size=4)
    options = {"batch_size": 2, "epochs": 1, name: number}
    with pytest.raises(ValueError, match=f"`{name}` must be a positive"):
        search.fit(np.arange(40) % 5, **options)


@pytest.mark.parametrize("name", ["num_classes", "vocabulary_size"])
@pytest.mark.parametrize("number", [0, -3, 2.5])
def test_sizes_must_be_positive_integers(name, number):
    with pytest.raises(ValueError, match=f"`{name}` must be a positive"):
        kd.DartsSearch("text_cnn", **{name: number})


def test_token_ids_are_no_images():
    ids = np.ones((8, 12), "int32")
    with pytest.raises(ValueError, match="`x` must be images of shape"):
        kd.DartsSearch("darts_cnn").fit(ids, [0, 1] * 4, batch_size=2)
