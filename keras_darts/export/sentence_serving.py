"""Networks of sentences as they are served."""

import dataclasses

import numpy as np
import tensorflow as tf

from keras_darts.datasets import TextEncoder
from keras_darts.datasets import Vocabulary
from keras_darts.export import encoding
from keras_darts.export.classifier_serving import ClassifierServing
from keras_darts.export.classifier_serving import check_activation
from keras_darts.export.classifier_serving import checked_outputs
from keras_darts.export.classifier_serving import label_strings
from keras_darts.export.classifier_serving import number_of_classes
from keras_darts.export.heads import head_of
from keras_darts.export.samples import CALIBRATION_LIMIT
from keras_darts.export.samples import SAMPLES_LIMIT
from keras_darts.export.samples import id_array
from keras_darts.export.samples import text_list
from keras_darts.export.serving import ENDPOINT
from keras_darts.export.serving import refuse
from keras_darts.export.serving import spec

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
    def layers(self):
        return [] if self.encoder is None else [self.encoder]

    @property
    def saved_model_input(self):
        if self.encoder is None:
            return spec("ids", "int32", None)
        return spec("text", "string")

    @property
    def litert_input(self):
        return spec("ids", "int32", self.network.sequence_length)

    def network_inputs(self, inputs):
        ids = tf.convert_to_tensor(inputs)
        if self.encoder is not None:
            ids = self.encoder(ids)
        return _of_any_length(ids)

    def samples(self, given):
        if given is not None:
            return self.inputs(given, "samples", SAMPLES_LIMIT), "given"
        return self._as_served(self._random_ids()), "random tokens"

    def requests(self, samples):
        name = self.saved_model_input.name
        return {ENDPOINT: {name: np.asarray(samples[:1])}}

    def calibration(self, data):
        name = "representative_data"
        ids = self.inputs(data, name, CALIBRATION_LIMIT)
        return [{"ids": row[None]} for row in ids]

    def inputs(self, data, argument, limit):
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
    network,
    *,
    preprocessing,
    activation,
    labels,
    input_shape,
    vocabulary,
    tokenizer=None,
    top_k=None,
    input_dtype=None,
    resize=None,
):
    """The `SentenceServing` of checked arguments."""
    refuse(
        "a network of sentences",
        preprocessing=preprocessing,
        input_shape=input_shape,
        input_dtype=input_dtype,
        resize=resize,
    )
    check_activation(activation)
    vocabulary, encoder = encoding.fitting(
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
