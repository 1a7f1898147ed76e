"""In-graph encoding: the same ids as in Python, and in exported models."""

import random
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts.datasets import TextEncoder
from keras_darts.datasets import Vocabulary
from keras_darts.datasets import split_text
from keras_darts.datasets import text_sources

pytest.importorskip("tensorflow_text")

SPACE = [c for c in map(chr, range(sys.maxunicode + 1)) if c.isspace()]
STRANGE = ["\u200b", "\ufeff", "\x00", "\u0301", "é", "日本", "\U0001f600"]
PLAIN = ["\\1", "\\", "<eos>", "a", "B", ".", "don't"]


@pytest.fixture(scope="module")
def texts():
    rng = random.Random(0)
    parts = SPACE + 3 * (STRANGE + PLAIN)
    return [
        "".join(rng.choices(parts, k=rng.randrange(30))) for _ in range(500)
    ]


def assert_encoded_as_in_python(vocabulary, texts):
    ids = TextEncoder(vocabulary)(tf.constant(texts))
    assert ids.dtype == "int32"
    for text, row in zip(texts, ids.to_list(), strict=True):
        assert row == vocabulary.encode(text).tolist(), repr(text)


def test_words_of_any_white_space_are_those_of_python(texts):
    for eos in ("<eos>", "\\1end", None):
        vocabulary = Vocabulary.of_words(texts, eos=eos)
        assert_encoded_as_in_python(vocabulary, texts)
        half = Vocabulary.of_words(texts[::2], eos=eos, unknown="?")
        assert_encoded_as_in_python(half, texts)


def test_characters_are_those_of_python(texts):
    vocabulary = Vocabulary.of_characters(texts[::2], unknown="<unk>")
    assert_encoded_as_in_python(vocabulary, texts)


@pytest.mark.parametrize(
    "name, eos", [("ptb/ptb.valid.txt", "<eos>"), ("sst2/dev.txt", None)]
)
def test_lines_of_real_data_are_those_of_python(shared_data, name, eos):
    lines = text_sources.read(shared_data / "text" / name).splitlines()
    vocabulary = Vocabulary.of_words(
        lines, unknown="<unk>", eos=eos, min_count=2
    )
    assert_encoded_as_in_python(vocabulary, lines)


def test_punctuation_stands_alone_where_scripts_change(texts):
    assert split_text(["Don't go,\n日本!"], lowercase=True) == [
        "don ' t go , 日本 !"
    ]
    vocabulary = Vocabulary.of_words(split_text(texts), eos=None, unknown="?")
    ids = TextEncoder(vocabulary, "unicode_script")(tf.constant(texts))
    for split, row in zip(split_text(texts), ids.to_list(), strict=True):
        assert vocabulary.encode(split).tolist() == row


def test_rows_are_cut_and_filled():
    vocabulary = Vocabulary.of_words(
        "a b c", eos=None, pad="<pad>", unknown="<unk>"
    )
    encoder = TextEncoder(vocabulary, sequence_length=2, lowercase=True)
    ids = encoder(tf.constant(["C B a", "x", ""]))
    assert ids.numpy().tolist() == [[4, 3], [1, 0], [0, 0]]
    assert ids.shape == (3, 2) and ids.dtype == "int32"


def test_unknown_tokens_are_named_where_nothing_stands_for_them():
    encoder = TextEncoder(Vocabulary.of_words("a b"))
    for call in (encoder, tf.function(encoder)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="zebra"):
            call(tf.constant(["a zebra"]))


def test_bytes_that_are_not_text_become_replacement_characters():
    vocabulary = Vocabulary.of_characters("ab\ufffd")
    ids = TextEncoder(vocabulary)(tf.constant([b"a\xffb"]))
    assert vocabulary.decode(ids.flat_values) == "a\ufffdb"


@pytest.mark.parametrize(
    "arguments",
    [
        {"tokenizer": None, "sequence_length": None, "lowercase": False},
        {
            "tokenizer": "unicode_script",
            "sequence_length": 8,
            "lowercase": True,
        },
    ],
)
def test_the_config_gives_the_encoder_back(arguments):
    vocabulary = Vocabulary.of_words("a b", eos=None, pad="<pad>", unknown="?")
    encoder = TextEncoder(vocabulary, **arguments)
    config = keras.saving.serialize_keras_object(encoder)
    again = keras.saving.deserialize_keras_object(config)
    assert again.vocabulary == vocabulary
    assert again.get_config() == encoder.get_config()
    assert arguments.keys() <= encoder.get_config().keys()


def test_a_saved_functional_model_takes_text(tmp_path):
    vocabulary = Vocabulary.of_words("a b", eos=None, pad="<pad>", unknown="?")
    text = keras.Input((), dtype="string")
    ids = TextEncoder(vocabulary, sequence_length=4)(text)
    assert ids.shape == (None, 4)
    model = keras.Model(text, ids)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    batch = tf.constant(["b a", "c"])
    np.testing.assert_array_equal(model(batch), again(batch))


LOAD = """
import sys
import tensorflow as tf
import tensorflow_text

model = tf.saved_model.load(sys.argv[1])
text = tf.constant(["b a", "new\\u2003a b a\\nb"])
print(model.signatures["serving_default"](text=text)["ids"].numpy().tolist())
"""


def test_an_exported_model_carries_the_vocabulary(tmp_path):
    vocabulary = Vocabulary.of_words("a b", pad="<pad>", unknown="?")
    encoder = TextEncoder(vocabulary)
    archive = keras.export.ExportArchive()
    archive.track(encoder)
    archive.add_endpoint(
        "serving_default",
        lambda text: {"ids": encoder(text).to_tensor(0)},
        [tf.TensorSpec((None,), "string", name="text")],
    )
    archive.write_out(str(tmp_path / "model"), verbose=False)
    assert not list((tmp_path / "model" / "assets").iterdir())
    result = subprocess.run(
        [sys.executable, "-c", LOAD, str(tmp_path / "model")],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [[3, 2, 4, 0, 0, 0, 0], [1, 2, 3, 2, 4, 3, 4]]
    assert result.stdout.strip() == str(rows)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"tokenizer": "words"}, "`tokenizer` must be one of"),
        ({"tokenizer": "characters"}, "`tokenizer`.*words"),
        ({"tokenizer": "unicode_script"}, "eos=None"),
        ({"sequence_length": 4}, "`sequence_length`.*pad=None"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        TextEncoder(Vocabulary.of_words("a"), **arguments)


def test_the_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_text", None)
    with pytest.raises(ImportError, match=r"pip install keras_darts\[text\]"):
        TextEncoder(Vocabulary.of_words("a"))
    assert TextEncoder(Vocabulary.of_characters("a")).tokenizer == "characters"
