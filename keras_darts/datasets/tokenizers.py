"""Raw strings to token ids within the graph, so that models take text."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from keras_darts.datasets.vocabulary import Vocabulary
from keras_darts.utils.errors import unknown_name
from keras_darts.utils.typing import Config

_LEVELS = {
    "whitespace": "word",
    "unicode_script": "word",
    "characters": "character",
}
_CLASSES = {
    "whitespace": "WhitespaceTokenizer",
    "unicode_script": "UnicodeScriptTokenizer",
}
# What Python splits at besides a space. tensorflow-text takes the first four
# for letters, and leaves bytes of the long ones at the word before.
_WHITE_SPACE = (
    r"[\x1c-\x1f\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}"
    r"\x{202f}\x{205f}\x{3000}]"
)


@keras.saving.register_keras_serializable("keras_darts")
class TextEncoder(keras.layers.Layer):
    """Encodes a batch of strings, in TensorFlow's own operations.

    With `"whitespace"` and `"characters"` it returns what `Vocabulary.encode`
    gives: words are split at the same white space, and each line ends in
    `eos`, if there is one. They differ where a string is not UTF-8, of which
    each wrong byte becomes U+FFFD here, and where a token is neither known
    nor has an `unknown` to stand for it, which raises
    `tf.errors.InvalidArgumentError` here. `"unicode_script"` splits at
    changes of script too, so that punctuation stands alone; `split_text`
    makes the texts to build such a vocabulary from.

    An exported model carries the vocabulary, without a file of its own. Who
    loads one that splits words imports `tensorflow_text` before, which has
    the operations.

    Args:
        vocabulary: `Vocabulary`, or what its `to_json` gave.
        tokenizer: String: `"whitespace"`, `"unicode_script"` or
            `"characters"`. Defaults to `None`: `"whitespace"` for words,
            `"characters"` for characters.
        sequence_length: Integer, to which each row is cut, or filled with
            `pad`. Defaults to `None`, rows of their own lengths.
        lowercase: Boolean, by the Unicode tables of TensorFlow, which are
            older than Python's. Defaults to `False`.

    Input: strings of shape (batch,). Output: int32 of shape (batch,
    sequence_length), or a `tf.RaggedTensor` of shape (batch, None).

    Raises:
        ValueError: If the arguments don't fit together.
        ImportError: If tensorflow-text is needed and not installed.

    Example:

    >>> from keras_darts.datasets import Vocabulary
    >>> letters = Vocabulary.of_characters("abc", pad="<pad>", unknown="?")
    >>> encoder = TextEncoder(letters, sequence_length=4)
    >>> encoder(tf.constant(["cab", "a+bca"])).numpy()
    array([[4, 2, 3, 0],
           [2, 1, 3, 4]], dtype=int32)
    """

    def __init__(
        self,
        vocabulary: Vocabulary | str,
        tokenizer: str | None = None,
        sequence_length: int | None = None,
        *,
        lowercase: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(vocabulary, str):
            vocabulary = Vocabulary.from_json(vocabulary)
        if tokenizer is None:
            words = vocabulary.level == "word"
            tokenizer = "whitespace" if words else "characters"
        _check(vocabulary, tokenizer, sequence_length)
        self.vocabulary = vocabulary
        self.tokenizer = tokenizer
        self.sequence_length = sequence_length
        self.lowercase = lowercase
        self._split = _splitter(tokenizer)
        known = vocabulary.unknown is not None
        self._table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                tf.constant(vocabulary.tokens), tf.range(len(vocabulary))
            ),
            vocabulary.id_of(vocabulary.unknown) if known else -1,
        )
        # An export archive tracks only layers that are built.
        self.built = True

    def call(self, strings: tf.Tensor) -> tf.Tensor | tf.RaggedTensor:
        text = _cleaned(strings, self.lowercase)
        if self.vocabulary.eos is not None:
            text = _with_line_ends(text, self.vocabulary.eos)
        tokens = self._split(text)
        ids = tf.ragged.map_flat_values(self._lookup, tokens)
        if self.sequence_length is None:
            return ids
        pad = self.vocabulary.id_of(self.vocabulary.pad)
        return ids.to_tensor(pad, shape=(None, self.sequence_length))

    def _lookup(self, tokens):
        ids = self._table.lookup(tokens)
        if self.vocabulary.unknown is not None:
            return ids
        strange = tf.boolean_mask(tokens, ids < 0)
        message = "the vocabulary has neither these tokens nor an unknown one:"
        check = tf.debugging.Assert(tf.size(strange) == 0, [message, strange])
        # Within a graph nothing else would wait for the check.
        with tf.control_dependencies([] if check is None else [check]):
            return tf.identity(ids)

    def get_config(self) -> Config:
        return super().get_config() | {
            "vocabulary": self.vocabulary.to_json(),
            "tokenizer": self.tokenizer,
            "sequence_length": self.sequence_length,
            "lowercase": self.lowercase,
        }


def split_text(
    texts: Sequence[str],
    tokenizer: str = "unicode_script",
    *,
    lowercase: bool = False,
) -> list[str]:
    """Texts with a space between their tokens, for `Vocabulary.of_words`.

    Args:
        texts: List of strings.
        tokenizer: String, as in `TextEncoder`. Defaults to
            `"unicode_script"`.
        lowercase: Boolean. Defaults to `False`.

    Returns:
        List of strings, of which `Vocabulary.encode` makes what the encoder
        makes of the texts.

    Raises:
        ValueError: If `tokenizer` is not known.
        ImportError: If tensorflow-text is needed and not installed.
    """
    if tokenizer not in _LEVELS:
        raise unknown_name("tokenizer", tokenizer, _LEVELS)
    tokens = _splitter(tokenizer)(_cleaned(tf.constant(texts), lowercase))
    joined = tf.strings.reduce_join(tokens, axis=1, separator=" ")
    return [text.decode("utf-8") for text in joined.numpy()]


def _check(vocabulary, tokenizer, sequence_length):
    if tokenizer not in _LEVELS:
        raise unknown_name("tokenizer", tokenizer, _LEVELS)
    if _LEVELS[tokenizer] != vocabulary.level:
        raise ValueError(
            f"`tokenizer` must split texts into {vocabulary.level}s, as those "
            f"of `vocabulary` are. Received: tokenizer={tokenizer!r}"
        )
    if tokenizer == "unicode_script" and vocabulary.eos is not None:
        raise ValueError(
            "`vocabulary` must have eos=None for 'unicode_script', which does "
            f"not see line ends. Received: eos={vocabulary.eos!r}"
        )
    if sequence_length is None:
        return
    if sequence_length < 1 or vocabulary.pad is None:
        raise ValueError(
            "`sequence_length` must be positive, and `vocabulary` needs a "
            f"token for padding. Received: sequence_length={sequence_length}, "
            f"pad={vocabulary.pad!r}"
        )


def _splitter(tokenizer):
    if tokenizer == "characters":
        return functools.partial(
            tf.strings.unicode_split, input_encoding="UTF-8"
        )
    try:
        import tensorflow_text
    except ImportError as error:
        raise ImportError(
            f"The tokenizer {tokenizer!r} needs tensorflow-text: "
            "pip install keras_darts[text]"
        ) from error
    split = getattr(tensorflow_text, _CLASSES[tokenizer])().tokenize
    return lambda text: split(tf.strings.regex_replace(text, _WHITE_SPACE, " "))


def _cleaned(strings, lowercase):
    text = tf.strings.unicode_transcode(strings, "UTF-8", "UTF-8")
    if lowercase:
        text = tf.strings.lower(text, encoding="utf-8")
    return text


def _with_line_ends(text, eos):
    text = tf.strings.regex_replace(text, r"([^\n])\z", "\\1\n")
    escaped = eos.replace("\\", "\\\\")
    return tf.strings.regex_replace(text, "\n", f" {escaped} ")
