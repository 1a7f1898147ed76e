"""Keras callbacks that watch a search."""

from keras_darts.search.callbacks.architecture_board import ArchitectureBoard
from keras_darts.search.callbacks.architecture_monitor import (
    ArchitectureMonitor,
)
from keras_darts.search.callbacks.run_directory import RunDirectory

__all__ = ["ArchitectureBoard", "ArchitectureMonitor", "RunDirectory"]
