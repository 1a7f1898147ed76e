"""REINFORCE against the gradient that it estimates."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from drawn_policies import POLICIES
from drawn_policies import sequences

import keras_darts as kd
from keras_darts.search.bilevel_problem import LossAndGradients
from keras_darts.supernet import ArchParameters

CELL = kd.CellSpec.uniform(
    ("tanh", "relu", "identity"), 2, num_inputs=1, edges_per_node=1
)


class Bandit:
    """Rewards that are made up, for each candidate on each edge.

    `pick` decides what is drawn; without it, it is drawn by chance.
    """

    def __init__(self, name, scale=1.0):
        self.policy = POLICIES[name](seed=0)
        self.layer = ArchParameters(
            {"recurrent": CELL}, self.policy, keras.initializers.Zeros()
        )
        generator = np.random.default_rng(0)
        self.variables = self.layer.arch_variables
        for variable in self.variables:
            variable.assign(scale * generator.normal(size=variable.shape))
        self.table = tf.constant(generator.random((3, 3)), "float32")
        self.pick = None

    def arch_values(self):
        return [tf.convert_to_tensor(v) for v in self.variables]

    def sample(self, arch, number=1):
        mapping = zip(self.variables, arch, strict=True)
        state = self.policy.seed_generator.state
        with keras.StatelessScope(state_mapping=list(mapping)) as scope:
            logits = self.layer.all_logits()
            if self.pick is not None:
                return self.policy.walk(logits, self.pick)[0]
            sample = self.policy.sample_architecture(logits)
        state.assign(scope.get_current_value(state))
        return sample

    def judge(self, batch, weights, sampled):
        reward = self.reward(weights["recurrent"])
        return LossAndGradients(1 - reward, [], [], None, [], reward=reward)

    def reward(self, weights):
        # No sum over edges, so that the best edge depends on the others.
        kept = tf.reduce_sum(self.table * weights, axis=-1)
        return kept[0] * tf.reduce_max(kept[1:]) + kept[0]


def exact_gradient(bandit, entropy_weight):
    """Of mean reward plus weighted entropy, over all architectures."""
    arch = bandit.arch_values()

    def part(choices):
        bandit.pick = choices.pick
        with tf.GradientTape() as tape:
            tape.watch(arch)
            sample = bandit.sample(arch)
            log = sample.log_probability
            reward = bandit.reward(sample.weights["recurrent"])
            objective = tf.exp(log) * (reward - entropy_weight * log)
        return tape.gradient(objective, arch)

    return [sum(parts) for parts in zip(*sequences(part), strict=True)]


def mean_estimates(bandit, architect, baselines):
    """What the estimates are in the mean over all architectures.

    For each baseline.
    """

    def part(choices):
        bandit.pick = choices.pick
        estimates = []
        for baseline in baselines:
            choices.restart()
            bandit.policy.reward_sum.assign(baseline)
            bandit.policy.reward_count.assign(1.0)
            _, gradients = architect.gradients(bandit, None, None)
            estimates.append(gradients)
        choices.restart()
        log = bandit.sample(bandit.arch_values()).log_probability
        return [[tf.exp(log) * one for one in e] for e in estimates]

    return [
        [sum(parts) for parts in zip(*estimates, strict=True)]
        for estimates in zip(*sequences(part), strict=True)
    ]


@pytest.mark.parametrize("entropy_weight", [0.0, 0.5])
@pytest.mark.parametrize("name", ["categorical", "controller"])
def test_the_mean_estimate_is_the_exact_gradient_by_any_baseline(
    name, entropy_weight
):
    bandit = Bandit(name)
    architect = kd.architects.Reinforce(entropy_weight)
    exact = exact_gradient(bandit, entropy_weight)
    for result in mean_estimates(bandit, architect, (0.0, 0.7, -3.0)):
        for one, expected in zip(result, exact, strict=True):
            size = np.abs(expected).max()
            assert size > 1e-4
            np.testing.assert_allclose(-one, expected, atol=2e-4 * size + 1e-6)


def test_several_draws_a_step_are_averaged():
    bandit, rewards, gradients = Bandit("categorical"), [], []
    bandit.policy.follow(tf.constant(0.5), 0.9)
    state = bandit.policy.seed_generator.state
    before = state.numpy()
    for _ in range(3):
        seen, gradient = kd.architects.Reinforce().gradients(bandit, None, None)
        rewards.append(float(seen.reward))
        gradients.append(gradient[0].numpy())
    state.assign(before)
    seen, gradient = kd.architects.Reinforce(num_draws=3).gradients(
        bandit, None, None
    )
    assert float(seen.reward) == pytest.approx(np.mean(rewards))
    np.testing.assert_allclose(
        gradient[0], np.mean(gradients, axis=0), atol=1e-6
    )
    assert np.ptp(rewards) > 0


def test_the_baseline_is_the_mean_of_earlier_rewards():
    policy = Bandit("categorical").policy
    assert float(policy.baseline(tf.constant(0.3))) == pytest.approx(0.3)
    rewards = [0.2, 0.6, 0.1]
    for reward in rewards:
        policy.follow(tf.constant(reward), 0.9)
    ages = 0.9 ** np.arange(3)[::-1]
    expected = (ages * rewards).sum() / ages.sum()
    assert float(policy.baseline(tf.constant(0.3))) == pytest.approx(expected)


def test_only_a_step_that_is_made_moves_the_baseline():
    bandit, architect = Bandit("categorical"), kd.architects.Reinforce()
    seen, _ = architect.gradients(bandit, None, None)
    assert float(bandit.policy.reward_count) == 0
    architect.after_step(bandit, seen)
    assert float(bandit.policy.reward_count) == 1
    assert float(bandit.policy.reward_sum) == pytest.approx(float(seen.reward))


@pytest.mark.parametrize("name", ["categorical", "controller"])
def test_the_best_arm_becomes_likely(name):
    bandit, architect = Bandit(name, scale=0.1), kd.architects.Reinforce()
    optimizer = keras.optimizers.Adam(0.05)

    def reward(choices):
        bandit.pick = choices.pick
        sample = bandit.sample(bandit.arch_values())
        return bandit.reward(sample.weights["recurrent"])

    rewards = [float(gradients) for gradients in sequences(reward)]
    bandit.pick = None

    def step():
        seen, gradients = architect.gradients(bandit, None, None)
        architect.after_step(bandit, seen)
        optimizer.apply(gradients, bandit.variables)
        return seen.reward

    optimizer.build(bandit.variables)
    step = tf.function(step, autograph=False)
    course = [float(step()) for _ in range(400)]
    first, last = np.mean(course[:30]), np.mean(course[-30:])
    assert last > first
    # A controller's bound lets it never be sure.
    share = 0.9 if name == "categorical" else 0.6
    assert last > min(rewards) + share * (max(rewards) - min(rewards))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"entropy_weight": -1.0}, "`entropy_weight` must be 0 or more"),
        ({"baseline_decay": 1.0}, r"`baseline_decay` must be in \[0, 1\)"),
        ({"num_draws": 0}, "`num_draws` must be"),
    ],
)
def test_settings_that_make_no_architect_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        kd.architects.Reinforce(**settings)


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        ({"architect": "reinforce"}, "must be Policy for Reinforce"),
        ({"discretizer": "best_of_samples"}, "Policy for BestOfSamples"),
        (
            {"relaxation": "uniform_draws", "architect": "reinforce"},
            "`architect` must be 'frozen' for UniformDraws",
        ),
        *[
            (
                {"relaxation": relaxation, "architect": architect},
                "`architect` must be 'reinforce' or 'frozen'",
            )
            for relaxation in ("uniform_draws", "categorical", "controller")
            for architect in ("first_order", "single_level", "unrolled")
        ],
        (
            {
                "relaxation": "categorical",
                "architect": "reinforce",
                "edge_normalization": True,
            },
            "`edge_normalization` must be False for Categorical",
        ),
        (
            {
                "relaxation": "categorical",
                "architect": "reinforce",
                "callbacks": [kd.callbacks.StopOnEigenvalue()],
            },
            "`callbacks` must go without StopOnEigenvalue",
        ),
        (
            {"architect": "frozen", "regularizers": ["entropy"]},
            "`regularizers` must be left out for Frozen",
        ),
    ],
)
def test_pieces_that_cannot_work_together_are_refused(pieces, message):
    with pytest.raises(ValueError, match=message):
        kd.SearchStrategy(**pieces)
