"""Texts as users have them: with spaces, without, and hardly any."""

import numpy as np
import pytest

import keras_darts as kd
from keras_darts.auto.text import Texts

CHINESE = [
    "这部电影很好看",
    "这部电影太无聊了",
    "我喜欢这本书",
    "我不喜欢这本书",
]
JAPANESE = ["この映画はとても面白い", "この映画はつまらない", "本が好きです"]
KOREAN = ["이 영화 정말 재미있어요", "이 책은 지루해요", "영화가 좋아요"]
ENGLISH = ["the film was fine", "the film was dull", "I like this book"]
WORDS = ["good", "bad", "fine", "bad"]


@pytest.mark.parametrize(
    "texts, level",
    [
        (CHINESE, "character"),
        (JAPANESE, "character"),
        (KOREAN, "word"),
        (ENGLISH, "word"),
        (WORDS, "word"),
        (["CCO", "c1ccccc1C(=O)O", "CC(=O)Oc1ccccc1"], "character"),
    ],
)
def test_the_level_follows_from_whether_spaces_part_the_words(texts, level):
    adapter = Texts.of(2 * texts)
    assert adapter.level == level
    assert f"{level}s" in adapter.say()
    ids = adapter.convert(texts)
    # Texts differ by what is known, and not by their length alone.
    assert len({tuple(row) for row in ids.tolist()}) == len({*texts})


def test_texts_of_which_no_word_comes_twice_keep_what_they_have():
    adapter = Texts.of(["one two three", "four five six seven"])
    ids = adapter.convert(["one four", "nine nine"])
    assert ids[0, 0] != ids[0, 1] and (ids[1, :2] == 1).all()


def test_a_chosen_level_goes_before_the_texts():
    assert Texts.of(ENGLISH, "character").level == "character"
    with pytest.raises(ValueError, match="`level` must be one of character, w"):
        kd.TextClassifier(level="letters")


def test_many_unknown_words_are_told():
    rng = np.random.default_rng(0)
    letters = rng.choice([*"abcdefghijklmnop"], (40, 3, 6))
    texts = [
        "the " + " ".join("".join(word) for word in words) for words in letters
    ]
    assert "75% of what the texts consist of" in Texts.of(texts).say()
    assert "not known" not in Texts.of(ENGLISH * 2).say()


def test_texts_without_any_word_are_refused():
    with pytest.raises(ValueError, match="`x` must be texts with words or cha"):
        Texts.of(["!!", " ", "?"])
