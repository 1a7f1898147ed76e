"""The architecture gradient through one coming step of the weights."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import tensorflow as tf

from keras_darts.architects.base import Architect
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.relaxations.problem import LossAndGradients
    from keras_darts.relaxations.problem import Problem

_HESSIANS = ("finite_difference", "exact")


@dataclasses.dataclass(frozen=True)
class Unrolled(Architect):
    """Gradient of the search loss at the weights after one more SGD step.

    With w' = w - xi * (the step that SGD is about to take on the training
    batch), the gradient is dL_search(w', a)/da - xi * (d2 L_train(w, a)/da dw)
    applied to v = dL_search(w', a)/dw'. The product with the second
    derivative is computed by moving the weights along v in both directions, or
    exactly by differentiating twice.

    A search in mixed precision computes all of it in full precision.

    On a network with ReLUs finite difference and exact derivative differ, since
    the shifts cross kinks; on a smooth one they agree.

    Args:
        hessian: `"finite_difference"` or `"exact"`. Defaults to
            `"finite_difference"`.
        epsilon: Float > 0, length of the shift of all weights together.
            Defaults to `0.01`.
        clip_norm: Float. Clips the training gradient inside the coming step
            and the vector v to this global norm, as the recurrent search
            does; infinity never clips. Defaults to `None`: the bound of the
            recipe, 0.25 for language and none for others.

    Raises:
        ValueError: for an unknown `hessian`, or numbers that are not
            positive.

    Example:

    >>> Unrolled(hessian="exact").get_config()
    {'hessian': 'exact', 'epsilon': 0.01, 'clip_norm': None}

    Reference: Liu et al., 2019, DARTS, equations 5 to 8.
    """

    looks_ahead = True
    full_precision = True

    hessian: str = "finite_difference"
    epsilon: float = 0.01
    clip_norm: float | None = None

    def __post_init__(self) -> None:
        if self.hessian not in _HESSIANS:
            raise unknown_name("hessian", self.hessian, _HESSIANS)
        for name in ("epsilon", "clip_norm"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(
                    f"`{name}` must be positive. Received: {name}={value}"
                )

    @property
    def second_derivatives(self) -> bool:
        return self.hessian == "exact"

    def gradients(
        self, problem: Problem, train_batch: Any, valid_batch: Any
    ) -> tuple[LossAndGradients, list[tf.Tensor]]:
        """What the search loss was at w', and the architecture gradients."""
        w, a = problem.weight_values(), problem.arch_values()
        # In half precision v would point elsewhere: its errors are not small
        # compared with what the product with the second derivative is.
        g = problem.gradients(
            train_batch, w, a, wrt="weights", full_precision=True
        ).weights
        g, shrink = self._clip(problem, g)
        result = problem.gradients(
            valid_batch,
            problem.stepped(w, g),
            a,
            wrt="both",
            searching=True,
            full_precision=True,
        )
        v, _ = self._clip(problem, result.weights)
        if self.hessian == "exact":
            implicit = problem.mixed_hvp(train_batch, w, a, v)
        else:
            implicit = self._difference(problem, train_batch, w, a, v)
        xi = shrink * problem.step_size()
        return result, [
            d - tf.cast(xi, d.dtype) * h
            for d, h in zip(result.arch, implicit, strict=True)
        ]

    def _clip(self, problem, tensors):
        """The tensors at a bounded global norm, and the factor applied."""
        bound = self.clip_norm
        if bound is None:
            bound = problem.unroll_clip_norm
        if bound is None:
            return tensors, 1.0
        norm = tf.linalg.global_norm(tensors)
        factor = tf.minimum(bound / (norm + 1e-6), 1.0)
        return [t * factor for t in tensors], factor

    def _difference(self, problem, batch, w, a, v):
        # A vanishing v leaves nothing to shift along: the product is zero.
        shift = tf.math.divide_no_nan(
            tf.cast(self.epsilon, v[0].dtype), tf.linalg.global_norm(v)
        )
        ahead = self._arch_gradients(problem, batch, w, a, v, shift)
        # One after the other: both at once would hold the activations of two.
        with tf.control_dependencies(ahead):
            behind = self._arch_gradients(problem, batch, w, a, v, -shift)
        return [
            tf.math.divide_no_nan(p - n, tf.cast(2 * shift, p.dtype))
            for p, n in zip(ahead, behind, strict=True)
        ]

    def _arch_gradients(self, problem, batch, w, a, v, shift):
        moved = [wi + shift * vi for wi, vi in zip(w, v, strict=True)]
        # In half precision the shifts would vanish in rounding.
        return problem.gradients(
            batch, moved, a, wrt="arch", full_precision=True
        ).arch
