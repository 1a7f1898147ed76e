"""The architecture gradient of the training loss."""

import dataclasses

from keras_darts.architects.base import Architect


@dataclasses.dataclass(frozen=True)
class SingleLevel(Architect):
    """Gradient of the training loss, as if alphas were weights.

    Nothing is learned from the search half of the data, which only monitors:
    give all data as `x` and a few as `validation_data`.

    Example:

    >>> SingleLevel().get_config()
    {}

    Reference: Xie et al., 2019, SNAS, section 2.2; Liu et al., 2019, DARTS,
    section 3.2, where it is the ablation of simultaneous SGD.
    """

    def gradients(self, problem, train_batch, valid_batch):
        """What the training loss was, and its architecture gradients."""
        result = problem.gradients(
            train_batch,
            problem.weight_values(),
            problem.arch_values(),
            wrt="arch",
            searching=True,
        )
        return result, result.arch
