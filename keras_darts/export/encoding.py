"""Vocabularies and tokenizers that fit the network they are exported with."""

from keras_darts.datasets import TextEncoder
from keras_darts.datasets import Vocabulary


def fitting(network, vocabulary, tokenizer, sequence_length=None):
    """The vocabulary and the `TextEncoder`, either of them maybe `None`.

    Args:
        network: With `vocabulary_size`.
        vocabulary: `Vocabulary` or `None`.
        tokenizer: Name of a tokenizer, `TextEncoder` or `None`.
        sequence_length: Integer, the length of the encoder's rows, or `None`.
    """
    settings = {}
    if isinstance(tokenizer, TextEncoder):
        _check_encoder(tokenizer, vocabulary, sequence_length)
        vocabulary = tokenizer.vocabulary
        settings = {"lowercase": tokenizer.lowercase}
        tokenizer = tokenizer.tokenizer
    if vocabulary is not None:
        if not isinstance(vocabulary, Vocabulary):
            raise TypeError(
                "`vocabulary` must be a `Vocabulary`. Received: vocabulary "
                f"of type {type(vocabulary).__name__}"
            )
        vocabulary.check_matches(network.vocabulary_size)
    if tokenizer is None:
        return vocabulary, None
    if vocabulary is None:
        raise ValueError(
            "`vocabulary` must be given with `tokenizer`, which splits texts "
            f"into its tokens. Received: tokenizer={tokenizer!r}, "
            "vocabulary=None"
        )
    encoder = TextEncoder(vocabulary, tokenizer, sequence_length, **settings)
    return vocabulary, encoder


def _check_encoder(encoder, vocabulary, sequence_length):
    if vocabulary not in (None, encoder.vocabulary):
        raise ValueError(
            "`vocabulary` must be that of `tokenizer`, or None. Received: "
            "a vocabulary with other tokens or settings"
        )
    if encoder.sequence_length not in (None, sequence_length):
        raise ValueError(
            "`tokenizer` must have the sequence_length of the network or "
            f"None. Received: sequence_length={encoder.sequence_length}, "
            f"where the network has {sequence_length}"
        )
