"""Networks as files that run without keras_darts and without Keras."""

from keras_darts.export.litert import litert
from keras_darts.export.loading import Exported
from keras_darts.export.loading import load
from keras_darts.export.saved_model import saved_model

__all__ = ["Exported", "litert", "load", "saved_model"]
