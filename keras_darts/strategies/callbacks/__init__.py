"""Keras callbacks that belong to a method."""

from keras_darts.strategies.callbacks.arch_warm_up import ArchWarmUp
from keras_darts.strategies.callbacks.guard import Guard
from keras_darts.strategies.callbacks.schedule_variable import ScheduleVariable
from keras_darts.strategies.callbacks.search_callback import SearchCallback
from keras_darts.strategies.callbacks.stop_on_eigenvalue import StopOnEigenvalue
from keras_darts.strategies.callbacks.stop_on_skip_connects import (
    StopOnSkipConnects,
)
from keras_darts.strategies.callbacks.stop_on_stable_ranking import (
    StopOnStableRanking,
)

__all__ = [
    "ArchWarmUp",
    "Guard",
    "ScheduleVariable",
    "SearchCallback",
    "StopOnEigenvalue",
    "StopOnSkipConnects",
    "StopOnStableRanking",
]
