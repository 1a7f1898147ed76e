"""Searches that look for architectures of a given cost."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf
from small_costs import space
from small_costs import table

import keras_darts as kd
from keras_darts.discretizers import CostConstrained
from keras_darts.discretizers import TopK
from keras_darts.regularizers import Cost
from keras_darts.strategies import with_cost_target
from keras_darts.supernet import arch_parameters


class Supernet:
    """What a term asks of a supernet."""

    def __init__(self, space):
        self.space = space


def prepared(**settings):
    term = Cost("latency", weight=1.0, table=table(), **settings)
    term.check_space(space())
    term.prepare(Supernet(space()))
    return term


def uniform(seed=None):
    rng = np.random.default_rng(seed)
    return {
        cell_type: rng.dirichlet(np.ones(4), size=5).astype("float32")
        for cell_type in ("normal", "reduce")
    }


def one_hot(name):
    place = ("none", "skip_connect", "max_pool_3x3", "sep_conv_3x3").index(name)
    return {
        cell_type: np.eye(4, dtype="float32")[[place] * 5]
        for cell_type in ("normal", "reduce")
    }


def test_the_expected_cost_is_the_mean_over_architectures():
    """Of edges drawn evenly, each with the same candidate."""
    draws = [space().random_genotype(seed) for seed in range(2000)]
    costs = []
    for genotype in draws:
        cells = [
            [("sep_conv_3x3", *entry[1:]) for entry in cell]
            for cell in (genotype.normal, genotype.reduce)
        ]
        costs.append(
            table().predict(kd.Genotype(cells[0], (2, 3), cells[1], (2, 3)))
        )
    expected = prepared().expected(one_hot("sep_conv_3x3"))
    assert float(expected) == pytest.approx(np.mean(costs), rel=0.01)


def test_none_has_no_part_in_the_expected_cost():
    weights = uniform(0)
    without = {
        cell_type: np.concatenate([0 * w[:, :1], w[:, 1:]], axis=1)
        for cell_type, w in weights.items()
    }
    a, b = (float(prepared().expected(w)) for w in (weights, without))
    assert a == pytest.approx(b, rel=1e-5)


def _gradients(function):
    rng = np.random.default_rng(1)
    alphas = {
        cell_type: tf.constant(rng.standard_normal((5, 4)), "float64")
        for cell_type in ("normal", "reduce")
    }
    with tf.GradientTape() as tape:
        tape.watch(alphas)
        value = function({k: tf.nn.softmax(v) for k, v in alphas.items()})
    return alphas, tape.gradient(value, alphas)


def test_the_gradient_of_the_expected_cost_is_that_of_a_difference():
    term = prepared()
    alphas, gradients = _gradients(term.expected)
    rng = np.random.default_rng(2)
    for cell_type, gradient in gradients.items():
        direction = rng.standard_normal((5, 4))
        shifted = []
        for shift in (1e-6, -1e-6):
            moved = {**alphas, cell_type: alphas[cell_type] + shift * direction}
            weights = {k: tf.nn.softmax(v) for k, v in moved.items()}
            shifted.append(float(term.expected(weights)))
        along = float(tf.reduce_sum(gradient * direction))
        assert abs(along) > 1e-3
        assert along == pytest.approx((shifted[0] - shifted[1]) / 2e-6, 1e-4)


def test_a_target_pulls_by_what_would_be_chosen():
    weights = uniform(5)
    chosen = table().predict(TopK()(space(), weights, {}))
    assert float(prepared().chosen(weights)) == pytest.approx(chosen)
    alphas, of_expected = _gradients(prepared().expected)
    softmax = {k: tf.nn.softmax(v) for k, v in alphas.items()}
    chosen = float(prepared().chosen(softmax))
    for target, sign in ((0.8 * chosen, 1), (1.25 * chosen, -1)):
        term = prepared(target=target)
        value = float(term.term(None, softmax))
        assert value == pytest.approx(abs(chosen / target - 1))
        _, gradients = _gradients(lambda w, term=term: term.term(None, w))
        for cell_type, gradient in gradients.items():
            expected = sign * of_expected[cell_type] / target
            np.testing.assert_allclose(gradient, expected, atol=1e-9)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_the_architecture_costs_what_it_should(share):
    least, most = table().bounds(space())
    target = least + share * (most - least)
    for seed in range(5):
        genotype = CostConstrained(table(), target)(space(), uniform(seed), {})
        # The steps from one architecture to the next are coarse here.
        assert table().predict(genotype) == pytest.approx(target, rel=0.15)


def test_an_architecture_of_that_cost_stays_as_it_is():
    weights = uniform(3)
    derived = TopK()(space(), weights, {})
    rule = CostConstrained(table(), table().predict(derived))
    assert rule(space(), weights, {}) == derived


def test_what_is_kept_is_stronger_than_most_of_equal_cost():
    weights = uniform(4)
    target = np.mean(table().bounds(space()))
    rule = CostConstrained(table(), target, tolerance=0.1)
    result = rule(space(), weights, {})

    def strength(genotype):
        names = space().normal.primitives[0]
        return sum(
            weights[cell_type][spec.edges.index((node, source))][
                names.index(name)
            ]
            for cell_type, spec in space().cells.items()
            for node, pairs in enumerate(genotype.nodes(cell_type), 2)
            for name, source in pairs
        )

    drawn = [space().random_genotype(seed) for seed in range(500)]
    alike = [
        genotype
        for genotype in drawn
        if abs(table().predict(genotype) / target - 1) < 0.1
    ]
    assert len(alike) > 20
    assert strength(result) > np.percentile([*map(strength, alike)], 90)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Cost("latency"), "`table` must be given"),
        (lambda: Cost("macs", target=3.0), "`table` must be given"),
        (lambda: Cost("macs", table=table()), "`table` must be one of macs"),
        (lambda: prepared(target=-1.0), "`target` must be a positive"),
        (
            lambda: prepared(target=1.0),
            "`target_latency_ms`. must be from",
        ),
        (
            lambda: prepared(target=1e6),
            "`target_latency_ms`. must be from",
        ),
        (lambda: CostConstrained(table(), 0.0), "`target` must be a positive"),
        (lambda: CostConstrained(table(), "3"), "`target` must be a positive"),
        (
            lambda: CostConstrained(table(), 9.0, base="perturbation"),
            "`base` must be a rule on mixing weights alone",
        ),
        (
            lambda: kd.DartsSearch(space(), target_latency_ms=20.0),
            "`latency_table` must be given together",
        ),
        (
            lambda: kd.DartsSearch(
                space(), target_latency_ms=20.0, latency_table=table("macs")
            ),
            "`latency_table` must be a table of latencies",
        ),
        (
            lambda: kd.DartsSearch(
                space(),
                num_classes=2,
                input_shape=(8, 8, 1),
                target_latency_ms=1.0,
                latency_table=table(),
            ),
            "`target_latency_ms`. must be from",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("name", ["darts_cnn", "nas_bench_201", "rdarts_s1"])
def test_architectures_are_of_their_space(name):
    sizes = {"filters": 4, "num_cells": 3, "input_shape": (8, 8, 1)}
    counts = kd.profiling.build_cost_table(name, "parameters", **sizes)
    target = np.mean(counts.bounds(kd.search_spaces.get(name)))
    kd.testing.run_discretizer_test(CostConstrained(counts, target), name)


def test_a_config_gives_pieces_back():
    strategy = with_cost_target("pc_darts", table(), 20.0)
    again = kd.SearchStrategy.from_config(strategy.get_config())
    assert again == strategy
    assert again.discretizer == strategy.discretizer
    assert again.regularizers[-1].table == table()


def test_a_search_ends_at_its_target():
    least, most = table().bounds(space())
    images = np.random.default_rng(0).random((16, 8, 8, 1), "float32")
    labels = np.arange(16) % 2
    for target in (least + 0.2 * (most - least), least + 0.8 * (most - least)):
        search = kd.DartsSearch(
            space(), target_latency_ms=target, latency_table=table()
        )
        search.compile(
            arch_optimizer=keras.optimizers.Adam(0.05), run_eagerly=True
        )
        history = search.fit(
            images, labels, batch_size=8, epochs=1, verbose=0
        ).history
        genotype = table().predict(search.genotype())
        assert history["latency_ms"] == [genotype]
        assert genotype == pytest.approx(target, rel=0.15)


def test_stages_that_leave_candidates_out_come_as_near_as_they_can():
    least, _ = table().bounds(space())
    stages = [
        kd.strategies.Stage(epochs=1),
        kd.strategies.Stage(epochs=1, num_candidates=2),
    ]
    strategy = with_cost_target("darts", table(), least)
    search = kd.DartsSearch(
        space(),
        strategy=dataclasses.replace(strategy, stages=stages),
        num_classes=2,
        input_shape=(8, 8, 1),
    )
    weights, _ = arch_parameters.mixing(search.supernet)
    only = np.full_like(weights["normal"], 0.1)
    only[:, 2:] = 0.4
    left = stages[1].space_from(space(), {"normal": only, "reduce": only})
    with pytest.raises(ValueError, match="must be from"):
        Cost("latency", table=table(), target=least).check_space(left)
    search.enter_stage(1, left)
    dearer = table().bounds(left)[0]
    assert table().predict(search.genotype()) == pytest.approx(dearer, 0.15)


def test_alphas_move_towards_the_target():
    least, most = table().bounds(space())
    costs = []
    for target in (least + 1e-3, most - 1e-3):
        search = kd.DartsSearch(
            space(),
            strategy=with_cost_target("darts", table(), target, weight=100.0),
            num_classes=2,
            input_shape=(8, 8, 1),
        )
        term = search.strategy.regularizers[-1]
        term.prepare(search.supernet)
        weights = {k: m.weights for k, m in search.supernet.arch().items()}
        before = float(term.expected(weights))
        batch = np.zeros((2, 8, 8, 1), "float32"), np.array([0, 1])
        gradients = search.architecture_gradients(batch, batch)
        for variable, gradient in zip(
            search.arch_variables, gradients, strict=True
        ):
            variable.assign_sub(0.01 * gradient)
        weights = {k: m.weights for k, m in search.supernet.arch().items()}
        costs.append(float(term.expected(weights)) - before)
    assert costs[0] < 0 < costs[1]
