"""Perplexity as a metric, and of a whole text with a carried state."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts import networks
from keras_darts.datasets import eval_bptt_batches
from keras_darts.datasets import token_streams
from keras_darts.genotypes import RecurrentGenotype
from keras_darts.training import Perplexity
from keras_darts.training import evaluate_language_model

WORDS = 20


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    genotype = RecurrentGenotype([("tanh", 0), ("relu", 1)], (1, 2))
    model = networks.RecurrentLanguageModel(genotype, WORDS, None, 8)
    # Larger than at the start, so that the state matters.
    model.set_weights([30 * w for w in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def ids():
    return np.random.default_rng(0).integers(0, WORDS, 101)


def cross_entropies(logits, targets):
    """From the definition, in float64."""
    logits = np.asarray(logits, "float64")
    logits = logits - logits.max(-1, keepdims=True)
    logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return -np.take_along_axis(logs, np.asarray(targets)[..., None], -1)[..., 0]


@pytest.fixture
def batches():
    """Segments of different lengths: logits and next ids."""
    rng = np.random.default_rng(1)
    return [
        (
            rng.integers(0, WORDS, (2, length)),
            rng.standard_normal((2, length, WORDS)).astype("float32"),
        )
        for length in (3, 8, 1)
    ]


def test_every_token_counts_the_same(batches):
    metric = Perplexity()
    for targets, logits in batches:
        metric.update_state(targets, logits)
    losses = [cross_entropies(y, x).ravel() for x, y in batches]
    expected = np.exp(np.mean(np.concatenate(losses)))
    assert float(metric.result()) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("shape", [(2,), (2, 1), (2, 8)])
def test_sample_weights_weigh_tokens(batches, shape):
    metric = Perplexity()
    weights = np.random.default_rng(2).random(shape).astype("float32")
    targets, logits = batches[1]
    metric.update_state(targets, logits, sample_weight=weights)
    losses = cross_entropies(logits, targets)
    weights = np.broadcast_to(weights.reshape(2, -1), losses.shape)
    expected = np.exp(np.average(losses, weights=weights))
    assert float(metric.result()) == pytest.approx(expected, rel=1e-6)


def test_the_metric_starts_over(batches):
    metric = Perplexity()
    metric.update_state(*batches[0])
    metric.reset_state()
    metric.update_state(*batches[1])
    expected = np.exp(cross_entropies(*batches[1][::-1]).mean())
    assert float(metric.result()) == pytest.approx(expected, rel=1e-6)


def test_logits_of_half_precision_are_summed_in_single():
    metric = Perplexity()
    logits = tf.zeros((64, 50, WORDS), "float16")
    metric.update_state(np.zeros((64, 50)), logits)
    assert float(metric.result()) == pytest.approx(WORDS, rel=1e-5)


def test_the_metric_comes_back_from_its_config():
    config = keras.metrics.serialize(Perplexity(name="ppl"))
    again = keras.metrics.deserialize(config)
    assert type(again) is Perplexity
    assert again.name == "ppl"


@pytest.mark.parametrize("segment_length", [1, 7, 35, 1000])
def test_segments_make_no_difference(model, ids, segment_length):
    expected = cross_entropies(model(ids[None, :-1]), ids[None, 1:]).mean()
    figures = evaluate_language_model(model, ids, segment_length=segment_length)
    assert figures["loss"] == pytest.approx(expected, abs=1e-6)
    assert figures["perplexity"] == pytest.approx(np.exp(expected), rel=1e-6)
    assert figures["num_tokens"] == 100


def test_the_state_matters(model, ids):
    """Else the test before this one would show nothing."""

    def forgetful(inputs, state):
        return model(inputs), None

    exact = evaluate_language_model(model, ids, segment_length=5)
    other = evaluate_language_model(forgetful, ids, segment_length=5)
    assert abs(exact["loss"] - other["loss"]) > 1e-3


def test_rows_are_texts_of_their_own(model, ids):
    rows = ids[:100].reshape(2, 50)
    expected = cross_entropies(model(rows[:, :-1]), rows[:, 1:]).mean()
    figures = evaluate_language_model(model, ids, batch_size=2)
    assert figures["loss"] == pytest.approx(expected, abs=1e-6)
    assert figures["num_tokens"] == 98


def test_figures_are_those_of_evaluate(model, ids):
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[Perplexity()],
    )
    batches = eval_bptt_batches(token_streams(ids[:15], 1), 7)
    figures = evaluate_language_model(model, ids[:15])
    for _ in range(2):
        results = model.evaluate(batches, return_dict=True, verbose=0)
        for name in ("loss", "perplexity"):
            assert results[name] == pytest.approx(figures[name], rel=1e-5)


def test_a_function_with_a_state_is_measured_too(model, ids):
    def function(inputs, state):
        logits, state = model((inputs, state))
        return logits.numpy(), state.numpy()

    figures = evaluate_language_model(
        function, ids, state=model.initial_state(1)
    )
    assert figures == pytest.approx(evaluate_language_model(model, ids))


def test_figures_begin_with_the_state_that_is_given(model, ids):
    _, state = model((ids[None, :40], model.initial_state(1)))
    rest = evaluate_language_model(model, ids[40:], state=state)
    losses = cross_entropies(model(ids[None, :-1]), ids[None, 1:])
    assert rest["loss"] == pytest.approx(losses[:, 40:].mean(), abs=1e-6)


def test_a_hopeless_model_has_an_infinite_perplexity():
    def sure(inputs, state):
        return 1e4 * np.eye(2)[np.zeros(inputs.shape, int)], state

    figures = evaluate_language_model(sure, np.array([0, 1, 1]))
    assert figures["loss"] == 1e4
    assert figures["perplexity"] == np.inf


def test_words_that_the_model_does_not_know_are_refused(model):
    with pytest.raises(ValueError, match="below `vocabulary_size`"):
        evaluate_language_model(model, np.array([0, WORDS, 1]))
