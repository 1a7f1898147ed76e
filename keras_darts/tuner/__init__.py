"""KerasTuner for architectures: many searches, and the best of what they find.

It needs KerasTuner, which nothing else here does.
"""

from keras_darts.tuner.darts_tuner import DartsTuner
from keras_darts.tuner.hypermodel import DartsHyperModel

__all__ = ["DartsHyperModel", "DartsTuner"]
