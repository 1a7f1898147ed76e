"""The architecture gradient without a look ahead."""

import dataclasses

from keras_darts.architects.base import Architect


@dataclasses.dataclass(frozen=True)
class FirstOrder(Architect):
    """Gradient of the search loss at the present weights.

    Example:

    >>> FirstOrder().get_config()
    {}

    Reference: Liu et al., 2019, DARTS, section 2.3, with xi = 0.
    """

    def gradients(self, problem, train_batch, valid_batch):
        """What the search loss was, and its architecture gradients."""
        result = problem.gradients(
            valid_batch,
            problem.weight_values(),
            problem.arch_values(),
            wrt="arch",
            searching=True,
        )
        return result, result.arch
