"""Keras callbacks that watch a search, or change its course."""

from keras_darts.search.callbacks.arch_warm_up import ArchWarmUp
from keras_darts.search.callbacks.architecture_board import ArchitectureBoard
from keras_darts.search.callbacks.architecture_monitor import (
    ArchitectureMonitor,
)
from keras_darts.search.callbacks.collapse_monitor import CollapseMonitor
from keras_darts.search.callbacks.guard import Guard
from keras_darts.search.callbacks.run_directory import RunDirectory
from keras_darts.search.callbacks.schedule_variable import ScheduleVariable
from keras_darts.search.callbacks.search_callback import SearchCallback
from keras_darts.search.callbacks.stop_on_eigenvalue import StopOnEigenvalue
from keras_darts.search.callbacks.stop_on_skip_connects import (
    StopOnSkipConnects,
)
from keras_darts.search.callbacks.stop_on_stable_ranking import (
    StopOnStableRanking,
)

__all__ = [
    "ArchWarmUp",
    "ArchitectureBoard",
    "ArchitectureMonitor",
    "CollapseMonitor",
    "Guard",
    "RunDirectory",
    "ScheduleVariable",
    "SearchCallback",
    "StopOnEigenvalue",
    "StopOnSkipConnects",
    "StopOnStableRanking",
]
