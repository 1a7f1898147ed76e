"""DARTS-."""

from __future__ import annotations

from keras_darts.callbacks import ScheduleVariable
from keras_darts.connections import AuxiliarySkip
from keras_darts.schedules import Linear
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy


@register_strategy(
    "darts_minus",
    guards_against="skip-connects that only help training",
)
def darts_minus() -> SearchStrategy:
    """DARTS-: a skip-connection parallel to every edge, which fades.

    It has faded with the last epoch of the run, however many there are. The
    rate of the alphas scales as that of `darts`.
    """
    fading = Linear(1.0, 0.0, endpoint=False)
    return SearchStrategy(
        connection=AuxiliarySkip(),
        callbacks=[ScheduleVariable("auxiliary_skip_weight", fading)],
        citations=(
            "Chu et al., 2021, DARTS-: Robustly Stepping out of Performance "
            "Collapse Without Indicators, ICLR",
        ),
    )
