"""SmoothDARTS, by random and by adversarial perturbations."""

from __future__ import annotations

from keras_darts.callbacks import ScheduleVariable
from keras_darts.relaxations import Perturbed
from keras_darts.schedules import Linear
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy

_SMOOTH_DARTS = (
    "Chen and Hsieh, 2020, Stabilizing Differentiable Architecture Search via "
    "Perturbation-based Regularization, ICML"
)


def _smooth_darts(method):
    growing = Linear(0.03, 0.3, endpoint=False)
    return SearchStrategy(
        relaxation=Perturbed(method),
        callbacks=[ScheduleVariable("radius", growing)],
        citations=(_SMOOTH_DARTS,),
    )


@register_strategy("sdarts_rs", guards_against="sharp minima")
def sdarts_rs() -> SearchStrategy:
    """SmoothDARTS: weights learn under mixing weights near the present ones.

    How near follows the epochs of the run; the rate of the alphas scales as
    that of `darts`.
    """
    return _smooth_darts("random")


@register_strategy("sdarts_adv", guards_against="sharp minima")
def sdarts_adv() -> SearchStrategy:
    """SmoothDARTS: weights learn under the worst mixing weights nearby.

    How near follows the epochs of the run; the rate of the alphas scales as
    that of `darts`.
    """
    return _smooth_darts("adversarial")
