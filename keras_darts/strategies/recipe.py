"""The numbers with which a search runs when the user gives none."""

import dataclasses

from keras_darts.strategies.published_rate import PublishedRate

# Of DARTS on CIFAR-10: 50 epochs of 390 steps.
_DARTS_STEPS = 19_500


@dataclasses.dataclass(frozen=True)
class SearchRecipe:
    """Defaults of `compile` and `fit`: here those of DARTS on CIFAR-10.

    `RECIPES` has one for each modality of search spaces.

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
    clip_norm: float = 5.0
    arch_learning_rate: float = PublishedRate(3e-4, steps=_DARTS_STEPS)
    arch_beta_1: float = 0.5
    arch_beta_2: float = 0.999
    arch_weight_decay: float = 1e-3
    unroll_clip_norm: float = None
    segment_length: int = 35
    arch_clip_norm: float = None
    nesterov: bool = False
    cutout: float = 0.0
    arch_epsilon: float = 1e-8

    def __post_init__(self):
        rate = self.arch_learning_rate
        if isinstance(rate, dict):
            object.__setattr__(
                self, "arch_learning_rate", PublishedRate(**rate)
            )

    def at_rate(self, learning_rate):
        """The same recipe at another learning rate of the weights.

        Example:

        >>> SearchRecipe().at_rate(0.1).learning_rate
        0.1
        """
        return dataclasses.replace(
            self,
            learning_rate=learning_rate,
            min_learning_rate=min(learning_rate, self.min_learning_rate),
        )

    def get_config(self):
        rate = self.arch_learning_rate
        if isinstance(rate, PublishedRate):
            rate = rate.get_config()
        return {**vars(self), "arch_learning_rate": rate}


RECIPES = {
    "image": SearchRecipe(),
    # Of DARTS on Penn Treebank: Liu et al., 2019, appendix A.1.2.
    "language": SearchRecipe(
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
    "text": SearchRecipe(
        epochs=15,
        arch_learning_rate=PublishedRate(3e-3, steps=_DARTS_STEPS // 10),
    ),
}
