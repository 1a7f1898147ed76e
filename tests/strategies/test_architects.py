"""Architecture gradients against what they are by definition."""

import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.architects import FirstOrder
from keras_darts.architects import Unrolled
from keras_darts.testing import ToyBilevelProblem

HESSIANS = ("finite_difference", "exact")


def toy_problem():
    """Figure 2 of DARTS: the best a is 1, where the weights' best w is a."""
    return ToyBilevelProblem(
        {
            "train": lambda w, a: w[0] ** 2 - 2 * w[0] * a[0] + a[0] ** 2,
            "search": lambda w, a: a[0] * w[0] - 2 * a[0] + 1,
        },
        weights=[tf.constant(-2.0, "float64")],
        arch=[tf.constant(2.0, "float64")],
        step_size=0.5,
    )


def alternated(problem, architect, steps=100, rate=0.2):
    """Where steps of the architecture and of the weights by turns end."""
    for _ in range(steps):
        _, gradients = architect.gradients(problem, "train", "search")
        problem.arch = [
            a - rate * g for a, g in zip(problem.arch, gradients, strict=True)
        ]
        gradient = problem.gradients(
            "train", problem.weights, problem.arch, wrt="weights"
        )
        problem.weights = problem.stepped(problem.weights, gradient.weights)
    return float(problem.arch[0]), float(problem.weights[0])


@pytest.mark.parametrize("hessian", HESSIANS)
def test_unrolled_solves_the_problem_of_the_paper(hessian):
    result = alternated(toy_problem(), Unrolled(hessian))
    assert result == pytest.approx((1.0, 1.0), abs=1e-6)


def test_first_order_ends_elsewhere():
    result = alternated(toy_problem(), FirstOrder())
    assert result == pytest.approx((2.0, 2.0), abs=1e-6)


def quadratic_problem(seed=0):
    """Losses whose gradients and mixed product are known by hand."""
    generator = np.random.default_rng(seed)
    a_matrix, b_matrix, c_matrix = (
        tf.constant(generator.normal(size=shape))
        for shape in ((4, 4), (3, 4), (3, 4))
    )
    problem = ToyBilevelProblem(
        {
            "train": lambda w, a: (
                tf.reduce_sum((a_matrix @ w[0]) ** 2) / 2
                + tf.reduce_sum(a[0] * (b_matrix @ w[0]))
            ),
            "search": lambda w, a: (
                tf.reduce_sum(w[0] ** 2) / 2
                + tf.reduce_sum(a[0] * (c_matrix @ w[0]))
            ),
        },
        weights=[tf.constant(generator.normal(size=(4, 1)))],
        arch=[tf.constant(generator.normal(size=(3, 1)))],
        step_size=0.1,
    )
    return problem, [m.numpy() for m in (a_matrix, b_matrix, c_matrix)]


def clipped(vector, norm):
    """The vector at a bounded length, and the factor."""
    if norm is None:
        return vector, 1.0
    factor = min(1.0, norm / (np.linalg.norm(vector) + 1e-6))
    return vector * factor, factor


@pytest.mark.parametrize("clip_norm", [None, 0.25, 1e9])
@pytest.mark.parametrize("hessian", HESSIANS)
def test_unrolled_equals_the_closed_form(hessian, clip_norm):
    problem, (a_matrix, b_matrix, c_matrix) = quadratic_problem()
    w, a = problem.weights[0].numpy(), problem.arch[0].numpy()
    g, shrink = clipped(a_matrix.T @ a_matrix @ w + b_matrix.T @ a, clip_norm)
    w_ahead = w - 0.1 * g
    v, _ = clipped(w_ahead + c_matrix.T @ a, clip_norm)
    expected = c_matrix @ w_ahead - shrink * 0.1 * b_matrix @ v
    seen, gradients = Unrolled(hessian, clip_norm=clip_norm).gradients(
        problem, "train", "search"
    )
    np.testing.assert_allclose(gradients[0], expected, rtol=1e-9, atol=1e-10)
    expected_loss = (w_ahead**2).sum() / 2 + (a * (c_matrix @ w_ahead)).sum()
    assert float(seen.loss) == pytest.approx(expected_loss)


def test_clipping_that_never_acts_changes_nothing():
    problem, _ = quadratic_problem()
    _, free = Unrolled().gradients(problem, "train", "search")
    _, loose = Unrolled(clip_norm=1e9).gradients(problem, "train", "search")
    np.testing.assert_array_equal(free[0], loose[0])


