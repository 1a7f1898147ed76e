"""Searches for recurrent cells, on texts of a few tokens."""

import csv
import dataclasses
import itertools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from less_work import with_pictures

import keras_darts as kd
from keras_darts import strategies
from keras_darts.datasets import Corpus
from keras_darts.datasets import Vocabulary
from keras_darts.search.bilevel_problem import random_states
from keras_darts.search_spaces import darts_rnn

WORDS, UNITS, ROWS = 7, 4, 3
NO_DROPOUT = {
    "output_dropout": 0.0,
    "hidden_dropout": 0.0,
    "cell_input_dropout": 0.0,
    "input_dropout": 0.0,
    "embedding_dropout": 0.0,
}
RATES = {
    "output_dropout": 0.5,
    "hidden_dropout": 0.25,
    "cell_input_dropout": 0.25,
    "input_dropout": 0.25,
    "embedding_dropout": 0.25,
}
QUIET = {"verbose": 0}


@pytest.fixture
def double():
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])


def make_space(num_nodes=2, **settings):
    return darts_rnn(
        num_nodes, **{**NO_DROPOUT, "hidden_size": UNITS, **settings}
    )


def make_strategy(architect="first_order", **recipe):
    recipe = dataclasses.replace(
        strategies.RECIPES["language_modeling"], **recipe
    )
    return kd.SearchStrategy(architect=architect, recipe=recipe)


def make_search(space=None, strategy=None, *, eager=True, seed=0, **choices):
    """With weights large enough to matter."""
    search = kd.DartsSearch(
        space or make_space(),
        strategy or make_strategy(),
        vocabulary_size=WORDS,
        seed=seed,
    )
    search.compile(run_eagerly=eager, **choices)
    generator = np.random.default_rng(1)
    for variable in [*search.weight_variables, *search.arch_variables]:
        variable.assign(generator.normal(size=variable.shape) * 0.5)
    return search


def text(length, seed=0):
    return np.random.default_rng(seed).integers(0, WORDS, length)


def batch(length=6, seed=0, rows=ROWS):
    ids = text((rows, length + 1), seed)
    return ids[:, :-1], ids[:, 1:]


def data_set(*batches):
    signature = (tf.TensorSpec((None, None), "int64"),) * 2
    return tf.data.Dataset.from_generator(
        lambda: iter(batches), output_signature=signature
    ).apply(tf.data.experimental.assert_cardinality(len(batches)))


def cross_entropy(search, ids, targets, training=True):
    logits = search.supernet(ids, training=training)[0]
    return keras.ops.mean(
        keras.losses.sparse_categorical_crossentropy(
            targets, logits, from_logits=True
        )
    )


def search_loss(search, batch):
    """With the masks that a step of the architecture draws."""
    for variable, value in random_states(search.supernet, 1):
        variable.assign(value)
    return cross_entropy(search, *batch)


def values_of(variables):
    return [v.numpy() for v in variables]


