"""Language models as they are served: whole texts, or a token at a time."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf
from keras import ops

from keras_darts.datasets import TextEncoder
from keras_darts.datasets import Vocabulary
from keras_darts.export import text_signatures
from keras_darts.export.samples import CALIBRATION_LIMIT
from keras_darts.export.samples import id_array
from keras_darts.export.samples import text_list
from keras_darts.export.signatures import ENDPOINT
from keras_darts.export.signatures import Endpoint
from keras_darts.export.signatures import Serving
from keras_darts.export.signatures import finite
from keras_darts.export.signatures import refuse
from keras_darts.export.signatures import spec
from keras_darts.networks import RecurrentLanguageModel

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence
    from typing import Any

    import keras

    from keras_darts.export.exported_model import ExportedModel

SCORE = "score"
STEP = "step"

# Logits of all tokens of all samples are held at once.
_ROWS = 32
_RANDOM_ROWS = 8
# Few, so that their hidden states are those of long texts too.
_CALIBRATION_ROWS = 8


@dataclasses.dataclass(frozen=True, kw_only=True)
class LanguageServing(Serving):
    """A language model, which scores texts and continues with them.

    Args:
        network: `RecurrentLanguageModel`.
        vocabulary: `Vocabulary`, or `None`.
        encoder: `TextEncoder` by which strings are scored, or `None` where
            token ids are.
    """

    network: RecurrentLanguageModel
    vocabulary: Vocabulary | None
    encoder: TextEncoder | None

    @property
    def layers(self) -> list[Any]:
        return [] if self.encoder is None else [self.encoder]

    def score(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """Strings (B,) or ids (B, T) to figures of what stands there."""
        ids, present = self._padded(inputs)
        logits = self._logits(ids)[:, :-1]
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
            ids[:, 1:], logits
        )
        losses, present = losses * present[:, 1:], present[:, 1:]
        # A row of a single token has nothing to predict, and no loss.
        count = tf.maximum(tf.reduce_sum(present, axis=1), 1.0)
        return {
            "log_probabilities": -losses,
            "perplexity": tf.exp(tf.reduce_sum(losses, axis=1) / count),
        }

    def step(self, token: tf.Tensor, state: tf.Tensor) -> dict[str, tf.Tensor]:
        """(B,), (B, H) -> the next token's logits (B, V), (B, H)."""
        # The network's loop would not convert to LiteRT, even of one step.
        body = self.network.body
        state, _ = body.recurrence.cell(body.embedding(token), [state])
        logits = body.embedding.logits(state[:, None])[:, 0]
        return {
            "logits": ops.cast(logits, "float32"),
            "next_state": ops.cast(state, "float32"),
        }

    @property
    def scored_input(self) -> tf.TensorSpec:
        """`tf.TensorSpec` of the texts that a SavedModel takes."""
        if self.encoder is None:
            return spec("ids", "int32", None)
        return spec("text", "string")

    def served_step(
        self, token: tf.Tensor, state: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        alike = tf.debugging.assert_equal(
            tf.shape(token)[0],
            tf.shape(state)[0],
            "`token` and `state` must have as many rows",
        )
        with tf.control_dependencies([alike]):
            return self.step(token, finite(state, "state"))

    def saved_model_endpoints(self) -> dict[str, Endpoint]:
        score = Endpoint(self.score, (self.scored_input,))
        step = Endpoint(self.served_step, self._step_inputs)
        return {ENDPOINT: score, SCORE: score, STEP: step}

    def litert_endpoints(self) -> dict[str, Endpoint]:
        return {STEP: Endpoint(self.step, self._step_inputs)}

    @property
    def _step_inputs(self):
        token = spec("token", "int32")
        return token, spec("state", "float32", self.network.hidden_size)

    def samples(self, samples: Any) -> tuple[Any, str]:
        ids, source = self._random_ids(), "random tokens"
        if samples is not None:
            texts = text_list(samples, limit=_ROWS)
            if texts is not None and self.encoder is not None:
                return texts, "given"
            ids, source = self._rows(samples, "samples"), "given"
        if self.encoder is not None:
            ids = [self.vocabulary.decode(row) for row in ids]
        return ids, source

    def requests(self, samples: Any) -> dict[str, dict[str, np.ndarray]]:
        state = np.zeros((1, self.network.hidden_size), "float32")
        score = {self.scored_input.name: np.asarray(samples[:1])}
        token = np.zeros(1, "int32")
        return {
            ENDPOINT: score,
            SCORE: score,
            STEP: {"token": token, "state": state},
        }

    def calibration(self, data: Any) -> list[dict[str, np.ndarray]]:
        ids = self._rows(data, "representative_data")[:_CALIBRATION_ROWS]
        state = np.zeros((len(ids), self.network.hidden_size), "float32")
        feeds = []
        for token in ids.T:
            feeds += [
                {"token": token[i : i + 1], "state": state[i : i + 1]}
                for i in range(len(ids))
            ]
            state = np.asarray(self.step(token, state)["next_state"])
        return feeds[:CALIBRATION_LIMIT]

    def expected(self, samples: Any) -> dict[str, np.ndarray]:
        ids, _ = self._padded(samples)
        return {
            "logits": np.asarray(self._logits(ids)),
            "log_probabilities": np.asarray(
                self.score(samples)["log_probabilities"]
            ),
        }

    def actual(
        self, exported: ExportedModel, samples: Any
    ) -> dict[str, np.ndarray]:
        ids, _ = self._padded(samples)
        logits, _ = exported.steps(ids.numpy())
        if SCORE not in exported.signatures:
            return {"logits": logits}
        scores = exported.score(samples)
        return {
            "logits": logits,
            "log_probabilities": scores["log_probabilities"],
        }

    def _logits(self, ids):
        return ops.cast(self.network(ids, training=False), "float32")

    def _padded(self, inputs):
        """Ids (B, T) with T > 0, and which of them are there (B, T)."""
        if self.encoder is None:
            ids = tf.convert_to_tensor(inputs)
            present = tf.ones_like(ids, "float32")
        else:
            rows = self.encoder(tf.convert_to_tensor(inputs))
            ids = rows.to_tensor(0)
            present = tf.sequence_mask(
                rows.row_lengths(), tf.shape(ids)[1], "float32"
            )
        missing = [[0, 0], [0, tf.maximum(1 - tf.shape(ids)[1], 0)]]
        return tf.pad(ids, missing), tf.pad(present, missing)

    def _random_ids(self):
        shape = (_RANDOM_ROWS, self.network.segment_length)
        drawn = np.random.default_rng(0).integers(
            self.network.vocabulary_size, size=shape
        )
        return drawn.astype("int32")

    def _rows(self, data, argument):
        """Rows as long as the segments the network was trained on."""
        ids = id_array(
            data,
            self.network.vocabulary_size,
            argument=argument,
            limit=_ROWS,
        )
        length = min(ids.shape[1], self.network.segment_length)
        if len(ids) > 1:
            return ids[:, :length]
        whole = ids.shape[1] // length * length
        return ids[0, :whole].reshape(-1, length)[:_ROWS]


def describe_language(
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
) -> LanguageServing:
    """The `LanguageServing` of checked arguments."""
    refuse(
        "a language model",
        preprocessing=preprocessing,
        labels=labels,
        input_shape=input_shape,
        top_k=top_k,
        input_dtype=input_dtype,
        resize=resize,
    )
    if activation not in ("auto", "softmax"):
        raise ValueError(
            "`activation` must be 'softmax' for a language model, which "
            f"predicts one token. Received: activation={activation!r}"
        )
    vocabulary, encoder = text_signatures.fitting(
        network, vocabulary, tokenizer
    )
    return LanguageServing(
        network=network, vocabulary=vocabulary, encoder=encoder
    )
