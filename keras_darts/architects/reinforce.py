"""The architecture gradient of an expected reward, from draws."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import tensorflow as tf

from keras_darts.architects.base import Architect
from keras_darts.utils.errors import positive_integer

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.relaxations.problem import LossAndGradients
    from keras_darts.relaxations.problem import SearchProblem


@dataclasses.dataclass(frozen=True)
class Reinforce(Architect):
    """Gradient by which good draws of a policy become more likely.

    Architectures are drawn from the relaxation, a `relaxations.Policy`, and
    run forward on the search batch; no gradient goes through the network. The
    reward R of one is its accuracy; for language it is 80 / perplexity, and
    for several labels at once and for regression exp(-loss). What the step
    ascends is, in the mean over draws, the expected reward plus the weight
    times the entropy of the policy.

    The baseline b is the moving mean of the rewards of earlier steps. It makes
    the estimate less noisy and not wrong; in the first step it is the reward
    itself, so that only the entropy has a say. The published code begins with
    a baseline of zero, and treats the entropy as a part of the reward alone,
    which for draws that don't depend on one another has no effect.

    As in every search here, a step of the weights follows each step of the
    architecture. The published code alternates by epochs: 300 rewards, ten a
    step, for 281 steps of the weights.

    Args:
        entropy_weight: Float >= 0. Defaults to `1e-4`.
        baseline_decay: Float in [0, 1), the part that older rewards keep in
            the baseline with each new one. Defaults to `0.99`.
        num_draws: Integer, architectures a step. Defaults to `1`.

    Raises:
        ValueError: for numbers out of range.

    Example:

    >>> strategy = kd.SearchStrategy("categorical", architect=Reinforce())
    >>> strategy.architect.get_config()["baseline_decay"]
    0.99

    Reference: Pham et al., 2018, Efficient neural architecture search via
    parameter sharing, section 2.2: the gradient is the mean of (R - b) times
    that of the log-probability; Williams, 1992.
    """

    samples = True

    entropy_weight: float = 1e-4
    baseline_decay: float = 0.99
    num_draws: int = 1

    def __post_init__(self) -> None:
        if not self.entropy_weight >= 0:
            raise ValueError(
                "`entropy_weight` must be 0 or more. Received: "
                f"entropy_weight={self.entropy_weight}"
            )
        if not 0 <= self.baseline_decay < 1:
            raise ValueError(
                "`baseline_decay` must be in [0, 1). Received: "
                f"baseline_decay={self.baseline_decay}"
            )
        positive_integer("num_draws", self.num_draws)

    def gradients(
        self, problem: SearchProblem, train_batch: Any, valid_batch: Any
    ) -> tuple[LossAndGradients, list[tf.Tensor]]:
        """What the loss and the reward were, and the descending gradients."""
        results = [
            self._of_draw(problem, valid_batch, number + 1)
            for number in range(self.num_draws)
        ]
        seen, gradients = zip(*results, strict=True)
        mean = seen[-1]._replace(
            loss=_mean([one.loss for one in seen]),
            reward=_mean([one.reward for one in seen]),
        )
        return mean, [_mean(g) for g in zip(*gradients, strict=True)]

    def after_step(
        self, problem: SearchProblem, result: LossAndGradients
    ) -> None:
        """Takes the reward of a step that was made into the baseline."""
        problem.policy.follow(result.reward, self.baseline_decay)

    def _of_draw(self, problem, batch, number):
        arch = problem.arch_values()
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(arch)
            sample = problem.sample(arch, number)
            with tape.stop_recording():
                result = problem.judge(batch, sample.weights, sample.sampled)
            reward = tf.cast(result.reward, sample.log_probability.dtype)
            entropy = self.entropy_weight * sample.entropy
            # How uncertain later decisions are depends on the earlier ones.
            reward += tf.stop_gradient(entropy)
            advantage = reward - problem.policy.baseline(reward)
            loss = -advantage * sample.log_probability - entropy
        gradients = tape.gradient(
            loss, arch, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return result._replace(reward=reward), gradients


def _mean(tensors):
    return tf.add_n(list(tensors)) / len(tensors)
