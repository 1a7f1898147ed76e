"""The architecture gradient of the training loss."""

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
class SingleLevel(Architect):
    """Gradient of the training loss, as if alphas were weights.

    Nothing is learned from the search part of the data, which only monitors:
    give all data as `x` and a few as `validation_data`.

    Example:

    >>> SingleLevel().get_config()
    {}

    Reference: Xie et al., 2019, SNAS, section 2.2; Liu et al., 2019, DARTS,
    section 3.2, where it is the ablation of simultaneous SGD.
    """

    def gradients(
        self, problem: Problem, train_batch: Any, valid_batch: Any
    ) -> tuple[LossAndGradients, list[tf.Tensor]]:
        """What the training loss was, and its architecture gradients."""
        result = problem.gradients(
            train_batch,
            problem.weight_values(),
            problem.arch_values(),
            wrt="arch",
            searching=True,
        )
        return result, result.arch
