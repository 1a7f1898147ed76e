"""The relaxation of SmoothDARTS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import tensorflow as tf

from keras_darts.relaxations.base import Relaxation
from keras_darts.relaxations.base import Softmax
from keras_darts.relaxations.base import check_positive
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.relaxations.problem import SearchProblem
    from keras_darts.utils.typing import Config

_METHODS = ("random", "adversarial")


@keras.saving.register_keras_serializable(package="keras_darts")
class Perturbed(Relaxation):
    """Softmax, whose weights are disturbed in each step of the weights.

    The network so learns to stand architectures near the present one. Steps
    of the architecture see the softmax itself.

    - `"random"`: each mixing weight moves by a uniform draw within the radius.
    - `"adversarial"`: from such a random start the mixing weights climb the
      training loss, in steps of 2 radius / `steps` by the sign of the gradient
      and never further than the radius, with the layers in inference mode. If
      the loss is lower at the end, they go back to where they were.

    After each move the weights are cut to [0, 1] and divided by their sum.

    Args:
        method: `"random"` or `"adversarial"`. Defaults to `"random"`.
        radius: Float > 0, in the variable `radius`, which a schedule can
            move. Defaults to `0.03`.
        steps: Integer > 0, of the adversary. Defaults to `7`.
        temperature: Float > 0, of the softmax. Defaults to `1.0`.
        seed: Integer. Defaults to `None`.

    Example:

    >>> layer = Perturbed("adversarial", radius=0.3)
    >>> layer(np.zeros((1, 4), "float32"), training=True).numpy().tolist()
    [[0.25, 0.25, 0.25, 0.25]]

    Reference: Chen and Hsieh, 2020, Stabilizing differentiable architecture
    search via perturbation-based regularization, equations 4 to 6.
    """

    def __init__(
        self,
        method: str = "random",
        radius: float = 0.03,
        steps: int = 7,
        temperature: float = 1.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if method not in _METHODS:
            raise unknown_name("method", method, _METHODS)
        check_positive("radius", radius)
        check_positive("steps", steps)
        self.method = method
        self.initial_radius = radius
        self.steps = steps
        self.initial_temperature = temperature
        self.softmax: Softmax = Softmax(temperature)
        self.seed = seed
        self.seed_generator: keras.random.SeedGenerator = (
            keras.random.SeedGenerator(seed)
        )
        self.radius: keras.Variable = self._number("radius", radius)

    def call(
        self, logits: tf.Tensor, training: bool | None = None
    ) -> tf.Tensor:  # (E, K) -> (E, K)
        return self.softmax(logits, training=training)

    def perturb(
        self, problem: SearchProblem, batch: Any
    ) -> dict[str, tf.Tensor]:
        """The mixing weights of a step of the weights.

        Args:
            problem: `relaxations.problem.SearchProblem`.
            batch: The training batch of the step.

        Returns:
            Dictionary from cell types to mixing weights (E, K).
        """
        start = problem.mixing()
        moved = {
            cell_type: self._nearby(weights)
            for cell_type, weights in start.items()
        }
        if self.method == "random":
            return moved
        w, a = problem.weight_values(), problem.arch_values()

        def evaluate(mixing):
            return problem.gradients(
                batch, w, a, "mixing", mixing=mixing, training=False
            )

        before = problem.total(evaluate(start).loss)
        for _ in range(self.steps):
            slopes = evaluate(moved).mixing
            moved = {
                cell_type: self._climbed(
                    start[cell_type], weights, slopes[cell_type]
                )
                for cell_type, weights in moved.items()
            }
        higher = problem.total(evaluate(moved).loss) >= before
        return {
            cell_type: tf.where(higher, weights, start[cell_type])
            for cell_type, weights in moved.items()
        }

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "method": self.method,
            "radius": self.initial_radius,
            "steps": self.steps,
            "temperature": self.initial_temperature,
            "seed": self.seed,
        }

    def _nearby(self, weights):
        """Weights at random within the radius."""
        radius = tf.convert_to_tensor(self.radius)
        drawn = keras.random.uniform(
            weights.shape, -1, 1, seed=self.seed_generator
        )
        return _shares(weights + radius * drawn, weights)

    def _climbed(self, start, weights, slopes):
        """Weights a step up the loss, within the radius of the start."""
        radius = tf.convert_to_tensor(self.radius)
        moved = weights + 2 * radius / self.steps * tf.sign(slopes)
        change = tf.clip_by_value(moved - start, -radius, radius)
        return _shares(start + change, start)


def _shares(weights, start):
    """Cut to [0, 1] and divided by their sum; absent candidates stay zero."""
    inside = tf.clip_by_value(weights, 0, 1) * tf.cast(start > 0, start.dtype)
    return inside / tf.reduce_sum(inside, axis=-1, keepdims=True)
