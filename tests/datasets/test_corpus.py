"""Corpora: the counts of the real ones, and what is said of broken ones."""

import numpy as np
import pytest

from keras_darts.datasets import Vocabulary
from keras_darts.datasets import load_corpus
from keras_darts.datasets import unigram_perplexity

TEXTS = {
    "train": "b a <unk> b\n\nc b\n",
    "valid": "a d\n",
    "test": "c c e",
}


def write(folder, texts, name="{}.txt"):
    folder.mkdir(exist_ok=True)
    for part, text in texts.items():
        raw = text if isinstance(text, bytes) else text.encode()
        (folder / name.format(part)).write_bytes(raw)
    return folder


def tokens(corpus, part):
    return [corpus.vocabulary.tokens[i] for i in getattr(corpus, part)]


@pytest.mark.parametrize(
    "names",
    [
        ("ptb.train.txt", "ptb.valid.txt", "ptb.test.txt"),
        ("wiki.train.tokens", "wiki.val.tokens", "wiki.test.tokens"),
        ("Training", "dev", "test"),
        ("train.txt", "validation.txt", "test_set.txt"),
    ],
)
def test_the_parts_are_found_by_their_names(tmp_path, names):
    for name, text in zip(names, TEXTS.values(), strict=True):
        (tmp_path / name).write_text(text)
    (tmp_path / "README.md").write_text("The treebank.")
    corpus = load_corpus(str(tmp_path))
    assert tokens(corpus, "test") == ["c", "c", "<unk>", "<eos>"]
    assert corpus.train.dtype == "int32" and corpus.train.ndim == 1


def test_words_unseen_in_training_are_unknown_where_the_text_marks_them(
    tmp_path,
):
    corpus = load_corpus(write(tmp_path, TEXTS))
    assert corpus.vocabulary.tokens == ("b", "a", "<unk>", "<eos>", "c")
    assert tokens(corpus, "valid") == ["a", "<unk>", "<eos>"]


def test_all_three_texts_are_numbered_where_nothing_is_unknown(tmp_path):
    texts = TEXTS | {"train": "b a b"}
    corpus = load_corpus(write(tmp_path, texts))
    assert corpus.vocabulary.tokens == ("b", "a", "<eos>", "d", "c", "e")
    assert corpus.vocabulary.unknown is None


def test_a_limited_vocabulary_is_that_of_the_training_text(tmp_path):
    texts = TEXTS | {"train": "b a b a c\nb"}
    corpus = load_corpus(write(tmp_path, texts), max_vocabulary=4)
    assert corpus.vocabulary.tokens == ("<unk>", "b", "a", "<eos>")
    corpus = load_corpus(tmp_path, level="character", min_count=2)
    assert corpus.vocabulary.tokens == ("<unk>", "b", " ", "a")


def test_a_vocabulary_of_an_earlier_run_is_used_as_it_is(tmp_path):
    write(tmp_path, TEXTS)
    vocabulary = Vocabulary(("<eos>", "c", "?"), eos="<eos>", unknown="?")
    corpus = load_corpus(tmp_path, vocabulary=vocabulary)
    assert corpus.test.tolist() == [1, 1, 2, 0]
    letters = Vocabulary.of_characters("abcde<unk> \n")
    assert len(load_corpus(tmp_path, vocabulary=letters).test) == 5
    with pytest.raises(ValueError, match="the train text.*'b'"):
        load_corpus(tmp_path, vocabulary=Vocabulary(("a", "c")))
    with pytest.raises(ValueError, match="`min_count`"):
        load_corpus(tmp_path, vocabulary=vocabulary, min_count=2)
    with pytest.raises(ValueError, match="`level`.*a vocabulary of words"):
        load_corpus(tmp_path, vocabulary=vocabulary, level="character")


def test_one_file_is_cut_by_position(tmp_path):
    path = tmp_path / "book.txt"
    path.write_text("0123456789" * 10)
    corpus = load_corpus(path)
    assert [len(corpus.train), len(corpus.valid), len(corpus.test)] == [
        90,
        5,
        5,
    ]
    path.write_text("seven letters\n" * 20)
    corpus = load_corpus(path, level="word")
    assert set(corpus.vocabulary.tokens) == {"seven", "letters", "<eos>"}


def test_bytes_before_and_between_lines_do_not_matter(tmp_path):
    windows = {part: f"\ufeff{text}" for part, text in TEXTS.items()}
    windows = {k: v.replace("\n", "\r\n").encode() for k, v in windows.items()}
    left = load_corpus(write(tmp_path / "a", TEXTS))
    right = load_corpus(write(tmp_path / "b", windows))
    assert left.vocabulary == right.vocabulary
    assert np.array_equal(left.train, right.train)


