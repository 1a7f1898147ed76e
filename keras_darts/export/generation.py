"""Texts that a language model makes up, for a person to read."""

from __future__ import annotations

import os
import typing
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from keras_darts.datasets import Vocabulary
from keras_darts.export.exported_model import ExportedModel
from keras_darts.export.language_signatures import STEP
from keras_darts.export.language_signatures import LanguageServing
from keras_darts.export.loading import load
from keras_darts.networks import RecurrentLanguageModel
from keras_darts.utils.errors import integer
from keras_darts.utils.errors import positive_integer

if TYPE_CHECKING:
    from keras_darts.utils.typing import PathLike


def generate(
    model: RecurrentLanguageModel | ExportedModel | PathLike,
    *,
    vocabulary: Vocabulary | None = None,
    prompt: str = "",
    num_tokens: int = 100,
    temperature: float = 1.0,
    top_k: int | None = None,
    seed: int = 0,
    allow_unknown: bool = False,
) -> str:
    r"""Goes on with a text, token by token.

    Without a prompt the text begins as after the end of a line, or with any
    token where the vocabulary knows no ends of lines.

    Args:
        model: `RecurrentLanguageModel`, or the `ExportedModel` or path of one,
            a SavedModel, a `.tflite` or an `.onnx` file.
        vocabulary: `Vocabulary` of the model. Defaults to `None`: the one
            next to the export.
        prompt: String that the text begins with. Defaults to `""`.
        num_tokens: Integer, the tokens to add. Defaults to `100`.
        temperature: Float that the logits are divided by: below 1 for what is
            likely, above for what is not; 0 always takes the most likely
            token. Defaults to `1.0`.
        top_k: Integer, among how many of the most likely tokens one is drawn.
            Defaults to `None`: among all.
        seed: Integer, which makes the same text again. Defaults to `0`.
        allow_unknown: Boolean, whether the token for unknown ones is drawn
            too. Defaults to `False`.

    Returns:
        A string, which begins with the prompt as the vocabulary has it.

    Raises:
        ValueError: If the model is not of language, has no vocabulary or
            another one, or the prompt has tokens that are not in it and for
            which there is no other.

    Example:

    >>> vocabulary = kd.datasets.Vocabulary.of_words(["the cat saw the dog\n"])
    >>> model = kd.networks.RecurrentLanguageModel(
    ...     "rnn_darts_v2", len(vocabulary), hidden_size=8
    ... )
    >>> text = generate(
    ...     model, vocabulary=vocabulary, prompt="the cat", num_tokens=5
    ... )
    >>> text.startswith("the cat")
    True
    """
    _check(num_tokens, temperature, top_k)
    opened = _opened(model)
    vocabulary = _vocabulary(opened, vocabulary)
    allowed = _allowed(vocabulary, allow_unknown)
    rng = np.random.default_rng(seed)

    def draw(logits):
        logits = np.where(allowed, logits.astype("float64"), -np.inf)
        return _drawn(logits, rng, temperature, top_k)

    ids = _encoded(vocabulary, prompt)
    context = ids or _beginning(vocabulary)
    if not context and num_tokens:
        context = ids = [int(rng.choice(np.flatnonzero(allowed)))]
        num_tokens -= 1
    return vocabulary.decode(ids + _added(opened, context, num_tokens, draw))


def _check(num_tokens, temperature, top_k):
    integer("num_tokens", num_tokens, least=0)
    if not 0 <= temperature < float("inf"):
        raise ValueError(
            "`temperature` must be a finite number >= 0. "
            f"Received: temperature={temperature}"
        )
    if top_k is not None:
        positive_integer("top_k", top_k)


class _Model(typing.NamedTuple):
    step: typing.Callable
    state: np.ndarray
    vocabulary_size: int
    vocabulary: Vocabulary | None


def _opened(model):
    if isinstance(model, RecurrentLanguageModel):
        return _in_memory(model)
    if isinstance(model, str | os.PathLike):
        model = load(model)
    if not isinstance(model, ExportedModel):
        raise TypeError(
            "`model` must be a `RecurrentLanguageModel`, or the "
            f"`ExportedModel` or path of one. Received: model of type "
            f"{type(model).__name__}"
        )
    return _Model(
        step=model.step,
        state=model.initial_state(),
        vocabulary_size=model.vocabulary_size,
        vocabulary=model.vocabulary,
    )


def _in_memory(network):
    serving = LanguageServing(network=network, vocabulary=None, encoder=None)
    function, inputs = serving.litert_endpoints()[STEP]
    traced = tf.function(function, input_signature=inputs, autograph=False)

    def step(token, state):
        outputs = traced(tf.constant(token, "int32"), state)
        return outputs["logits"].numpy(), outputs["next_state"].numpy()

    state = np.zeros((1, network.hidden_size), "float32")
    return _Model(step, state, network.vocabulary_size, vocabulary=None)


def _vocabulary(model, vocabulary):
    vocabulary = model.vocabulary if vocabulary is None else vocabulary
    if vocabulary is None:
        raise ValueError(
            "`vocabulary` must be given where none lies next to the model: an "
            "export that was given its vocabulary has it there. Received: "
            "vocabulary=None"
        )
    vocabulary.check_matches(model.vocabulary_size)
    return vocabulary


def _allowed(vocabulary, allow_unknown):
    """Boolean (V,), the tokens that may be drawn."""
    left_out = {vocabulary.pad}
    if not allow_unknown:
        left_out.add(vocabulary.unknown)
    allowed = np.array([token not in left_out for token in vocabulary.tokens])
    if not allowed.any():
        raise ValueError(
            "`vocabulary` must have tokens besides that for padding and that "
            f"for unknown ones. Received: {vocabulary.tokens}"
        )
    return allowed


def _encoded(vocabulary, prompt):
    try:
        return vocabulary.encode(prompt, end=False).tolist()
    except ValueError as error:
        raise ValueError(
            f"`prompt` does not fit the model's vocabulary: {error}"
        ) from error


def _beginning(vocabulary):
    """The id that stands before a text, in a list that may be empty."""
    end = vocabulary.eos
    if end is None and vocabulary.level == "character":
        end = "\n"
    return [vocabulary.id_of(end)] if end in vocabulary.tokens else []


def _added(model, context, num_tokens, draw):
    state, ids = model.state, list(context)
    for place in range(len(context) + num_tokens - 1):
        logits, state = model.step(np.array([ids[place]]), state)
        if place == len(ids) - 1:
            ids.append(draw(logits[0]))
    return ids[len(context) :]


def _drawn(logits, rng, temperature, top_k):
    """The index of one of the logits, the likelier the larger it is."""
    order = np.argsort(-logits, kind="stable")[:top_k]
    order = order[np.isfinite(logits[order])]
    if not order.size or np.isnan(logits).any():
        raise ValueError(
            "`model` must give finite logits. Received: a model that gives "
            "NaN or infinite ones"
        )
    if temperature == 0:
        return int(order[0])
    with np.errstate(over="ignore"):
        scaled = (logits[order] - logits[order[0]]) / temperature
    sums = np.cumsum(np.exp(scaled))
    place = np.searchsorted(sums[:-1], rng.random() * sums[-1], side="right")
    return int(order[place])