def assign_all(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


# Gradients of the architecture


def along(function, variable, directions, step=1e-5):
    """A function's derivatives along directions of a variable."""
    start, derivatives = variable.numpy(), []
    for direction in directions:
        results = []
        for sign in (1, -1):
            variable.assign(start + sign * step * direction)
            results.append(float(function()))
        derivatives.append((results[0] - results[1]) / (2 * step))
    variable.assign(start)
    return np.array(derivatives)


def assert_gradient_is_that_of(search, function, train, valid):
    """Of a function of the alphas that draws the masks of one step."""
    states = search.supernet.non_trainable_variables
    begin = values_of(states)

    def from_the_begin():
        assign_all(states, begin)
        return function()

    (alphas,) = search.arch_variables
    directions = np.random.default_rng(5).normal(size=(3, *alphas.shape))
    expected = along(from_the_begin, alphas, directions)
    assign_all(states, begin)
    (gradient,) = search.architecture_gradients(train, valid)
    # It is given in single precision.
    derivatives = np.tensordot(directions, gradient.numpy().astype(float), 2)
    np.testing.assert_allclose(derivatives, expected, rtol=1e-4)


@pytest.mark.parametrize("rates", [NO_DROPOUT, RATES], ids=["plain", "drop"])
@pytest.mark.parametrize("normalization", ["batch", None])
def test_the_first_order_gradient_is_that_of_the_search_loss(
    normalization, rates, double
):
    search = make_search(make_space(normalization=normalization, **rates))
    train, valid = batch(3), batch(4, seed=1)
    assert_gradient_is_that_of(
        search, lambda: search_loss(search, valid), train, valid
    )


@pytest.mark.parametrize(
    ("rates", "length"), [(NO_DROPOUT, 3), (RATES, 3), (NO_DROPOUT, 8)]
)
def test_the_unrolled_gradient_is_that_after_a_scaled_step(
    rates, length, double
):
    """Derived through the step, whose size the segment's length decides."""
    space = make_space(primitives=("none", "tanh", "sigmoid"), **rates)
    rate, decay = 2.0, 0.01
    strategy = make_strategy(
        kd.architects.Unrolled("exact", clip_norm=np.inf),
        learning_rate=rate,
        min_learning_rate=rate,
        weight_decay=decay,
        segment_length=8,
    )
    search = make_search(space, strategy)
    train, valid = batch(length), batch(3, seed=1)
    weights = search.weight_variables
    states = search.supernet.non_trainable_variables

    def after_a_step():
        before, begin = values_of(weights), values_of(states)
        with tf.GradientTape() as tape:
            loss = cross_entropy(search, *train)
        gradients = tape.gradient(loss, [v.value for v in weights])
        for variable, gradient in zip(weights, gradients, strict=True):
            gradient = tf.convert_to_tensor(gradient) + decay * variable.value
            variable.assign_sub(rate * length / 8 * gradient)
        # Each evaluation of a step draws from the same begin.
        assign_all(states, begin)
        loss = search_loss(search, valid)
        assign_all(weights, before)
        return loss

    assert_gradient_is_that_of(search, after_a_step, train, valid)


# Steps


def test_only_the_steps_of_the_weights_have_the_penalties(double):
    train, valid = batch(3), batch(3, seed=1)
    moved = []
    for size in (0.0, 3.0):
        space = make_space(
            activation_regularization=size,
            temporal_activation_regularization=2 * size,
        )
        search = make_search(space)
        gradients = search.architecture_gradients(train, valid)
        before = values_of(search.weight_variables)
        search.train_step((train, valid))
        after = values_of(search.weight_variables)
        arch = values_of(search.arch_variables)
        moved.append(
            (
                gradients[0].numpy(),
                arch[0],
                np.concatenate(
                    [
                        np.ravel(b - a)
                        for a, b in zip(before, after, strict=True)
                    ]
                ),
            )
        )
    (gradient, arch, weights), (same, alike, other) = moved
    np.testing.assert_array_equal(gradient, same)
    np.testing.assert_array_equal(arch, alike)
    assert np.abs(weights - other).max() > 1e-3


@pytest.mark.parametrize("length", [7, 35])
def test_a_step_of_the_weights_is_scaled_by_length(length, double):
    space = make_space(
        normalization=None,
        activation_regularization=2.0,
        temporal_activation_regularization=3.0,
    )
    search = make_search(
        space,
        optimizer=keras.optimizers.SGD(0.5),
        arch_optimizer=keras.optimizers.SGD(0.0),
    )
    ids, targets = batch(length)
    with tf.GradientTape() as tape:
        outputs = search.supernet.segment(ids, None, True)
        hidden, dropped = outputs.hidden, outputs.dropped
        changes = hidden[:, 1:] - hidden[:, :-1]
        loss = keras.ops.mean(
            keras.losses.sparse_categorical_crossentropy(
                targets, outputs.logits, from_logits=True
            )
        )
        total = loss + 2 * tf.reduce_mean(dropped**2)
        total += 3 * tf.reduce_mean(changes**2)
    weights = search.weight_variables
    gradients = tape.gradient(total, [v.value for v in weights])
    before = values_of(weights)
    logs = search.train_step(((ids, targets), batch(6, seed=1)))
    for variable, start, gradient in zip(
        weights, before, gradients, strict=True
    ):
        expected = -0.5 * length / 35 * tf.convert_to_tensor(gradient)
        np.testing.assert_allclose(variable.numpy() - start, expected)
    np.testing.assert_allclose(logs["loss"], loss)
    assert float(search.optimizer.learning_rate) == 0.5


@pytest.mark.parametrize("architect", ["first_order", "unrolled"])
def test_a_step_has_one_mask_for_the_weights_and_one_to_search(architect):
    search = make_search(make_space(**RATES), make_strategy(architect))
    body, seen = search.supernet.body, {}
    layers = {
        "hidden": body.recurrence.hidden_dropout,
        "cell input": body.recurrence.input_dropout,
        "input": body.input_dropout,
        "output": body.output_dropout,
    }
    for name, layer in layers.items():
        seen[name] = []

        def recorded(values, training, draw=layer.mask, result=seen[name]):
            result.append(draw(values, training).numpy())
            return tf.constant(result[-1])

        layer.mask = recorded
    steps = []
    for _ in range(2):
        search.train_step((batch(3), batch(3, seed=1)))
        steps.append({name: list(result) for name, result in seen.items()})
        for result in seen.values():
            result.clear()
    for step in steps:
        for result in step.values():
            # The search loss and the weights' step, and what is unrolled.
            count, searching = {"first_order": (2, 0), "unrolled": (5, 1)}[
                architect
            ]
            assert len(result) == count
            for place, mask in enumerate(result):
                same = np.array_equal(mask, result[-1])
                assert same == (place != searching)
    for name in layers:
        for one, other in itertools.pairwise(steps):
            assert np.any(one[name][0] != other[name][0])


def test_architecture_gradients_read_and_keep_no_state():
    search = make_search(make_space(**RATES))
    pair = batch(3), batch(3, seed=1)
    search.train_step(pair)
    before = values_of(search.variables)
    first, again = (
        search.architecture_gradients(*pair)[0].numpy() for _ in range(2)
    )
    search.streams.reset()
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(
        first, search.architecture_gradients(*pair)[0]
    )
    for variable, value in zip(search.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


# Carried state


def unmoving(architect="first_order", **recipe):
    """A search that measures, and moves nothing."""
    return make_search(
        make_space(normalization=None),
        make_strategy(architect, **recipe),
        optimizer=keras.optimizers.SGD(0.0),
        arch_optimizer=keras.optimizers.SGD(0.0),
    )


@pytest.mark.parametrize("architect", ["first_order", "unrolled"])
def test_both_streams_go_on_as_one_long_segment(architect, double):
    search = unmoving(architect, segment_length=3)
    train, valid = batch(9), batch(9, seed=1)
    course = search.fit(
        data_set(train), validation_data=data_set(valid), epochs=2, **QUIET
    ).history
    expected = cross_entropy(search, *train), cross_entropy(search, *valid)
    for name, value in zip(("loss", "arch_loss"), expected, strict=True):
        np.testing.assert_allclose(course[name], [value] * 2, rtol=1e-6)
    np.testing.assert_allclose(course["val_loss"], [expected[1]] * 2, rtol=1e-6)


def test_evaluation_begins_anew_with_batches_of_any_size(double):
    search = unmoving()
    search.train_step((batch(), batch(seed=1)))
    for rows, seed in ((1, 2), (8, 3), (8, 3)):
        ids, targets = batch(6, seed, rows)
        halves = [
            (ids[:, part], targets[:, part])
            for part in (slice(2), slice(2, None))
        ]
        metrics = search.evaluate(data_set(*halves), return_dict=True, **QUIET)[
            "loss"
        ]
        np.testing.assert_allclose(
            metrics, cross_entropy(search, ids, targets), rtol=1e-6
        )


def test_one_trace_serves_segments_of_any_length():
    traces = []

    class Counting(kd.DartsSearch):
        def train_step(self, data):
            traces.append(data[0][0].shape)
            return super().train_step(data)

    search = Counting(
        make_space(), make_strategy(segment_length=4), vocabulary_size=WORDS
    )
    search.fit(text(400), validation_data=text(90), batch_size=4, epochs=2)
    lengths = kd.datasets.segment_lengths(99, segment_length=4)
    assert len(set(lengths)) > 1
    assert traces == [(4, None)]


# `fit`


def make_corpus(words="a b c d e f"):
    # Line ends are a word too.
    vocabulary = Vocabulary.of_words(words)
    ids = [text(n, seed).astype("int32") for seed, n in enumerate((44, 36, 9))]
    return Corpus("tiny", *ids, vocabulary=vocabulary, description="tiny text")


def fitted(search, x, epochs=1, **options):
    return search.fit(x, batch_size=4, epochs=epochs, **QUIET, **options)


def untold(strategy=None, seed=0, space=None):
    """A search that knows nothing of the words yet."""
    search = kd.DartsSearch(
        space or make_space(**RATES), strategy or make_strategy(), seed=seed
    )
    search.compile(run_eagerly=True)
    return search


FORMS = {
    "corpus": (make_corpus(), {}),
    "ids": (text(72), {}),
    "ids and ids": (text(48), {"validation_data": text(40, 1)}),
    "pair of ids": ((text(48), text(40, 1)), {}),
    "list of ids and ids": ([text(48), text(40, 1)], {}),
    "data set": (data_set(batch(12, rows=4), batch(5, rows=4)), {}),
    "data sets": (
        (data_set(batch(10, rows=4)), data_set(batch(12, rows=4))),
        {},
    ),
    "rows": (batch(24, rows=4), {}),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_text_comes_in_many_forms(form):
    x, options = FORMS[form]
    search = untold(space=make_space(1, **RATES))
    course = fitted(search, x, **options).history
    assert set(course) == {
        "loss",
        "val_loss",
        "perplexity",
        "val_perplexity",
        "arch_loss",
        "alpha_entropy",
    }
    for name in ("", "val_"):
        np.testing.assert_allclose(
            course[f"{name}perplexity"],
            np.exp(course[f"{name}loss"]),
            rtol=1e-5,
        )
    assert search.vocabulary_size == WORDS
    assert isinstance(search.genotype(), kd.RecurrentGenotype)


def test_a_run_keeps_what_a_reader_needs(tmp_path):
    search = untold()
    with with_pictures():
        fitted(search, make_corpus(), epochs=2, output_dir=tmp_path)
    vocabulary = Vocabulary.from_json(
        (tmp_path / "vocabulary.json").read_text(encoding="utf-8")
    )
    assert vocabulary == make_corpus().vocabulary
    with np.load(tmp_path / "alphas.npz") as arrays:
        assert arrays.files == ["alphas_recurrent"]
        kept = arrays["alphas_recurrent"]
        assert kept.shape == (2, 3, 5)
        np.testing.assert_array_equal(kept[-1], search.arch_variables[0])
    assert (tmp_path / "cells" / "recurrent.svg").stat().st_size
    assert kd.genotypes.load(tmp_path / "genotype.json") == search.genotype()
    with (tmp_path / "history.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"perplexity", "val_perplexity", "arch_loss"} <= set(rows[0])
    (events,) = (tmp_path / "tensorboard" / "search" / "train").iterdir()
    tags = {
        value.tag
        for event in tf.compat.v1.train.summary_iterator(str(events))
        for value in event.summary.value
    }
    pictures = {
        "architecture/heat_map_recurrent",
        "architecture/cell_recurrent",
    }
    assert {"perplexity", *pictures} <= tags


def all_values(search):
    groups = (search, search.optimizer, search.arch_optimizer)
    return [v.numpy() for group in groups for v in group.variables]


@pytest.mark.parametrize("architect", ["first_order", "unrolled"])
def test_a_resumed_run_equals_an_uninterrupted_one(architect, tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    strategy, corpus = make_strategy(architect, segment_length=5), make_corpus()
    whole = untold(strategy)
    course = fitted(whole, corpus, epochs=2).history
    fitted(
        untold(strategy),
        corpus,
        epochs=2,
        output_dir=tmp_path,
        callbacks=[Stop()],
    )
    resumed = untold(strategy)
    rest = fitted(resumed, corpus, epochs=2, resume_from=tmp_path).history
    for name, values in rest.items():
        assert values == course[name][1:], name
    for one, other in zip(all_values(whole), all_values(resumed), strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_seed_decides_everything():
    runs = []
    for seed in (0, 0, 1):
        search = untold(seed=seed)
        course = fitted(search, text(72)).history
        runs.append((course["loss"], *all_values(search)))
    assert runs[0][0] == runs[1][0] != runs[2][0]
    for one, other in zip(*runs[:2], strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_configuration_gives_an_equal_search(tmp_path):
    search = untold(make_strategy("unrolled", segment_length=6))
    fitted(search, make_corpus(), output_dir=tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    copy = kd.DartsSearch.from_config(config["search"])
    assert copy.search_space == search.search_space
    assert copy.strategy == search.strategy
    assert copy.get_config() == search.get_config()
    assert copy.vocabulary_size == WORDS
    for mine, theirs in zip(copy.variables, search.variables, strict=False):
        assert mine.shape == theirs.shape
    # There are no labels to describe.
    assert config["task"] == {
        "label_type": "next_token",
        "num_outputs": WORDS,
        "description": "",
    }
    assert config["fit"]["batch_size"] == 4
    recipe = keras.optimizers.deserialize(config["optimizer"])
    assert recipe.global_clipnorm == 0.25
    assert recipe.weight_decay == 5e-7


def test_without_a_recipe_it_is_that_of_the_published_search():
    search = kd.DartsSearch("darts_rnn", vocabulary_size=WORDS, hidden_size=4)
    search.compile()
    assert float(search.optimizer.learning_rate) == 20
    assert search.optimizer.momentum == 0
    assert search.optimizer.weight_decay == 5e-7
    assert search.optimizer.global_clipnorm == 0.25
    arch = search.arch_optimizer
    assert (arch.beta_1, arch.beta_2, arch.weight_decay) == (0.9, 0.999, 1e-3)
    np.testing.assert_allclose(arch.learning_rate, 3e-3, rtol=1e-6)
    assert (search.recipe.batch_size, search.recipe.epochs) == (256, 50)
    assert search.problem.unroll_clip_norm == 0.25


def test_the_derived_network_has_the_cell_and_the_words():
    search = make_search(make_space(3, concat=(2, 3)))
    network = search.derived_network(hidden_size=6)
    assert network.genotype == search.genotype()
    assert network.genotype.concat == (2, 3)
    assert (network.vocabulary_size, network.hidden_size) == (WORDS, 6)
    assert search.derived_network().hidden_size == 850


def test_a_policy_of_double_precision_alone_suffices():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float64")
    try:
        course = fitted(untold(make_strategy("unrolled")), text(60)).history
    finally:
        keras.config.set_dtype_policy(before)
    assert np.isfinite(course["loss"]).all()


# What can't work


def test_sizes_that_mean_nothing_are_refused():
    for space, sizes in [
        ("darts_rnn", {"filters": 8}),
        ("darts_rnn", {"num_cells": 8}),
        ("darts_cnn", {"hidden_size": 8}),
    ]:
        (name,) = sizes
        with pytest.raises(ValueError, match=f"`{name}` must be left out"):
            kd.DartsSearch(space, **sizes)
    for name, size in (("num_classes", 3), ("input_shape", (8, 8, 3))):
        with pytest.raises(ValueError, match=f"`{name}` must be left out"):
            kd.DartsSearch("darts_rnn", **{name: size})
    with pytest.raises(ValueError, match="`vocabulary_size` must be left out"):
        kd.DartsSearch("darts_cnn", vocabulary_size=9)
    with pytest.raises(ValueError, match="`hidden_size` must be"):
        kd.DartsSearch("darts_rnn", embedding_size=8, hidden_size=9)


def test_a_partial_connection_is_refused():
    class Partial(kd.connections.Connection):
        def make_edge(self, *settings):
            raise NotImplementedError

    strategy = kd.SearchStrategy(connection=Partial())
    with pytest.raises(ValueError, match="`connection` must be 'full'"):
        kd.DartsSearch("darts_rnn", strategy, vocabulary_size=9)


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (text(200), {"y": text(200)}, "^`y` must be left out for lan"),
        (text(200), {"sample_weight": text(9)}, "^`sample_weight` must be l"),
        (text(200), {"class_weight": {0: 1}}, "^`class_weight` must be left"),
        (text(200), {"augmentation": "pad_crop_flip"}, "`augmentation`"),
        (np.zeros(0, "int64"), {}, "two tokens at least"),
        (text(7), {}, "two tokens at least"),
        (text(200) + 1, {}, "below `vocabulary_size`"),
        (text(200) - 1, {}, "ids from -1"),
        (text(200) / 2, {}, "as integers"),
        (text(200), {"validation_split": 1.0}, "`validation_split`"),
        ("a text", {}, "`x` must be a datasets.Corpus"),
        (text((4, 5, 6)), {}, "array of token ids"),
        (make_corpus("a b c d e f g"), {}, "a vocabulary of 8 tokens"),
        ((text(200), text(5)), {}, "`validation_data` must have two"),
        (
            make_corpus(),
            {"validation_data": make_corpus("f e d c b a")},
            "the vocabulary of `x`",
        ),
    ],
)
def test_a_text_that_does_not_fit_is_refused(x, options, message):
    search = make_search()
    with pytest.raises((TypeError, ValueError), match=message):
        search.fit(x, batch_size=4, epochs=1, **options, **QUIET)


def test_a_batch_larger_than_the_text_is_refused():
    with pytest.raises(ValueError, match=r"batch_size=256"):
        make_search().fit(text(300), epochs=1, **QUIET)
