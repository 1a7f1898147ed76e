"""Methods that judge candidates by what the supernet is without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras_darts.callbacks import WeightWarmUp
from keras_darts.discretizers import Perturbation
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy

if TYPE_CHECKING:
    from collections.abc import Sequence


@register_strategy(
    "darts_pt", guards_against="skip-connects that win by large alphas"
)
def darts_pt(
    blank: bool = False, tune_epochs: float = 0.1, exclude: Sequence[str] = ()
) -> SearchStrategy:
    """DARTS-PT: what the supernet can't do without is kept.

    The rate of the alphas scales as that of `darts`.

    Args:
        blank: Boolean, whether the alphas are never trained, so that the
            supernet alone decides. Defaults to `False`.
        tune_epochs: Integer, the epochs from one decision to the next; or
            float in [0, 1), their share of the epochs before. Defaults to
            `0.1`, the published 5 after 50.
        exclude: Names of primitives left out of the search space; `["none"]`
            gives the published search in DARTS' space. Defaults to none.
    """
    return SearchStrategy(
        discretizer=Perturbation(tune_epochs),
        callbacks=[WeightWarmUp(None)] if blank else [],
        exclude=exclude,
        citations=(
            "Wang et al., 2021, Rethinking Architecture Selection in "
            "Differentiable NAS, ICLR",
        ),
    )