def smooth_problem(seed=0):
    """A small net of mixed tanh and sine units, in float64."""
    generator = np.random.default_rng(seed)
    inputs, targets = (
        {
            name: tf.constant(generator.normal(size=(16, width)))
            for name in ("train", "search")
        }
        for width in (5, 2)
    )

    def loss(name):
        def value(w, a):
            mix = tf.nn.softmax(a[0])
            hidden = inputs[name] @ w[0]
            hidden = mix[0] * tf.tanh(hidden) + mix[1] * tf.sin(hidden)
            outputs = hidden @ w[1] * tf.sigmoid(a[1])
            return tf.reduce_mean((outputs - targets[name]) ** 2)

        return value

    return ToyBilevelProblem(
        {name: loss(name) for name in inputs},
        weights=[
            tf.constant(generator.normal(size=shape))
            for shape in ((5, 8), (8, 2))
        ],
        arch=[tf.constant([0.3, -0.2], "float64"), tf.constant(0.1, "float64")],
        step_size=0.3,
    )


def through_the_step(problem):
    """The search loss after the step, differentiated as a whole."""
    weights, arch = problem.weight_values(), problem.arch_values()
    with tf.GradientTape() as tape:
        tape.watch(arch)
        gradients = problem.gradients("train", weights, arch, wrt="weights")
        ahead = problem.stepped(weights, gradients.weights)
        loss = problem.losses["search"](ahead, arch)
    return tape.gradient(loss, arch)


@pytest.mark.parametrize("hessian", HESSIANS)
@pytest.mark.parametrize("seed", range(3))
def test_unrolled_is_the_derivative_through_the_coming_step(seed, hessian):
    problem = smooth_problem(seed)
    _, gradients = Unrolled(hessian).gradients(problem, "train", "search")
    for one, expected in zip(gradients, through_the_step(problem), strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-4)


def test_second_order_differs_from_first_on_that_problem():
    problem = smooth_problem()
    first, second = (
        architect.gradients(problem, "train", "search")[1]
        for architect in (FirstOrder(), Unrolled())
    )
    for one, other in zip(first, second, strict=True):
        assert np.abs(one - other).max() > 0.1 * np.abs(one).max()


def test_the_difference_does_not_depend_on_a_small_epsilon():
    problem = smooth_problem()
    gradients = [
        Unrolled(epsilon=epsilon).gradients(problem, "train", "search")[1]
        for epsilon in (1e-2, 1e-3)
    ]
    for one, other in zip(*gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4)


def test_the_shift_is_epsilon_long_along_v():
    problem, points = smooth_problem(), []
    original = problem.gradients

    def recorded(batch, weights, arch, wrt, searching=False, **options):
        points.append((batch, wrt, searching, weights))
        return original(batch, weights, arch, wrt, **options)

    problem.gradients = recorded
    Unrolled(epsilon=0.02).gradients(problem, "train", "search")
    assert [point[:3] for point in points] == [
        ("train", "weights", False),
        ("search", "both", True),
        ("train", "arch", False),
        ("train", "arch", False),
    ]
    ahead, behind = (
        [p - w for p, w in zip(weights, problem.weights, strict=True)]
        for *_, weights in points[2:]
    )
    assert float(tf.linalg.global_norm(ahead)) == pytest.approx(0.02)
    for plus, minus in zip(ahead, behind, strict=True):
        np.testing.assert_allclose(plus, -minus)


def test_first_order_is_the_plain_gradient_of_the_search_loss():
    problem = smooth_problem()
    with tf.GradientTape() as tape:
        tape.watch(problem.arch)
        expected_loss = problem.losses["search"](problem.weights, problem.arch)
    expected = tape.gradient(expected_loss, problem.arch)
    del problem.losses["train"]  # It has no need of the training batch.
    seen, gradients = FirstOrder().gradients(problem, "train", "search")
    assert float(seen.loss) == float(expected_loss)
    for one, other in zip(gradients, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("hessian", HESSIANS)
def test_weights_without_influence_leave_the_first_order_gradient(hessian):
    problem = ToyBilevelProblem(
        {
            "train": lambda w, a: w[0] * a[0],
            "search": lambda w, a: a[0] ** 2 + 0 * w[0],
        },
        weights=[tf.constant(1.0)],
        arch=[tf.constant(3.0)],
    )
    _, gradients = Unrolled(hessian).gradients(problem, "train", "search")
    assert float(gradients[0]) == 6.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hessian": "exakt"}, "Did you mean exact"),
        ({"epsilon": 0.0}, "`epsilon` must be positive"),
        ({"clip_norm": -1.0}, "`clip_norm` must be positive"),
    ],
)
def test_settings_that_make_no_architect_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        kd.architects.Unrolled(**settings)
