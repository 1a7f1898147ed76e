"""A bilevel problem made of two functions, for tests of architects."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from keras_darts.relaxations.problem import LossAndGradients


class ToyBilevelProblem:
    """Gives architects what they see of a search, for losses by hand.

    It stands at a point, `weights` and `arch`, which a test may move. Batches
    are names of losses; the coming step is that of plain gradient descent.

    Args:
        losses: Dictionary from the name of a batch to a function
            `(weights, arch)` -> scalar of lists of tensors.
        weights: List of tensors.
        arch: List of tensors.
        step_size: Float, of the weights' coming step. Defaults to `0.5`.

    Example:

    The problem of figure 2 of DARTS, whose solution is (1, 1):

    >>> problem = kd.testing.ToyBilevelProblem(
    ...     {
    ...         "train": lambda w, a: (w[0] - a[0]) ** 2,
    ...         "search": lambda w, a: a[0] * w[0] - 2 * a[0] + 1,
    ...     },
    ...     weights=[tf.constant(-2.0)],
    ...     arch=[tf.constant(2.0)],
    ... )
    >>> _, gradients = kd.architects.FirstOrder().gradients(
    ...     problem, "train", "search"
    ... )
    >>> float(gradients[0])
    -4.0
    """

    def __init__(
        self,
        losses: Mapping[str, Callable[..., Any]],
        weights: Sequence[tf.Tensor],
        arch: Sequence[tf.Tensor],
        step_size: float = 0.5,
    ) -> None:
        self.losses: dict[str, Callable[..., Any]] = dict(losses)
        self.weights: list[tf.Tensor] = list(weights)
        self.arch: list[tf.Tensor] = list(arch)
        self.rate = step_size
        self.unroll_clip_norm: float | None = None

    def weight_values(self) -> list[tf.Tensor]:
        return list(self.weights)

    def arch_values(self) -> list[tf.Tensor]:
        return list(self.arch)

    def step_size(self) -> tf.Tensor:
        return tf.constant(self.rate, self.weights[0].dtype)

    def stepped(
        self, weights: Sequence[tf.Tensor], gradients: Sequence[tf.Tensor]
    ) -> list[tf.Tensor]:
        rate = self.step_size()
        return [w - rate * g for w, g in zip(weights, gradients, strict=True)]

    def gradients(
        self,
        batch: Any,
        weights: Sequence[tf.Tensor] | None,
        arch: Sequence[tf.Tensor] | None,
        wrt: str,
        searching: bool = False,
        full_precision: bool = False,
    ) -> LossAndGradients:
        # Tensors of a problem by hand have the precision that they have.
        wanted = {
            "weights": list(weights) if wrt != "arch" else [],
            "arch": list(arch) if wrt != "weights" else [],
        }
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(wanted)
            loss = self.losses[batch](weights, arch)
        gradients = tape.gradient(
            loss, wanted, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
        return LossAndGradients(
            loss, gradients["weights"], gradients["arch"], None, []
        )

    def mixed_hvp(
        self,
        batch: Any,
        weights: Sequence[tf.Tensor],
        arch: Sequence[tf.Tensor],
        vector: Sequence[tf.Tensor],
    ) -> list[tf.Tensor]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(arch)
            result = self.gradients(batch, weights, arch, wrt="weights")
            along = tf.add_n(
                [
                    tf.reduce_sum(g * v)
                    for g, v in zip(result.weights, vector, strict=True)
                ]
            )
        return tape.gradient(
            along, arch, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
