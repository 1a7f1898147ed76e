"""Relaxations by their values, by chance and by gradient."""

import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.relaxations.sampled import concentrations
from keras_darts.testing.small import small_search

LOGITS = tf.constant([[0.0, 1.0, 2.0, -1e9]] * 2000)
SHARES = np.exp([0.0, 1.0, 2.0]) / np.exp([0.0, 1.0, 2.0]).sum()
DRAWING = (
    kd.relaxations.GumbelSoftmax(hard=True, seed=0),
    kd.relaxations.BinaryGates(seed=0),
)


def test_sigmoid_gates_do_not_compete():
    gates = kd.relaxations.Sigmoid()(np.array([[0.0, 3.0, -1e9]], "float32"))
    np.testing.assert_allclose(gates, [[0.5, 1 / (1 + np.exp(-3)), 0]])


@pytest.mark.parametrize("layer", DRAWING, ids=lambda layer: layer.name)
def test_one_candidate_is_drawn_as_often_as_the_softmax_says(layer):
    weights, sampled = layer.sample(LOGITS, searching=False)
    assert sampled.shape == (2000, 1)
    np.testing.assert_array_equal(np.argmax(weights, -1), sampled[:, 0])
    np.testing.assert_array_equal(np.sort(weights, -1), [[0, 0, 0, 1]] * 2000)
    np.testing.assert_allclose(
        np.mean(weights, axis=0)[:3], SHARES, atol=4 * 0.5 / 2000**0.5
    )


@pytest.mark.parametrize("layer", DRAWING, ids=lambda layer: layer.name)
def test_outside_of_training_nothing_is_drawn(layer):
    np.testing.assert_allclose(layer(LOGITS[:1])[0, :3], SHARES, rtol=1e-5)


def test_hard_gumbel_has_the_gradient_of_the_soft_one():
    projection = tf.constant([[1.0, -2.0, 3.0, 4.0]])
    results = []
    for hard in (False, True):
        layer = kd.relaxations.GumbelSoftmax(0.7, hard=hard, seed=3)
        logits = LOGITS[:5]
        with tf.GradientTape() as tape:
            tape.watch(logits)
            along = tf.reduce_sum(layer(logits, training=True) * projection)
        results.append(tape.gradient(along, logits))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5, atol=1e-7)
    assert np.any(results[0])


def test_a_low_temperature_decides():
    spread = [
        np.mean(
            np.max(
                kd.relaxations.GumbelSoftmax(t, seed=0)(LOGITS, training=True),
                axis=-1,
            )
        )
        for t in (10.0, 1.0, 0.03)
    ]
    assert spread == sorted(spread)
    assert spread[-1] > 0.95
    assert spread[0] < 0.5


def test_two_gates_are_drawn_without_replacement_and_one_is_opened():
    weights, sampled = kd.relaxations.BinaryGates(seed=1).sample(LOGITS, True)
    first, second = sampled[:, 0], sampled[:, 1]
    assert np.all(first != second)
    assert np.all(sampled < 3), "an absent candidate was drawn"
    opened = np.argmax(weights, axis=-1)
    assert np.all((opened == first) | (opened == second))


