"""Signatures of networks of texts, from token ids and from strings."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from keras_darts.datasets import TextEncoder
from keras_darts.datasets import Vocabulary
from keras_darts.export.samples import CALIBRATION_LIMIT
from keras_darts.export.samples import SAMPLES_LIMIT
from keras_darts.export.samples import id_array
from keras_darts.export.samples import text_list
from keras_darts.export.signatures import ENDPOINT
from keras_darts.export.signatures import ClassifierServing
from keras_darts.export.signatures import Endpoint
from keras_darts.export.signatures import check_activation
from keras_darts.export.signatures import checked_outputs
from keras_darts.export.signatures import head_of
from keras_darts.export.signatures import label_strings
from keras_darts.export.signatures import number_of_classes
from keras_darts.export.signatures import refuse
from keras_darts.export.signatures import spec

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence
    from typing import Any

    from keras_darts.export.exported_model import ExportedModel


def fitting(
    network: keras.Model,
    vocabulary: Vocabulary | None,
    tokenizer: TextEncoder | str | None,
    sequence_length: int | None = None,
) -> tuple[Vocabulary | None, TextEncoder | None]:
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


_RANDOM_SAMPLES = 16
# The cells halve the length twice at most.
_MULTIPLE = 4
_PAD = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class SentenceServing(ClassifierServing):
    """A network from sentences to logits.

    Args:
        vocabulary: `Vocabulary`, or `None`.
        encoder: `TextEncoder` by which strings go in, or `None` where token
            ids do.
    """

    vocabulary: Vocabulary | None
    encoder: TextEncoder | None

    @property
    def layers(self) -> list[Any]:
        return [] if self.encoder is None else [self.encoder]

    @property
    def saved_model_input(self) -> tf.TensorSpec:
        if self.encoder is None:
            return spec("ids", "int32", None)
        return spec("text", "string")

    @property
    def litert_input(self) -> tf.TensorSpec:
        return spec("ids", "int32", self.network.sequence_length)

    def network_inputs(self, inputs: tf.Tensor) -> tf.Tensor:
        ids = tf.convert_to_tensor(inputs)
        if self.encoder is not None:
            ids = self.encoder(ids)
        return _of_any_length(ids)

    def samples(self, samples: Any) -> tuple[Any, str]:
        if samples is not None:
            return self.inputs(samples, "samples", SAMPLES_LIMIT), "given"
        return self._as_served(self._random_ids()), "random tokens"

    def requests(self, samples: Any) -> dict[str, dict[str, np.ndarray]]:
        name = self.saved_model_input.name
        return {ENDPOINT: {name: np.asarray(samples[:1])}}

    def calibration(self, data: Any) -> list[dict[str, np.ndarray]]:
        name = "representative_data"
        ids = self.inputs(data, name, CALIBRATION_LIMIT)
        return [{"ids": row[None]} for row in ids]

    def inputs(self, data: Any, argument: str, limit: int) -> Any:
        if self.encoder is not None:
            texts = text_list(data, argument=argument, limit=limit)
            if texts is not None:
                return texts
        ids = id_array(
            data, self.network.vocabulary_size, argument=argument, limit=limit
        )
        length = self.network.sequence_length
        if ids.shape[1] != length:
            raise ValueError(
                f"`{argument}` must have rows of {length} token ids, as many "
                "as the network. "
                f"Received: {argument} of shape {ids.shape}"
            )
        return self._as_served(ids)

    def _as_served(self, ids):
        """The ids, or the strings that they stand for."""
        if self.encoder is None:
            return ids
        return [self.vocabulary.decode(row) for row in ids]

    def _random_ids(self):
        size, length = self.network.vocabulary_size, self.network.input_shape[1]
        rng = np.random.default_rng(0)
        ids = rng.integers(size, size=(_RANDOM_SAMPLES, length))
        ends = rng.integers(1, length + 1, size=(_RANDOM_SAMPLES, 1))
        return np.where(np.arange(length) < ends, ids, _PAD).astype("int32")


def describe_sentences(
    network: keras.Model,
    *,
    preprocessing: Callable[..., Any] | None,
    activation: str | None,
    labels: Sequence[str] | None,
    input_shape: Sequence[int] | None,
    vocabulary: Vocabulary | None,
    tokenizer: TextEncoder | str | None = None,
    top_k: int | None = None,
    input_dtype: str | None = None,
    resize: int | None = None,
) -> SentenceServing:
    """The `SentenceServing` of checked arguments."""
    refuse(
        "a network of sentences",
        preprocessing=preprocessing,
        input_shape=input_shape,
        input_dtype=input_dtype,
        resize=resize,
    )
    check_activation(activation)
    vocabulary, encoder = fitting(
        network, vocabulary, tokenizer, network.sequence_length
    )
    if encoder is not None and vocabulary.tokens[_PAD] != vocabulary.pad:
        raise ValueError(
            "`vocabulary` must have its token for padding in the first place, "
            "which is what the network takes for padding. Received: "
            f"pad={vocabulary.pad!r}, {vocabulary.tokens[_PAD]!r} comes first"
        )
    return checked_outputs(
        SentenceServing(
            network=network,
            vocabulary=vocabulary,
            encoder=encoder,
            head=head_of(network, activation),
            labels=label_strings(labels),
            top_k=number_of_classes(top_k),
        )
    )


def _of_any_length(ids):
    """The ids with padding, which changes no logits, to a length that fits."""
    length = ids.shape[1]
    missing = -(tf.shape(ids)[1] if length is None else length) % _MULTIPLE
    return tf.pad(ids, [[0, 0], [0, missing]], constant_values=_PAD)


_IDS = "ids"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextModelServing(ClassifierServing):
    """A model from strings (B,) or (B, 1) to logits.

    Args:
        words: The `TextVectorization` that it begins with, or `None`.
        rest: Model from the ids of that layer to what `head.rows` returns, or
            `None`.
    """

    words: keras.layers.TextVectorization | None
    rest: keras.Model | None
    rank = 0

    @property
    def layers(self) -> list[Any]:
        return [] if self.words is None else [self.words]

    @property
    def saved_model_input(self) -> tf.TensorSpec:
        return spec("text", "string")

    @property
    def litert_input(self) -> tf.TensorSpec:
        length = None if self.rest is None else self.rest.input_shape[1]
        if length is None:
            raise ValueError(
                "`network` must begin with a `TextVectorization` of a fixed "
                "`output_sequence_length`, since only a SavedModel takes text "
                "as strings: other files get what stands after that layer, "
                "with token `ids`. Received: a network of text without it"
            )
        return spec(_IDS, "int32", length)

    def litert_endpoints(self) -> dict[str, Endpoint]:
        inputs = (self.litert_input,)
        return {ENDPOINT: Endpoint(self.outputs_of_ids, inputs)}

    def outputs_of_ids(self, ids: tf.Tensor) -> dict[str, tf.Tensor]:
        """The same outputs, for what the words' layer gives."""
        rows = dataclasses.replace(self.head, rows=self.rest)
        ids = tf.cast(ids, self.rest.inputs[0].dtype)
        return self.with_probabilities(rows.logits(ids, training=False))

    def network_inputs(self, inputs: tf.Tensor) -> tf.Tensor:
        texts = tf.convert_to_tensor(inputs)
        column = len(self.network.inputs[0].shape) == 2
        return texts[:, None] if column else texts

    def samples(self, samples: Any) -> tuple[Any, str]:
        if samples is not None:
            return self.inputs(samples, "samples", SAMPLES_LIMIT), "given"
        known = ["a", "the"] if self.words is None else _known(self.words)
        rng = np.random.default_rng(0)
        texts = [
            " ".join(rng.choice(known, size=length))
            for length in rng.integers(1, 17, size=_RANDOM_SAMPLES)
        ]
        return texts, "random words"

    def requests(self, samples: Any) -> dict[str, dict[str, np.ndarray]]:
        return {ENDPOINT: {"text": np.asarray(samples[:1])}}

    def calibration(self, data: Any) -> list[dict[str, np.ndarray]]:
        name = "representative_data"
        texts = text_list(data, limit=CALIBRATION_LIMIT)
        self.litert_input  # noqa: B018 (refuses a model without ids)
        if texts is None:
            size = len(_known(self.words)) + 2
            ids = id_array(data, size, argument=name, limit=CALIBRATION_LIMIT)
        else:
            ids = self._ids(texts)
        return [{_IDS: row[None]} for row in ids]

    def inputs(self, data: Any, argument: str, limit: int) -> Any:
        texts = text_list(data, limit=limit)
        if texts is None:
            raise TypeError(
                f"`{argument}` must be texts: a list or array of strings, or "
                "a `tf.data.Dataset` of such or of (text, ...). Received: "
                f"{argument} of type {type(data).__name__}"
            )
        return texts

    def actual(
        self, exported: ExportedModel, samples: Any
    ) -> dict[str, np.ndarray]:
        takes_ids = _IDS in exported.signatures[ENDPOINT].inputs
        return super().actual(
            exported, self._ids(samples) if takes_ids else samples
        )

    def _ids(self, texts):
        ids = self.words(self.network_inputs(texts))
        return np.asarray(ids).astype("int32")


