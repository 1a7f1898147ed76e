"""Labelled sentences: ids, labels, and what is said of broken files."""

import numpy as np
import pytest
import tensorflow as tf

from keras_darts.datasets import TextEncoder
from keras_darts.datasets import load_text_classification

TRAIN = "1 good fun , good film\n0 bad film\n1 fun\n"
FILES = {"train.txt": TRAIN, "test.txt": "0 bad fun\n1 new one\n"}


def write(folder, files):
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_sentences_are_cut_and_filled_with_known_words(tmp_path):
    data = load_text_classification(write(tmp_path, FILES), min_count=1)
    assert data.vocabulary.tokens[:4] == ("<pad>", "<unk>", "good", "fun")
    # Of 5, 2 and 1 words, brought up to a multiple of four.
    assert data.sequence_length == 8
    assert data.train_part.ids[1].tolist() == [6, 5, 0, 0, 0, 0, 0, 0]
    assert data.test_part.ids[1].tolist() == [1, 1, 0, 0, 0, 0, 0, 0]
    assert data.test_part.labels.tolist() == [0, 1]
    assert data.test_part.texts == ("bad fun", "new one")
    short = load_text_classification(tmp_path, min_count=1, sequence_length=4)
    assert short.train_part.ids[0].tolist() == [2, 3, 4, 2]


def test_it_gives_data_sets_as_image_data_does(tmp_path):
    files = FILES | {"dev.txt": "1 fun\n"}
    data = load_text_classification(write(tmp_path, files))
    assert (data.num_train, data.num_valid, data.num_test) == (3, 1, 2)
    assert data.num_classes == 2 and data.label_names == ("0", "1")
    for part, dataset in (
        (data.train_part, data.train),
        (data.valid_part, data.valid),
        (data.test_part, data.test),
    ):
        assert len(dataset) == len(part)
        ids, labels = zip(*dataset.as_numpy_iterator(), strict=True)
        assert np.array_equal(ids, part.ids)
        assert np.array_equal(labels, part.labels)
    without = load_text_classification(write(tmp_path / "two", FILES))
    assert without.valid is None and without.num_valid == 0


def test_the_vocabulary_is_that_of_the_training_part(tmp_path):
    write(tmp_path, FILES)
    often = load_text_classification(tmp_path).vocabulary
    assert often.tokens == ("<pad>", "<unk>", "good", "fun", "film")
    limited = load_text_classification(tmp_path, min_count=1, max_vocabulary=3)
    assert limited.vocabulary.tokens == ("<pad>", "<unk>", "good")


def test_labels_are_taken_coarse_or_fine(tmp_path):
    files = {
        "train.txt": "NUM:date when\nNUM:dist how far\nLOC:city where\n",
        "test.txt": "NUM:date when : then\n",
    }
    coarse = load_text_classification(write(tmp_path, files))
    assert coarse.label_names == ("LOC", "NUM")
    assert coarse.train_part.labels.tolist() == [1, 1, 0]
    assert coarse.test_part.texts == ("when : then",)
    fine = load_text_classification(tmp_path, labels="fine")
    assert fine.label_names == ("LOC:city", "NUM:date", "NUM:dist")
    with pytest.raises(ValueError, match="`labels` must be one of auto"):
        load_text_classification(tmp_path, labels="rough")


def test_numbers_as_labels_are_in_their_order(tmp_path):
    files = {"train.txt": "10 a\n9 b\n", "test.txt": "9 a\n"}
    data = load_text_classification(write(tmp_path, files))
    assert data.label_names == ("9", "10")


def test_tables_have_columns_in_any_order(tmp_path):
    files = {
        "train.csv": 'id,text,label\n1,"good, fun",pos\n2,"a ""bore""",neg\n',
        "test.tsv": 'label\tsentence\npos\ta "fun\n\nneg\tbore, bad\n',
    }
    data = load_text_classification(write(tmp_path, files))
    assert data.train_part.texts == ("good, fun", 'a "bore"')
    assert data.test_part.texts == ('a "fun', "bore, bad")
    assert data.label_names == ("neg", "pos")
    assert data.test_part.labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    "files, message",
    [
        ({"train.txt": TRAIN}, "for test.*holds train.txt"),
        (FILES | {"test.txt": "\n"}, "the empty file.*test.txt"),
        (FILES | {"test.txt": "0 a\n\n1\n"}, "test.txt', line 3 .* text"),
        (FILES | {"test.txt": "1 \n"}, "line 1 without a text"),
        (FILES | {"test.txt": " no label\n"}, "line 1 without a label"),
        (FILES | {"test.txt": "2 a\n0 b\n"}, r"the labels \['2'\] are new"),
        (FILES | {"train.txt": "1 a\n1 b\n"}, "two classes.*only 1"),
        (
            {"train.csv": "text,label\na,1\nb,\n", "test.txt": "1 a"},
            "line 3 without a label",
        ),
        (
            {"train.csv": "text,class\na,1\n", "test.txt": "1 a"},
            r"columns label and text.*\['text', 'class'\]",
        ),
        (
            {"train.csv": "text,label\na,1\nb,0\n", "test.csv": "text,label\n"},
            "sentences in its test part.*0 sentences",
        ),
    ],
)
def test_broken_files_are_named_with_what_is_wrong(tmp_path, files, message):
    with pytest.raises(ValueError, match=message):
        load_text_classification(write(tmp_path, files))