def test_the_gradient_of_a_gate_moves_the_two_that_were_drawn():
    layer = kd.relaxations.BinaryGates(seed=0)
    logits, slopes = LOGITS[:6], tf.constant([[1.0, -2.0, 5.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        weights, sampled = layer.sample(logits, True)
        along = tf.reduce_sum(weights * slopes)
    gradient = tape.gradient(along, logits).numpy()
    for row, pair in zip(gradient, sampled.numpy(), strict=True):
        of_two = np.exp(LOGITS.numpy()[0][pair])
        p = of_two / of_two.sum()
        g = slopes.numpy()[0][pair]
        expected = np.zeros(4)
        # Equation 4 of ProxylessNAS for the two alone.
        expected[pair] = [
            sum(g[j] * p[j] * ((i == j) - p[i]) for j in range(2))
            for i in range(2)
        ]
        np.testing.assert_allclose(row, expected, rtol=1e-4, atol=1e-6)


def test_dirichlet_has_the_mean_and_the_spread_of_its_concentrations():
    logits = tf.constant([[-1.0, 0.5, 2.0]] * 4000)
    weights = kd.relaxations.Dirichlet(seed=0)(logits, training=True).numpy()
    c = np.array([np.exp(-1.0), 1.5, 3.0])
    np.testing.assert_allclose(concentrations(logits)[0], c, rtol=1e-6)
    mean = c / c.sum()
    variance = mean * (1 - mean) / (c.sum() + 1)
    np.testing.assert_allclose(weights.mean(0), mean, atol=0.02)
    np.testing.assert_allclose(weights.var(0), variance, rtol=0.1)


def test_dirichlet_gradient_is_that_of_the_expectation():
    # The mean of weight i is c_i / sum c, and c = 1 + a for positive logits.
    logits = tf.constant([[1.0, 2.0, 0.5]] * 8000)
    layer = kd.relaxations.Dirichlet(seed=0)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        first = tf.reduce_sum(layer(logits, training=True)[:, 0])
    gradients = tf.reduce_mean(tape.gradient(first, logits), axis=0)
    c = np.array([2.0, 3.0, 1.5])
    total = c.sum()
    expected = -c[0] / total**2 + np.array([1 / total, 0, 0])
    np.testing.assert_allclose(gradients, expected, atol=0.01)


class LossOfMixing:
    """What `Perturbed` sees of a search, for a loss of the weights alone."""

    def __init__(self, start, slope):
        self.start = {"normal": tf.constant(start)}
        self.slope = tf.constant(slope)
        self.asked = []

    def mixing(self):
        return self.start

    def weight_values(self):
        return []

    def arch_values(self):
        return []

    def total(self, loss):
        return loss

    def gradients(self, batch, weights, arch, wrt, mixing, training):
        self.asked.append((wrt, training))
        loss = tf.reduce_sum(mixing["normal"] * self.slope)
        result = kd.search.bilevel_problem.LossAndGradients(
            loss, [], [], None, [], {"normal": self.slope}
        )
        return result


START = [[0.25, 0.25, 0.25, 0.25, 0.0]]
SLOPE = [[1.0, -1.0, 0.0, 2.0, 1.0]]


def test_random_perturbation_stays_within_the_radius():
    start = [[0.25, 0.25, 0.25, 0.25, 0.0]] * 500
    problem = LossOfMixing(start, SLOPE)
    layer = kd.relaxations.Perturbed(radius=0.1, seed=0)
    moved = layer.perturb(problem, None)["normal"].numpy()
    np.testing.assert_allclose(moved.sum(-1), 1, rtol=1e-5)
    assert np.all(moved[:, -1] == 0), "an absent candidate has a weight"
    # Before they are divided by their sum, which is within 0.4 of one.
    assert 0.15 / 1.4 <= moved[:, :4].min() < 0.19
    assert 0.31 < moved[:, :4].max() <= 0.35 / 0.6
    assert problem.asked == []


def test_the_adversary_climbs_the_loss_in_seven_steps():
    problem = LossOfMixing(START, SLOPE)
    layer = kd.relaxations.Perturbed("adversarial", radius=0.1, seed=0)
    moved = layer.perturb(problem, None)["normal"].numpy()
    assert len(problem.asked) == 1 + 7 + 1
    assert set(problem.asked) == {("mixing", False)}
    slope = np.array(SLOPE)
    before, after = (np.sum(m * slope) for m in (np.array(START), moved))
    assert after > before + 0.1
    assert moved[0, 0] > 0.25 > moved[0, 1]
    assert moved[0, -1] == 0


def test_the_adversary_goes_back_if_the_loss_is_not_higher():
    class Falling(LossOfMixing):
        def gradients(self, *args, **options):
            gradients = super().gradients(*args, **options)
            return gradients._replace(loss=-tf.cast(len(self.asked), "float32"))

    problem = Falling(START, SLOPE)
    layer = kd.relaxations.Perturbed("adversarial", radius=0.1, seed=0)
    moved = layer.perturb(problem, None)["normal"]
    np.testing.assert_array_equal(moved, START)


@pytest.mark.parametrize("method", ["random", "adversarial"])
def test_perturbed_acts_on_steps_of_the_weights_alone(method):
    def course(relaxation):
        space = kd.search_spaces.darts_cnn(
            2, 3, num_nodes=1, primitives=("skip_connect", "dil_conv_3x3")
        )
        search = small_search(space, kd.SearchStrategy(relaxation=relaxation))
        search.compile(run_eagerly=True)
        x = np.random.default_rng(0).normal(size=(16, 8, 8, 1))
        batch = (x[:4].astype("float32"), np.arange(4) % 3)
        arch = search.architecture_gradients(batch, batch)
        search.fit(x, np.arange(16) % 3, batch_size=8, epochs=1, verbose=0)
        return arch[0].numpy(), search.weight_variables[0].numpy()

    arch, weights = course("softmax")
    layer = kd.relaxations.Perturbed(method, radius=0.3, seed=0)
    same_arch, other_weights = course(layer)
    np.testing.assert_array_equal(arch, same_arch)
    assert np.any(weights != other_weights)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: kd.relaxations.GumbelSoftmax(0.0), "`temperature` must be"),
        (lambda: kd.relaxations.Perturbed(radius=0), "`radius` must be"),
        (lambda: kd.relaxations.Perturbed("worst"), "`method` must be"),
        (lambda: kd.relaxations.Perturbed(steps=0), "`steps` must be"),
    ],
)
def test_settings_that_make_no_relaxation_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
