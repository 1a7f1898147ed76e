"""The numbers with which a search runs when the user gives none."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from keras_darts.utils.errors import positive
from keras_darts.utils.errors import positive_integer

if TYPE_CHECKING:
    from typing import Self

    from keras_darts.utils.typing import Config

# Beyond it the noise of single batches decides, and not their mean.
LARGEST_RATE = 0.05


class PublishedRate(float):
    """A number that knows in how many steps it was to move the alphas.

    A step of Adam moves an alpha by about the learning rate, whatever the
    scale of the gradient. What a search can decide so depends on the rate
    times the number of steps: 3e-4 in the 19,500 of DARTS on CIFAR-10 lets an
    alpha go as far as 5.85, and in a hundred steps as far as 0.03, with which
    mixing weights stay uniform. A search therefore takes the rate `at` its own
    number of steps. Everywhere else this is the float that was published.

    Args:
        rate: Float > 0, the published learning rate.
        steps: Integer > 0, the architecture steps of the published search.

    Raises:
        ValueError: for numbers that are not positive.

    Example:

    >>> rate = PublishedRate(3e-4, steps=19_500)
    >>> rate == 3e-4
    True
    >>> [round(rate.at(steps), 5) for steps in (100_000, 19_500, 500, 100)]
    [0.0003, 0.0003, 0.0117, 0.05]

    Reference: the product is our reading of what the published searches have
    in common; `benchmarks/arch_learning_rates.json` has what it does to them.
    """

    def __new__(cls, rate: float, steps: int) -> Self:
        self = super().__new__(cls, positive("rate", rate))
        self.steps: int = positive_integer("steps", steps)
        return self

    def __getnewargs__(self) -> tuple[float, int]:
        return float(self), self.steps

    def at(self, steps: float) -> float:
        """The rate of a search that makes so many architecture steps.

        The published rate times the published steps per step of the search: at
        least the published rate, and at most 0.05.

        Args:
            steps: Float > 0.
        """
        rate = float(self)
        return max(rate, min(rate * self.steps / steps, LARGEST_RATE))

    def get_config(self) -> Config:
        return {"rate": float(self), "steps": self.steps}


# Of DARTS on CIFAR-10: 50 epochs of 390 steps.
_DARTS_STEPS = 19_500


@dataclasses.dataclass(frozen=True)
class SearchRecipe:
    """Defaults of `compile` and `fit`: here those of DARTS on CIFAR-10.

    `RECIPES` has one for each task of search spaces.

    Args:
        epochs: Integer. Defaults to `50`.
        batch_size: Integer, for data that come unbatched. Defaults to `64`.
        learning_rate: Float, of SGD at the start. Defaults to `0.025`.
        min_learning_rate: Float, where the cosine ends. Defaults to `1e-3`.
        momentum: Float, of SGD. Defaults to `0.9`.
        weight_decay: Float, L2 in the gradient of the weights. Defaults to
            `3e-4`.
        clip_norm: Float or `None`, bound on the global norm of the weights'
            gradient. Defaults to `5.0`.
        arch_learning_rate: Float, of Adam. A number is taken as it is; a
            `PublishedRate` is scaled with the architecture steps that a
            search will make. Defaults to `PublishedRate(3e-4, steps=19_500)`.
        arch_beta_1: Float, of Adam. Defaults to `0.5`.
        arch_beta_2: Float, of Adam. Defaults to `0.999`.
        arch_epsilon: Float, of Adam. Defaults to `1e-8`.
        arch_weight_decay: Float, L2 in the gradient of the architecture.
            Defaults to `1e-3`.
        arch_clip_norm: Float or `None`, bound on the global norm of the
            architecture's gradient. Defaults to `None`.
        nesterov: Boolean, whether SGD looks ahead. Defaults to `False`.
        unroll_clip_norm: Float or `None`, the bound on the norms inside an
            unrolled step. Defaults to `None`.
        cutout: Float in [0, 1], the side of the square that is cut out of each
            image, as a share of the image's: 0.5 for CIFAR's 16 of 32 pixels.
            It is part of the augmentation `"auto"`. Defaults to `0.0`.
        segment_length: Integer, the tokens of a training segment for which
            the learning rate is meant, for language. Defaults to `35`.

    Example:

    >>> SearchRecipe(epochs=25).learning_rate
    0.025

    Reference: Liu et al., 2019, DARTS, appendix A.1.1, with the minimum
    learning rate and the initial alphas of the published code.
    """

    epochs: int = 50
    batch_size: int = 64
    learning_rate: float = 0.025
    min_learning_rate: float = 1e-3
    momentum: float = 0.9
    weight_decay: float = 3e-4
    clip_norm: float | None = 5.0
    arch_learning_rate: float = PublishedRate(3e-4, steps=_DARTS_STEPS)
    arch_beta_1: float = 0.5
    arch_beta_2: float = 0.999
    arch_weight_decay: float = 1e-3
    unroll_clip_norm: float | None = None
    segment_length: int = 35
    arch_clip_norm: float | None = None
    nesterov: bool = False
    cutout: float = 0.0
    arch_epsilon: float = 1e-8

    def __post_init__(self) -> None:
        rate = self.arch_learning_rate
        if isinstance(rate, dict):
            object.__setattr__(
                self, "arch_learning_rate", PublishedRate(**rate)
            )

    def with_learning_rate(self, learning_rate: float) -> SearchRecipe:
        """The same recipe at another learning rate of the weights.

        Example:

        >>> SearchRecipe().with_learning_rate(0.1).learning_rate
        0.1
        """
        return dataclasses.replace(
            self,
            learning_rate=learning_rate,
            min_learning_rate=min(learning_rate, self.min_learning_rate),
        )

    def get_config(self) -> Config:
        rate = self.arch_learning_rate
        if isinstance(rate, PublishedRate):
            rate = rate.get_config()
        return {**vars(self), "arch_learning_rate": rate}


RECIPES: dict[str, SearchRecipe] = {
    "image_classification": SearchRecipe(),
    # Of DARTS on Penn Treebank: Liu et al., 2019, appendix A.1.2.
    "language_modeling": SearchRecipe(
        batch_size=256,
        learning_rate=20.0,
        min_learning_rate=20.0,
        momentum=0.0,
        weight_decay=5e-7,
        clip_norm=0.25,
        # 50 epochs of 104 steps: 929,589 tokens in 256 rows, 35 a step.
        arch_learning_rate=PublishedRate(3e-3, steps=5_200),
        arch_beta_1=0.9,
        unroll_clip_norm=0.25,
    ),
    # Ours: short texts are learned by heart within a few passes, and few
    # steps must suffice for the alphas: in a tenth of DARTS' they can go as
    # far.
    "text_classification": SearchRecipe(
        epochs=15,
        arch_learning_rate=PublishedRate(3e-3, steps=_DARTS_STEPS // 10),
    ),
}
