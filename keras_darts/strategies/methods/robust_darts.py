"""R-DARTS: early stopping, adaptive and fixed regularization."""

from __future__ import annotations

from keras_darts.architects import Unrolled
from keras_darts.callbacks import ScheduleVariable
from keras_darts.callbacks import StopOnEigenvalue
from keras_darts.connections import DropPath
from keras_darts.schedules import Linear
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy

_ROBUST_DARTS = (
    "Zela et al., 2020, Understanding and Robustifying Differentiable "
    "Architecture Search, ICLR"
)


@register_strategy(
    "robust_darts_es", guards_against="sharp minima, by their curvature"
)
def robust_darts_es() -> SearchStrategy:
    """R-DARTS: stops before the search loss becomes sharp in the alphas.

    Epochs between measurements and before the first stop are in proportion to
    the run's 50, and the rate of the alphas is that of `darts`.
    """
    return SearchStrategy(
        architect=Unrolled(),
        callbacks=[StopOnEigenvalue()],
        citations=(_ROBUST_DARTS,),
    )


@register_strategy(
    "robust_darts_ada", guards_against="sharp minima, by their curvature"
)
def robust_darts_ada() -> SearchStrategy:
    """R-DARTS: goes back instead, and on with a stronger weight decay.

    Epochs and rates scale as those of `robust_darts_es`.
    """
    return SearchStrategy(
        architect=Unrolled(),
        callbacks=[StopOnEigenvalue("adapt")],
        citations=(_ROBUST_DARTS,),
    )


@register_strategy(
    "robust_darts", guards_against="sharp minima, by a fixed regularization"
)
def robust_darts(
    weight_decay: float | None = None, drop_path: float = 0.0
) -> SearchStrategy:
    """R-DARTS: a fixed, stronger weight decay, or drop path and CutOut.

    The paper runs 3, 9, 27, 81 and 243 times 1e-4, or drop path up to 0.2,
    0.4 and 0.6, and keeps the cell that is best when it is trained from
    scratch. It raises the probability of CutOut with the rate of drop path;
    here, as in the published code, whose ramp sets an attribute that nothing
    reads, every image is cut from the first epoch on. The ramp follows the
    epochs of the run; the rate of the alphas scales as that of `darts`.

    Args:
        weight_decay: Float, of the weights. Defaults to `None`: 81e-4, or
            3e-4 with drop path.
        drop_path: Float in [0, 1), the rate of the last epoch, to which it
            rises from zero. Defaults to `0.0`: neither drop path nor CutOut.
    """
    if weight_decay is None:
        weight_decay = 3e-4 if drop_path else 81e-4
    recipe = SearchRecipe(
        weight_decay=weight_decay, cutout=0.5 if drop_path else 0.0
    )
    rising = ScheduleVariable("drop_path_rate", Linear(0.0, drop_path))
    return SearchStrategy(
        connection=DropPath(rate=drop_path) if drop_path else "full",
        architect=Unrolled(),
        callbacks=[rising] if drop_path else [],
        recipe={"image_classification": recipe},
        citations=(_ROBUST_DARTS,),
    )
