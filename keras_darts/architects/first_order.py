"""The architecture gradient without a look ahead."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class FirstOrder:
    """Gradient of the search loss at the present weights.

    Example:

    >>> FirstOrder().get_config()
    {}

    Reference: Liu et al., 2019, DARTS, section 2.3, with xi = 0.
    """

    def gradients(self, problem, train_batch, valid_batch):
        """What the search loss was, and its architecture gradients.

        Args:
            problem: Gives losses and gradients, as `BilevelProblem` does.
            train_batch: Not needed here.
            valid_batch: What the search loss is computed on.
        """
        found = problem.gradients(
            valid_batch,
            problem.weight_values(),
            problem.arch_values(),
            wrt="arch",
            searching=True,
        )
        return found, found.arch

    def get_config(self):
        return dataclasses.asdict(self)
