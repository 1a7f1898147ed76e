"""Vocabularies: whose number is whose, and what is refused."""

import json

import numpy as np
import pytest

from keras_darts.datasets import Vocabulary

TEXT = "the cat saw the dog\nthe dog ran\n"


@pytest.fixture
def words():
    return Vocabulary.of_words(TEXT)


def test_words_are_numbered_as_they_appear_and_lines_end(words):
    assert words.tokens == ("the", "cat", "saw", "dog", "<eos>", "ran")
    assert words.encode(TEXT).tolist() == [0, 1, 2, 0, 3, 4, 0, 3, 5, 4]
    assert words.encode(TEXT).dtype == "int32"


@pytest.mark.parametrize(
    "text, tokens",
    [
        ("", []),
        ("the cat", ["the", "cat", "<eos>"]),
        ("the cat\n", ["the", "cat", "<eos>"]),
        ("\n\n \nthe", ["<eos>"] * 3 + ["the", "<eos>"]),
        (
            "the\r\n\tcat\u00a0dog \x1cran",
            "the <eos> cat dog ran <eos>".split(),
        ),
        ("the\u2028cat", ["the", "cat", "<eos>"]),
    ],
)
def test_lines_end_at_line_feeds_and_words_at_any_white_space(
    words, text, tokens
):
    assert [words.tokens[i] for i in words.encode(text)] == tokens


def test_the_last_line_of_a_prompt_stays_open(words):
    ids = words.encode("the dog ran\nthe", end=False)
    assert words.decode(ids) == "the dog ran\nthe"
    assert words.encode("", end=False).size == 0


def test_decoding_gives_the_text_back(words):
    assert words.decode(words.encode(TEXT)) == TEXT
    letters = Vocabulary.of_characters(TEXT)
    assert letters.decode(letters.encode(TEXT)) == TEXT
    assert "\n" in letters.tokens and letters.eos is None


def test_the_most_frequent_stay_in_their_order():
    text = "rare often often rare once often"
    kept = Vocabulary.of_words(text, unknown="<unk>", max_size=4)
    assert kept.tokens == ("<unk>", "rare", "often", "<eos>")
    kept = Vocabulary.of_words(text, unknown="<unk>", min_count=3)
    assert kept.tokens == ("<unk>", "often", "<eos>")
    assert kept.encode("rare often new").tolist() == [0, 1, 0, 2]
    assert kept.id_of("new") == 0 and kept.id_of("often") == 1
    # Of those that are equally frequent the first ones stay.
    kept = Vocabulary.of_characters("abcab", unknown="?", max_size=2)
    assert kept.tokens == ("?", "a")


def test_tokens_with_a_meaning_have_their_places():
    in_text = Vocabulary.of_words("a <unk> b", unknown="<unk>")
    assert in_text.tokens == ("a", "<unk>", "b", "<eos>")
    padded = Vocabulary.of_words(
        ["a <unk>", "b"], unknown="<unk>", pad="<pad>", eos=None
    )
    assert padded.tokens == ("<pad>", "<unk>", "a", "b")
    assert padded.decode([2, 3, 0, 0]) == "a b"


def test_unknown_words_are_named_with_the_remedy(words):
    with pytest.raises(ValueError, match="unknown='<unk>'.*'fox', 'ate'$"):
        words.encode("the fox ate the cat")
    with pytest.raises(ValueError, match="'5' and 2 more"):
        words.encode("1 2 3 4 5 6 7")
    with pytest.raises(ValueError, match="'fox'"):
        words.id_of("fox")


def test_files_and_json_give_the_same_vocabulary_back(tmp_path):
    path = tmp_path / "runs" / "vocabulary.json"
    for vocabulary in (
        Vocabulary.of_words(["naïve \ud7ff \x00 a"], pad="<pad>", unknown="?"),
        Vocabulary.of_characters("a\n\u2028"),
    ):
        vocabulary.save(path)
        assert Vocabulary.load(path) == vocabulary
        assert Vocabulary.from_json(vocabulary.to_json()) == vocabulary


def test_other_json_is_refused(tmp_path, words):
    document = json.loads(words.to_json())
    for wrong in (
        "{",
        "[]",
        "{}",
        json.dumps(document | {"version": 2}),
        json.dumps(document | {"tokens": None}),
        json.dumps(document | {"tokens": ["a", "a", "<eos>"]}),
    ):
        path = tmp_path / "vocabulary.json"
        path.write_text(wrong)
        with pytest.raises(ValueError, match="`path`.*vocabulary.json"):
            Vocabulary.load(path)
    with pytest.raises(ValueError, match="`path`"):
        Vocabulary.load(tmp_path / "missing.json")


def test_a_vocabulary_of_another_model_is_refused(words):
    words.check_matches(6)
    with pytest.raises(ValueError, match="10000 tokens.*Received.* 6 tokens"):
        words.check_matches(10000)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"tokens": ()}, "`tokens`"),
        ({"tokens": ("a", "a")}, "more than once"),
        ({"tokens": ("a", 1)}, "not strings"),
        ({"tokens": ("a b",)}, "one word"),
        ({"tokens": ("ab",), "level": "character"}, "one character"),
        ({"tokens": ("a",), "level": "letter"}, "`level`"),
        ({"tokens": ("a",), "unknown": "<unk>"}, "`unknown`"),
        ({"tokens": ("a",), "level": "character", "eos": "a"}, "`eos`"),
    ],
)
def test_tokens_that_make_no_vocabulary_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Vocabulary(**arguments)


def test_what_cannot_be_is_refused(words):
    with pytest.raises(ValueError, match="`unknown` must be given"):
        Vocabulary.of_words(TEXT, max_size=3)
    with pytest.raises(ValueError, match="`max_size`"):
        Vocabulary.of_words(TEXT, unknown="?", max_size=2)
    with pytest.raises(ValueError, match="`ids` must lie from 0 to 5"):
        words.decode([6])
    with pytest.raises(TypeError, match="`text`"):
        words.encode(np.array([1]))
