"""Terms of the architecture loss by their values."""

import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.testing.small import small_search

GATES = {
    "normal": np.array([[0.0, 0.5, 1.0]], "float32"),
    "reduce": np.array([[0.25, 0.5, 0.9]], "float32"),
}


@pytest.mark.parametrize(
    ("norm", "mean"),
    [
        ("l2", (0.25 + 0 + 0.25 + 0.0625 + 0 + 0.16) / 6),
        ("l1", (0.5 + 0 + 0.5 + 0.25 + 0 + 0.4) / 6),
    ],
)
def test_zero_one_is_minus_the_mean_distance_of_all_gates(norm, mean):
    result = kd.regularizers.ZeroOne(norm=norm)({}, GATES)
    assert float(result) == pytest.approx(-10 * mean, rel=1e-6)


def test_zero_one_moves_gates_away_from_a_half():
    logits = tf.Variable([[0.1, -0.1]])
    term = kd.regularizers.ZeroOne()
    for _ in range(50):
        with tf.GradientTape() as tape:
            loss = term({}, {"normal": tf.sigmoid(logits)})
        logits.assign_sub(tape.gradient(loss, logits))
    gates = tf.sigmoid(logits).numpy()
    assert gates[0, 0] > 0.95
    assert gates[0, 1] < 0.05


def test_beta_decay_pulls_by_the_softmax():
    logits = tf.constant([[0.0, 1.0, 3.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        term = kd.regularizers.BetaDecay(2.0)({"normal": logits}, {})
    expected = 2 * np.log(np.exp([0.0, 1.0, 3.0]).sum())
    assert float(term) == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(
        tape.gradient(term, logits), 2 * tf.nn.softmax(logits), rtol=1e-5
    )


def test_dirichlet_divergence_is_the_one_of_many_draws():
    logits = np.array([[0.5, 2.0, -1.0, -1e9]], "float32")
    term = kd.regularizers.DirichletDivergence(1.0)({"normal": logits}, {})
    c = np.array([1.5, 3.0, np.exp(-1.0)])
    draws = np.random.default_rng(0).dirichlet(c, 400_000)
    lgamma = tf.math.lgamma
    constant = float(lgamma(c.sum()) - tf.reduce_sum(lgamma(c)))
    log_density = constant + ((c - 1) * np.log(draws)).sum(-1)
    uniform = float(lgamma(tf.constant(3.0, "float64")))
    expected = (log_density - uniform).mean()
    assert float(term) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("measure", ["parameters", "macs"])
def test_cost_is_the_expected_share_of_the_highest(measure):
    space = kd.search_spaces.darts_cnn(
        4, 3, num_nodes=1, primitives=("none", "skip_connect", "sep_conv_3x3")
    )
    term = kd.regularizers.Cost(measure, weight=1.0)
    supernet = small_search(space).supernet
    term.prepare(supernet)
    shape = (2, 3)

    def mix(k):
        one_hot = np.zeros(shape, "float32")
        one_hot[:, k] = 1
        return {"normal": one_hot, "reduce": one_hot}

    assert float(term({}, mix(0))) == 0
    assert float(term({}, mix(2))) == pytest.approx(1, rel=1e-6)
    assert 0 <= float(term({}, mix(1))) < 0.5
    if measure == "parameters":
        # Twice depthwise and pointwise, and two normalisations: C = 4 in the
        # only normal cell before the first reduction.
        c = supernet.cells[0].filters
        assert term.costs["normal"].max() == 2 * (9 * c + c * c + 2 * c)


def test_a_schedule_can_move_the_factor():
    term = kd.regularizers.BetaDecay(1.0)
    logits = {"normal": np.zeros((1, 2), "float32")}
    before = float(term(logits, {}))
    (factor,) = term.variables
    assert factor.name == "beta_decay_weight"
    factor.assign(50.0)
    assert float(term(logits, {})) == pytest.approx(50 * before)


def test_the_cheaper_candidate_gains_under_cost():
    def strongest(regularizers):
        space = kd.search_spaces.darts_cnn(
            4, 3, num_nodes=1, primitives=("skip_connect", "sep_conv_5x5")
        )
        strategy = kd.SearchStrategy(regularizers=regularizers)
        search = small_search(space, strategy)
        search.compile(run_eagerly=True)
        x = np.random.default_rng(0).normal(size=(4, 8, 8, 1))
        batch = (x.astype("float32"), np.arange(4) % 3)
        return search.architecture_gradients(batch, batch)[0].numpy()

    plain = strongest(())
    priced = strongest((kd.regularizers.Cost("macs", weight=1.0),))
    # Going down the gradient lowers the alpha of what costs more.
    assert np.all((priced - plain)[:, 1] > 0)
    assert np.all((priced - plain)[:, 0] < 0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: kd.regularizers.ZeroOne(norm="l3"), "`norm` must be"),
        (lambda: kd.regularizers.Cost("money"), "`measure` must be"),
    ],
)
def test_settings_that_make_no_term_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
