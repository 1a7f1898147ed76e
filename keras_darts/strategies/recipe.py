"""The numbers with which a search runs when the user gives none."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class SearchRecipe:
    """Defaults of `compile` and `fit`: those of DARTS on CIFAR-10.

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
        arch_learning_rate: Float, of Adam. Defaults to `3e-4`.
        arch_beta_1: Float, of Adam. Defaults to `0.5`.
        arch_beta_2: Float, of Adam. Defaults to `0.999`.
        arch_weight_decay: Float, L2 in the gradient of the architecture.
            Defaults to `1e-3`.

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
    arch_learning_rate: float = 3e-4
    arch_beta_1: float = 0.5
    arch_beta_2: float = 0.999
    arch_weight_decay: float = 1e-3

    def get_config(self):
        return dataclasses.asdict(self)