def test_arguments_that_cannot_be_are_refused(tmp_path):
    write(tmp_path, FILES)
    for length in (6, 0, -4):
        with pytest.raises(ValueError, match="multiple of 4"):
            load_text_classification(tmp_path, sequence_length=length)
    with pytest.raises(ValueError, match="Received: the file"):
        load_text_classification(tmp_path / "train.txt")


@pytest.mark.parametrize(
    "name, labels, counts, classes",
    [
        ("sst2", "auto", (6920, 872, 1821), 2),
        ("trec", "auto", (5452, 0, 500), 6),
        ("trec", "fine", (5452, 0, 500), 50),
    ],
)
def test_published_counts(shared_data, name, labels, counts, classes):
    data = load_text_classification(shared_data / "text" / name, labels=labels)
    assert (data.num_train, data.num_valid, data.num_test) == counts
    assert data.num_classes == classes
    assert data.sequence_length % 4 == 0
    lengths = [len(text.split()) for text in data.train_part.texts]
    assert 0.98 < np.mean(np.less_equal(lengths, data.sequence_length)) < 1


def test_the_graph_makes_the_same_ids_of_the_texts(shared_data):
    pytest.importorskip("tensorflow_text")
    data = load_text_classification(shared_data / "text" / "sst2")
    encoder = TextEncoder(data.vocabulary, sequence_length=data.sequence_length)
    ids = encoder(tf.constant(data.test_part.texts))
    assert np.array_equal(ids, data.test_part.ids)


tfds = pytest.importorskip("tensorflow_datasets")


class TinyReviews(tfds.core.GeneratorBasedBuilder):
    """Reviews with a label."""

    VERSION = tfds.core.Version("1.0.0")
    LABELS = {"train": ["good", "bad"], "validation": ["bad"]}

    def _info(self):
        label = tfds.features.ClassLabel(names=["bad", "good"])
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(
                {"text": tfds.features.Text(), "label": label}
            ),
        )

    def _split_generators(self, dl_manager):
        return {
            split: self._generate_examples(labels)
            for split, labels in self.LABELS.items()
        }

    def _generate_examples(self, labels):
        for index, label in enumerate(labels):
            yield index, {"text": f"a {label} film", "label": label}


class TinyContest(TinyReviews):
    """Nobody knows the labels of its test."""

    VERSION = tfds.core.Version("1.0.0")
    LABELS = TinyReviews.LABELS | {"test": [-1]}


class TinySecret(TinyReviews):
    """Its test is all there is beside the training part."""

    VERSION = tfds.core.Version("1.0.0")
    LABELS = {"train": ["good", "bad"], "test": [-1]}


@pytest.mark.parametrize("name", ["tiny_reviews", "tiny_contest"])
def test_sets_of_tensorflow_datasets_have_their_own_label_names(tmp_path, name):
    data = load_text_classification(name, data_dir=tmp_path, min_count=1)
    assert data.label_names == ("bad", "good") and data.valid is None
    assert data.test_part.texts == ("a bad film",)
    assert data.test_part.labels.tolist() == [0]


def test_sets_without_labels_for_the_test_are_refused(tmp_path):
    with pytest.raises(ValueError, match="with labels.*'tiny_secret'"):
        load_text_classification("tiny_secret", data_dir=tmp_path)


def test_sets_that_are_no_labelled_sentences_are_refused(shared_data):
    folder = shared_data / "tfds"
    with pytest.raises(ValueError, match="class as its `label`"):
        load_text_classification("tiny_shakespeare", data_dir=folder)
    with pytest.raises(ValueError, match="one text an example"):
        load_text_classification("mnist", data_dir=folder)


@pytest.mark.parametrize(
    "limits, message",
    [
        ({"max_vocabulary": 2}, "`max_vocabulary` must .* at least 3"),
        ({"min_count": 0}, "`min_count` must .* at least 1"),
    ],
)
def test_limits_that_leave_no_word_are_refused(tmp_path, limits, message):
    with pytest.raises(ValueError, match=message):
        load_text_classification(write(tmp_path, FILES), **limits)


def test_the_data_are_printed_in_a_few_lines(tmp_path):
    data = load_text_classification(write(tmp_path, FILES), min_count=1)
    assert data.description in repr(data)
    assert "array" not in repr(data)
    assert data.train_part.texts[0] not in repr(data)
