"""Base class of architects; those that need no more than one gradient."""

from __future__ import annotations

import abc
import dataclasses
from typing import TYPE_CHECKING

import tensorflow as tf

from keras_darts.relaxations import Policy
from keras_darts.relaxations.base import wrong_relaxation
from keras_darts.utils.registry import fields

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.relaxations.problem import LossAndGradients
    from keras_darts.relaxations.problem import Problem
    from keras_darts.utils.typing import Config


class Architect(abc.ABC):
    """Abstract: gradients of the search loss for the alphas and betas.

    `gradients` is called in each step of the architecture, in replica context
    and in a graph, and `after_step` once the step is made. An architect holds
    no state but its arguments; it sees the search through the `problem`, a
    `relaxations.problem.Problem`, whose methods leave all variables as they
    are. `kd.testing.ToyBilevelProblem` stands for one in tests.

    The class attributes say what the other parts of a search have to know. A
    subclass sets those in which it differs.

    Attributes:
        updates_architecture: Boolean, whether a search has steps of the
            architecture at all. `True`.
        samples: Boolean, whether the gradients come from architectures that
            are sampled from the relaxation, which must be a
            `relaxations.Policy` then. `False`: they go through the mixing
            weights.
        looks_ahead: Boolean, whether they depend on the coming step of the
            weights, which must be one of SGD then. `False`.
        full_precision: Boolean, whether all is computed in full precision
            where the search is in mixed precision. `False`.
        second_derivatives: Boolean, whether gradients are differentiated,
            which takes more memory, and gives bits that differ from run to
            run. `False`.

    Example:

    >>> class Backwards(Architect):
    ...     def gradients(self, problem, train_batch, valid_batch):
    ...         architect = kd.architects.FirstOrder()
    ...         result, gradients = architect.gradients(
    ...             problem, train_batch, valid_batch
    ...         )
    ...         return result, [-g for g in gradients]
    >>> kd.SearchStrategy(architect=Backwards()).architect.looks_ahead
    False
    """

    updates_architecture = True
    samples = False
    looks_ahead = False
    full_precision = False
    second_derivatives = False

    @abc.abstractmethod
    def gradients(
        self, problem: Problem, train_batch: Any, valid_batch: Any
    ) -> tuple[LossAndGradients | None, list[tf.Tensor]]:
        """What the search loss was, and its architecture gradients.

        Args:
            problem: `Problem`.
            train_batch: What the step of the weights will be made on, a tuple
                (x, y) or (x, y, sample weight).
            valid_batch: The same of what the search loss is computed on.

        Returns:
            The `LossAndGradients` of the search loss, or `None` without steps
            of the architecture; and a list of tensors of the shapes of
            `problem.arch_values()`, summed over replicas.
        """

    def after_step(self, problem: Problem, result: LossAndGradients) -> None:
        """Takes note of a step that was made; by default of nothing.

        Args:
            problem: `Problem`.
            result: What `gradients` gave first.
        """

    def check_strategy(self, strategy: Any) -> None:
        """Raises a `ValueError` for pieces that can't go with this one.

        Args:
            strategy: `SearchStrategy` of which it is a piece.
        """
        if self.samples and not isinstance(strategy.relaxation, Policy):
            raise wrong_relaxation(
                self,
                strategy,
                needed="Policy",
                reason="it draws whole architectures and asks how likely they "
                "were",
            )
        if not self.updates_architecture and strategy.regularizers:
            raise ValueError(
                f"`regularizers` must be left out for {type(self).__name__}: "
                "nothing moves by them. Received: "
                f"regularizers={list(strategy.regularizers)}"
            )

    def get_config(self) -> Config:
        """The arguments of the constructor, by default those of a dataclass."""
        return fields(self)


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
