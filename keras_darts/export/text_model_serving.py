"""Models of strings, such as a `TextClassifier` gives, as they are served."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

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
from keras_darts.export.serving import Endpoint
from keras_darts.export.serving import refuse
from keras_darts.export.serving import spec

_RANDOM_SAMPLES = 16
_IDS = "ids"


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextModelServing(ClassifierServing):
    """A model from strings (B,) or (B, 1) to logits.

    Args:
        words: The `TextVectorization` that it begins with, or `None`.
        rest: Model from the ids of that layer to what `head.rows` gives, or
            `None`.
    """

    words: keras.layers.TextVectorization | None
    rest: keras.Model | None
    rank = 0

    @property
    def layers(self):
        return [] if self.words is None else [self.words]

    @property
    def saved_model_input(self):
        return spec("text", "string")

    @property
    def litert_input(self):
        length = None if self.rest is None else self.rest.input_shape[1]
        if length is None:
            raise ValueError(
                "`network` must begin with a `TextVectorization` of a fixed "
                "`output_sequence_length`, since only a SavedModel takes text "
                "as strings: other files get what stands after that layer, "
                "with token `ids`. Received: a network of text without it"
            )
        return spec(_IDS, "int32", length)

    def litert_endpoints(self):
        inputs = (self.litert_input,)
        return {ENDPOINT: Endpoint(self.outputs_of_ids, inputs)}

    def outputs_of_ids(self, ids):
        """The same outputs, for what the words' layer gives."""
        rows = dataclasses.replace(self.head, rows=self.rest)
        ids = tf.cast(ids, self.rest.inputs[0].dtype)
        return self.with_probabilities(rows.logits(ids, training=False))

    def network_inputs(self, inputs):
        texts = tf.convert_to_tensor(inputs)
        column = len(self.network.inputs[0].shape) == 2
        return texts[:, None] if column else texts

    def samples(self, given):
        if given is not None:
            return self.inputs(given, "samples", SAMPLES_LIMIT), "given"
        known = ["a", "the"] if self.words is None else _known(self.words)
        rng = np.random.default_rng(0)
        texts = [
            " ".join(rng.choice(known, size=length))
            for length in rng.integers(1, 17, size=_RANDOM_SAMPLES)
        ]
        return texts, "random words"

    def requests(self, samples):
        return {ENDPOINT: {"text": np.asarray(samples[:1])}}

    def calibration(self, data):
        name = "representative_data"
        texts = text_list(data, limit=CALIBRATION_LIMIT)
        self.litert_input  # noqa: B018 (refuses a model without ids)
        if texts is None:
            size = len(_known(self.words)) + 2
            ids = id_array(data, size, argument=name, limit=CALIBRATION_LIMIT)
        else:
            ids = self._ids(texts)
        return [{_IDS: row[None]} for row in ids]

    def inputs(self, data, argument, limit):
        texts = text_list(data, limit=limit)
        if texts is None:
            raise TypeError(
                f"`{argument}` must be texts: a list or array of strings, or "
                "a `tf.data.Dataset` of such or of (text, ...). Received: "
                f"{argument} of type {type(data).__name__}"
            )
        return texts

    def actual(self, exported, samples):
        takes_ids = _IDS in exported.signatures[ENDPOINT].inputs
        return super().actual(
            exported, self._ids(samples) if takes_ids else samples
        )

    def _ids(self, texts):
        ids = self.words(self.network_inputs(texts))
        return np.asarray(ids).astype("int32")


def takes_text(network):
    """Whether it is a model with one input of strings."""
    inputs = getattr(network, "inputs", None) or ()
    return len(inputs) == 1 and inputs[0].dtype == "string"


def describe_texts(
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
    found = [
        layer
        for layer in network.layers
        if isinstance(layer, keras.layers.TextVectorization)
    ]
    return found[0] if len(found) == 1 else None


def _known(words):
    """The words of the vocabulary, without padding and the unknown one."""
    return words.get_vocabulary(include_special_tokens=False) or ["a"]
