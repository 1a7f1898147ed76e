"""Distributions over architectures, by all that they could draw."""

import collections
import functools

import numpy as np
import pytest
import tensorflow as tf
from drawn_policies import POLICIES
from drawn_policies import enumerated

import keras_darts as kd
from keras_darts.relaxations.policy import possible_candidates

NAMES = ("none", "skip_connect", "max_pool_3x3")
SKIP = ("skip_connect",)
CELLS = {
    "two of three": {
        "normal": kd.CellSpec((SKIP, SKIP, NAMES, SKIP, NAMES[1:])),
        "reduce": kd.CellSpec((NAMES[1:], SKIP), reduction=True),
    },
    "one of two": {
        "recurrent": kd.CellSpec.uniform(
            NAMES, 2, num_inputs=1, edges_per_node=1
        )
    },
    "every edge": {
        "cell": kd.CellSpec.uniform(NAMES, 2, num_inputs=1, edges_per_node=None)
    },
    "edges that differ": {
        "normal": kd.CellSpec(
            (("skip_connect",), ("none", "skip_connect", "max_pool_3x3"))
            + (("none",), NAMES[1:], NAMES)
        )
    },
}


def prepared(name, cells, scale=3.0):
    """A policy, its weights far from uniform, and logits."""
    policy = POLICIES[name](seed=0)
    policy.prepare(CELLS[cells])
    generator = np.random.default_rng(0)
    for variable in policy.trainable_variables:
        variable.assign(scale * generator.normal(size=variable.shape))
    logits = {
        cell_type: tf.constant(
            generator.normal(size=(len(spec.edges), spec.num_candidates)),
            "float32",
        )
        for cell_type, spec in CELLS[cells].items()
    }
    return policy, logits


@functools.cache
def everything(name, cells):
    """The `Sample` of each sequence of decisions of such a policy."""
    return enumerated(*prepared(name, cells))


ALL = pytest.mark.parametrize("cells", CELLS)
EACH = pytest.mark.parametrize("name", POLICIES)


@ALL
@EACH
def test_the_probabilities_of_all_architectures_sum_to_one(name, cells):
    samples = everything(name, cells)
    shares = np.exp([float(s.log_probability) for s in samples])
    assert shares.sum() == pytest.approx(1, abs=1e-5)
    if name != "uniform":
        assert shares.max() > 3 * shares.min()


@ALL
@EACH
def test_the_mean_entropy_is_that_of_the_whole_distribution(name, cells):
    samples = everything(name, cells)
    logs = np.array([float(s.log_probability) for s in samples])
    entropies = np.array([float(s.entropy) for s in samples])
    expected = -(np.exp(logs) * logs).sum()
    assert (np.exp(logs) * entropies).sum() == pytest.approx(expected, rel=1e-4)


@ALL
@EACH
def test_what_is_drawn_is_what_a_genotype_can_be(name, cells):
    for sample in everything(name, cells)[::5]:
        for cell_type, spec in CELLS[cells].items():
            sampled = sample.sampled[cell_type].numpy()[:, 0]
            possible = possible_candidates(spec)
            for node in spec.nodes:
                edges = spec.edges_into(node)
                usable = possible[edges].any(axis=-1).sum()
                count = spec.edges_per_node or len(edges)
                assert (sampled[edges] >= 0).sum() == min(count, usable)
            assert possible[np.arange(len(sampled)), sampled][
                sampled >= 0
            ].all()
            weights = np.eye(spec.num_candidates)[sampled]
            weights[sampled < 0] = 0
            np.testing.assert_array_equal(sample.weights[cell_type], weights)


def frequencies(policy, logits, count):
    """How often each architecture was drawn, by its numbers."""

    def sampled(_):
        parts = [
            d[:, 0] for d in policy.sample_architecture(logits).sampled.values()
        ]
        return tf.concat(parts, axis=0)

    @tf.function(autograph=False)
    def sample():
        return tf.map_fn(sampled, tf.range(count), fn_output_signature="int32")

    return collections.Counter(map(tuple, sample().numpy()))


@EACH
@pytest.mark.parametrize("cells", ["one of two", "edges that differ"])
def test_architectures_are_drawn_as_often_as_they_are_likely(name, cells):
    policy, logits = prepared(name, cells, scale=1.0)
    shares = {}
    for sample in enumerated(policy, logits):
        parts = [d.numpy().ravel() for d in sample.sampled.values()]
        key = tuple(np.concatenate(parts))
        share = float(np.exp(sample.log_probability))
        # Edges can be drawn in either order.
        shares[key] = shares.get(key, 0.0) + share
    count = 3000
    result = frequencies(policy, logits, count)
    assert set(result) <= set(shares)
    expected = count * np.array(list(shares.values()))
    seen = np.array([result.get(key, 0) for key in shares])
    squares = ((seen - expected) ** 2 / expected).sum()
    # The chi-square distribution's mean and five standard deviations.
    assert squares < len(shares) + 5 * (2 * len(shares)) ** 0.5


def test_uniform_draws_are_uniform_whatever_the_logits_are():
    samples = everything("uniform", "two of three")
    logs = {round(float(s.log_probability), 4) for s in samples}
    # 2 of 2 and 2 of 3 edges in order, 2 of 2 in the other cell with one of
    # two candidates on the first; and the two edges of the second node have 2
    # and 1 candidates, or 2 each.
    assert logs == {round(-np.log(2 * 6 * 2 * 2 * n), 4) for n in (2, 4)}


