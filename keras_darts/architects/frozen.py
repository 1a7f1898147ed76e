"""No step of the architecture at all."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import tensorflow as tf

from keras_darts.architects.base import Architect

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.relaxations.problem import Problem


@dataclasses.dataclass(frozen=True)
class Frozen(Architect):
    """Leaves alphas and betas as they are: only weights are trained.

    There is no step of the architecture, which costs nothing then, and
    no `arch_loss`. For a search that decides at its end, such as random search
    with shared weights.

    Example:

    >>> strategy = kd.SearchStrategy("uniform_draws", architect=Frozen())
    >>> strategy.architect.updates_architecture
    False

    Reference: Li and Talwalkar, 2019, Random search and reproducibility for
    neural architecture search, section 3.3.
    """

    updates_architecture = False

    def gradients(
        self, problem: Problem, train_batch: Any, valid_batch: Any
    ) -> tuple[None, list[tf.Tensor]]:
        """No loss, and zeros for all architecture parameters."""
        return None, [tf.zeros_like(a) for a in problem.arch_values()]