@pytest.mark.parametrize(
    "texts, message",
    [
        ({"train": "a b", "test": "a"}, "for valid.*holds test.txt, train.txt"),
        ({}, "for train.*which holds no files"),
        (TEXTS | {"valid": ""}, "the empty file.*valid.txt"),
        (TEXTS | {"valid": " \n"}, "the empty file.*valid.txt"),
        (TEXTS | {"test": b"a\nna\xefve b"}, "test.txt', line 2, byte 0xef"),
        (TEXTS | {"train.2": "a"}, "for train.*train.2.txt, train.txt"),
    ],
)
def test_broken_folders_are_named_with_what_is_wrong(tmp_path, texts, message):
    with pytest.raises(ValueError, match=message):
        load_corpus(write(tmp_path, texts))


def test_texts_of_one_token_are_refused(tmp_path):
    (tmp_path / "book.txt").write_text("0123456789")
    with pytest.raises(ValueError, match="two tokens at least in its valid"):
        load_corpus(tmp_path / "book.txt")
    with pytest.raises(ValueError, match="give a file by its own path"):
        load_corpus(tmp_path)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match="where there is nothing"):
        load_corpus(tmp_path / "missing")
    for path in ("missing/ptb.txt", "./missing", "data/text/missing"):
        with pytest.raises(ValueError, match="where there is nothing"):
            load_corpus(path)
    with pytest.raises(ValueError, match="`level`"):
        load_corpus(tmp_path, level="letter")


def test_names_of_data_sets_are_proposed():
    pytest.importorskip("tensorflow_datasets")
    with pytest.raises(ValueError, match="Did you mean tiny_shakespeare"):
        load_corpus("tiny_shakespear")
    # It could be a configuration of one.
    with pytest.raises(ValueError, match="that exists, or the name"):
        load_corpus("missing/ptb")


def test_the_unigram_perplexity_is_that_of_the_frequencies():
    train = np.array([0, 0, 0, 1])
    expected = np.exp(-(np.log(3 / 4) + np.log(1 / 4)) / 2)
    assert unigram_perplexity(train, [0, 1], 2) == pytest.approx(expected)
    smoothed = np.exp(-(np.log(4 / 7) + np.log(1 / 7)) / 2)
    assert unigram_perplexity(train, [0, 2], 3) == pytest.approx(smoothed)


@pytest.mark.parametrize(
    "name, counts, vocabulary_size",
    [
        ("ptb", (929_589, 73_760, 82_430), 10_000),
        ("wikitext-2", (2_088_628, 217_646, 245_569), 33_278),
    ],
)
def test_published_counts(shared_data, name, counts, vocabulary_size):
    folder = shared_data / "text" / name
    corpus = load_corpus(folder)
    parts = (corpus.train, corpus.valid, corpus.test)
    assert tuple(map(len, parts)) == counts
    corpus.vocabulary.check_matches(vocabulary_size)
    for part in parts:
        assert part.max() < vocabulary_size
    # Line by line and word by word, numbered over the three files.
    numbers = {}
    for part in ("train", "valid", "test"):
        [path] = folder.glob(f"*{part}.txt")
        with path.open(encoding="utf-8") as file:
            for line in file:
                for word in (*line.split(), "<eos>"):
                    numbers.setdefault(word, len(numbers))
    assert corpus.vocabulary.tokens == tuple(numbers)


def test_shakespeare_by_name_is_the_file_cut_by_position(shared_data):
    pytest.importorskip("tensorflow_datasets")
    named = load_corpus("tiny_shakespeare", data_dir=shared_data / "tfds")
    path = shared_data / "text" / "tiny_shakespeare" / "input.txt"
    cut = load_corpus(path)
    assert len(named.vocabulary) == 65
    for part in ("train", "valid", "test"):
        assert np.array_equal(getattr(named, part), getattr(cut, part))
    assert named.vocabulary.decode(named.train[:14]) == "First Citizen:"
    with pytest.raises(ValueError, match="one text an example.*'image'"):
        load_corpus("mnist", data_dir=shared_data / "tfds")


@pytest.mark.parametrize("level, least", [("word", 3), ("character", 2)])
def test_a_limit_that_leaves_no_token_is_refused(tmp_path, level, least):
    write(tmp_path, TEXTS)
    with pytest.raises(ValueError, match=f"`max_vocabulary`.*least {least}"):
        load_corpus(tmp_path, level=level, max_vocabulary=least - 1)
    load_corpus(tmp_path, level=level, max_vocabulary=least)