def test_a_categorical_policy_draws_edge_and_candidate_by_one_softmax():
    _, logits = prepared("categorical", "one of two")
    flat = np.exp(logits["recurrent"].numpy())[1:, 1:]
    shares = {}
    for sample in everything("categorical", "one of two"):
        sampled = tuple(sample.sampled["recurrent"].numpy()[1:, 0])
        share = float(np.exp(sample.log_probability))
        shares[sampled] = shares.get(sampled, 0) + share
    for edge in range(2):
        for k in range(2):
            sampled = [-1, -1]
            sampled[edge] = k + 1
            expected = flat[edge, k] / flat.sum()
            assert shares[tuple(sampled)] == pytest.approx(expected, rel=1e-4)


def test_the_alphas_are_the_bias_of_a_controller():
    policy = kd.relaxations.Controller(tanh_constant=None)
    policy.prepare(CELLS["every edge"])
    policy.candidate.assign(np.zeros((32, 3)))
    logits = {"cell": tf.random.stateless_normal((3, 3), (0, 1))}
    shares = policy(logits, training=False)["cell"]
    np.testing.assert_allclose(shares, tf.nn.softmax(logits["cell"]), rtol=1e-5)


def test_a_controller_bounds_what_candidates_differ_by():
    policy, logits = prepared("controller", "every edge", scale=100.0)
    shares = policy(logits, training=False)["cell"].numpy()
    # 3 / 2.5 in either direction.
    assert shares.max() / shares.min() < np.exp(2 * 1.2) * (1 + 1e-5)
    policy.temperature.assign(1e6)
    shares = policy(logits, training=False)["cell"].numpy()
    np.testing.assert_allclose(shares, 1 / 3, rtol=1e-2)


def test_a_controller_decides_in_view_of_what_it_has_decided():
    by_first = {}
    for sample in everything("controller", "every edge"):
        first, second, _ = sample.sampled["cell"].numpy()[:, 0]
        shares = by_first.setdefault(first, np.zeros(3))
        shares[second] += float(np.exp(sample.log_probability))
    rows = np.array([row / row.sum() for row in by_first.values()])
    assert np.ptp(rows, axis=0).max() > 0.05


def test_a_controller_carries_its_state_from_cell_to_cell():
    policy, logits = prepared("controller", "two of three", scale=1.0)
    by_first = {}
    for sample in enumerated(policy, logits):
        first = tuple(sample.sampled["normal"].numpy()[:, 0])
        last = tuple(sample.sampled["reduce"].numpy()[:, 0])
        shares = by_first.setdefault(first, {})
        share = float(np.exp(sample.log_probability))
        shares[last] = shares.get(last, 0) + share
    rows = [
        np.array([row[key] for key in sorted(row)]) for row in by_first.values()
    ]
    assert np.ptp([row / row.sum() for row in rows], axis=0).max() > 1e-3


def test_a_gradient_reaches_every_weight_of_a_controller():
    policy, logits = prepared("controller", "two of three", scale=1.0)
    variables = [v.value for v in policy.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(variables)
        tape.watch(logits)
        log_probability = policy.sample_architecture(logits).log_probability
    for gradient in [
        *tape.gradient(log_probability, [*variables, *logits.values()])
    ]:
        assert np.any(gradient)


@EACH
def test_what_is_likely_is_derived_until_one_is_chosen(name):
    policy, logits = prepared(name, "two of three")
    space = kd.SearchSpace(**CELLS["two of three"])
    derive = kd.discretizers.BestOfSamples()
    weights = {k: w.numpy() for k, w in policy(logits).items()}
    if name != "uniform":
        likely, _ = policy.walk(logits, lambda logs: tf.argmax(logs, -1))
        likely = {k: w.numpy() for k, w in likely.weights.items()}
        for result in zip(
            derive(space, weights, {}).nodes("normal"),
            derive(space, likely, {}).nodes("normal"),
            strict=True,
        ):
            # The stronger edge stands first.
            assert sorted(result[0]) == sorted(result[1])
    sample = policy.sample_architecture(logits)
    policy.choose(sample.sampled)
    for cell_type, result in policy(logits).items():
        np.testing.assert_array_equal(result, sample.weights[cell_type])
    policy.choose(None)
    for cell_type, result in policy(logits).items():
        np.testing.assert_array_equal(result, weights[cell_type])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: kd.relaxations.Controller(units=0), "`units` must be"),
        (lambda: kd.relaxations.Controller(num_layers=0), "`num_layers` must"),
        (
            lambda: kd.relaxations.Controller(temperature=0),
            "`temperature` must be positive",
        ),
        (
            lambda: kd.relaxations.Controller(tanh_constant=-1.0),
            "`tanh_constant` must be positive",
        ),
        (
            lambda: kd.discretizers.BestOfSamples(num_samples=0),
            "`num_samples` must",
        ),
        (
            lambda: kd.discretizers.BestOfSamples(num_batches=0),
            "`num_batches` must",
        ),
    ],
)
def test_settings_that_make_no_piece_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
