"""Keras callbacks for searches: those of methods, and those that watch."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.callbacks.base import ArchitectureEarlyStopping
from keras_darts.callbacks.base import SearchCallback
from keras_darts.callbacks.base import stateful_callbacks
from keras_darts.callbacks.early_stopping import StopOnSkipConnects
from keras_darts.callbacks.early_stopping import StopOnStableRanking
from keras_darts.callbacks.monitors import ArchitectureMonitor
from keras_darts.callbacks.monitors import DecisionMonitor
from keras_darts.callbacks.run_directory import RunDirectory
from keras_darts.callbacks.schedule_variable import ScheduleVariable
from keras_darts.callbacks.stop_on_eigenvalue import StopOnEigenvalue
from keras_darts.callbacks.tensorboard import ArchitectureTensorBoard
from keras_darts.callbacks.weight_warm_up import WeightWarmUp

__all__ = [
    "WeightWarmUp",
    "ArchitectureTensorBoard",
    "ArchitectureMonitor",
    "DecisionMonitor",
    "ArchitectureEarlyStopping",
    "RunDirectory",
    "ScheduleVariable",
    "SearchCallback",
    "StopOnEigenvalue",
    "StopOnSkipConnects",
    "StopOnStableRanking",
    "stateful_callbacks",
]
