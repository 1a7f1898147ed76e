"""Keras callbacks for searches: those of methods, and those that watch."""

from keras_darts.search.callbacks.architecture_board import ArchitectureBoard
from keras_darts.search.callbacks.architecture_monitor import (
    ArchitectureMonitor,
)
from keras_darts.search.callbacks.decision_monitor import DecisionMonitor
from keras_darts.search.callbacks.run_directory import RunDirectory
from keras_darts.strategies.callbacks import ArchWarmUp
from keras_darts.strategies.callbacks import Guard
from keras_darts.strategies.callbacks import ScheduleVariable
from keras_darts.strategies.callbacks import SearchCallback
from keras_darts.strategies.callbacks import StopOnEigenvalue
from keras_darts.strategies.callbacks import StopOnSkipConnects
from keras_darts.strategies.callbacks import StopOnStableRanking

__all__ = [
    "ArchWarmUp",
    "ArchitectureBoard",
    "ArchitectureMonitor",
    "DecisionMonitor",
    "Guard",
    "RunDirectory",
    "ScheduleVariable",
    "SearchCallback",
    "StopOnEigenvalue",
    "StopOnSkipConnects",
    "StopOnStableRanking",
]
