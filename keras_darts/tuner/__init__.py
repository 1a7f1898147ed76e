"""KerasTuner for architectures: several searches, and the best results.

It needs KerasTuner, which nothing else here does.
"""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.tuner.darts_tuner import DartsTuner
from keras_darts.tuner.hypermodel import DartsHyperModel
from keras_darts.tuner.results_page import write_results_page

__all__ = ["DartsHyperModel", "DartsTuner", "write_results_page"]