def takes_text(network: keras.Model) -> bool:
    """Whether it is a model with one input of strings."""
    inputs = getattr(network, "inputs", None) or ()
    return len(inputs) == 1 and inputs[0].dtype == "string"


def describe_texts(
    network: keras.Model,
    *,
    preprocessing: Callable[..., Any] | None,
    activation: str | None,
    labels: Sequence[str] | None,
    input_shape: Sequence[int] | None,
    vocabulary: Vocabulary | None,
    tokenizer: TextEncoder | str | None = None,
    top_k: int | None = None,
    input_dtype: str | None = None,
    resize: int | None = None,
) -> TextModelServing:
    """The `TextModelServing` of checked arguments."""
    refuse(
        "a network of texts, which splits them itself",
        preprocessing=preprocessing,
        input_shape=input_shape,
        vocabulary=vocabulary,
        tokenizer=tokenizer,
        input_dtype=input_dtype,
        resize=resize,
    )
    check_activation(activation)
    head = head_of(network, activation)
    words = _words(network)
    rest = None
    if words is not None and isinstance(head.rows, keras.Model):
        rest = keras.Model(words.output, head.rows.output)
    return checked_outputs(
        TextModelServing(
            network=network,
            head=head,
            labels=label_strings(labels),
            top_k=number_of_classes(top_k),
            words=words,
            rest=rest,
        )
    )


def _words(network):
    layers = [
        layer
        for layer in network.layers
        if isinstance(layer, keras.layers.TextVectorization)
    ]
    return layers[0] if len(layers) == 1 else None


def _known(words):
    """The words of the vocabulary, without padding and the unknown one."""
    return words.get_vocabulary(include_special_tokens=False) or ["a"]
