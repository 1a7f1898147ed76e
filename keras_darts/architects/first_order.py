"""The architecture gradient without a look ahead."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from keras_darts.architects.base import Architect

if TYPE_CHECKING:
    from typing import Any

    import tensorflow as tf

    from keras_darts.relaxations.problem import LossAndGradients
    from keras_darts.relaxations.problem import Problem


@dataclasses.dataclass(frozen=True)
class FirstOrder(Architect):
    """Gradient of the search loss at the present weights.

    Example:

    >>> FirstOrder().get_config()
    {}

    Reference: Liu et al., 2019, DARTS, section 2.3, with xi = 0.
    """

    def gradients(
        self, problem: Problem, train_batch: Any, valid_batch: Any
    ) -> tuple[LossAndGradients, list[tf.Tensor]]:
        """What the search loss was, and its architecture gradients."""
        result = problem.gradients(
            valid_batch,
            problem.weight_values(),
            problem.arch_values(),
            wrt="arch",
            searching=True,
        )
        return result, result.arch
