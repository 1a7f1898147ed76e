"""What the pieces of a strategy see of the bilevel problem of a search.

The batches that a problem takes are its own: of a search tuples (x, y) or
(x, y, sample weight). Weights and their gradients are lists of tensors in
which a search packs its variables.
"""

from __future__ import annotations

import typing
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf

    from keras_darts.relaxations.policy import Policy
    from keras_darts.relaxations.policy import Sample


class LossAndGradients(typing.NamedTuple):
    """A loss and what came with it.

    Gradients that were not asked for are empty lists, and those of the weights
    are packed; `state` holds the new values of
    `search.supernet.non_trainable_variables`, and `mixing` the gradients of
    mixing weights that were given. `reward` is that of an architecture that
    was drawn.
    """

    loss: tf.Tensor
    weights: list[tf.Tensor]
    arch: list[tf.Tensor]
    outputs: Any
    state: list[tf.Tensor]
    mixing: dict[str, tf.Tensor] | None = None
    reward: tf.Tensor | None = None


class Problem(typing.Protocol):
    """Two losses of weights and alphas, which architects differentiate.

    No method changes a variable. `kd.testing.ToyBilevelProblem` is one, and
    `search.bilevel_problem.BilevelProblem` that of a search, which documents
    the arguments.
    """

    @property
    def unroll_clip_norm(self) -> float | None:
        """The recipe's bound on norms inside the coming step, or `None`."""

    def weight_values(self) -> list[tf.Tensor]:
        """The present weights."""

    def arch_values(self) -> list[tf.Tensor]:
        """The present alphas and betas."""

    def step_size(self) -> tf.Tensor:
        """The learning rate of the coming step of the weights."""

    def stepped(
        self, weights: list[tf.Tensor], gradients: list[tf.Tensor]
    ) -> list[tf.Tensor]:
        """Where the coming step moves the weights."""

    def gradients(
        self,
        batch: Any,
        weights: list[tf.Tensor],
        arch: list[tf.Tensor],
        wrt: str,
        *,
        searching: bool = False,
        full_precision: bool = False,
    ) -> LossAndGradients:
        """The loss on a batch and its gradients, summed over replicas."""

    def mixed_hvp(
        self,
        batch: Any,
        weights: list[tf.Tensor],
        arch: list[tf.Tensor],
        vector: list[tf.Tensor],
    ) -> list[tf.Tensor]:
        """The second derivative of the loss, (d2 L/da dw) applied to v."""


class SearchProblem(Problem, typing.Protocol):
    """A `Problem` that is that of a search, with mixing weights and draws."""

    @property
    def policy(self) -> Policy:
        """The relaxation, where architectures are drawn from it."""

    def mixing(self) -> dict[str, tf.Tensor]:
        """The mixing weights of each cell type, without any chance."""

    def gradients(
        self,
        batch: Any,
        weights: list[tf.Tensor],
        arch: list[tf.Tensor],
        wrt: str,
        *,
        penalized: bool = False,
        searching: bool = False,
        mixing: dict[str, tf.Tensor] | None = None,
        sampled: dict[str, tf.Tensor] | None = None,
        training: bool = True,
        full_precision: bool = False,
    ) -> LossAndGradients:
        """The loss on a batch and its gradients, summed over replicas."""

    def total(self, loss: tf.Tensor) -> tf.Tensor:
        """The sum of a loss over replicas."""

    def arch_hvp(
        self,
        batch: Any,
        weights: list[tf.Tensor],
        arch: list[tf.Tensor],
        vector: list[tf.Tensor],
    ) -> list[tf.Tensor]:
        """The second derivative of the loss, (d2 L/da2) applied to v."""

    def sample(self, arch: list[tf.Tensor], number: int = 1) -> Sample:
        """A draw of the policy, the same on all replicas."""

    def judge(
        self,
        batch: Any,
        weights: dict[str, tf.Tensor],
        sampled: dict[str, tf.Tensor],
    ) -> LossAndGradients:
        """Loss and reward of an architecture, without any gradient."""

    def samples(
        self, count: int, batches: list[Any]
    ) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Draws architectures, and judges all of them on the same batches."""
