"""Networks as files that run without keras_darts and without Keras."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.export.array_signatures import describe_arrays
from keras_darts.export.cards import read as model_card
from keras_darts.export.exported_model import ExportedModel
from keras_darts.export.exported_model import Signature
from keras_darts.export.generation import generate
from keras_darts.export.keras_file import keras
from keras_darts.export.litert import litert
from keras_darts.export.loading import load
from keras_darts.export.onnx import onnx
from keras_darts.export.safetensors_file import load_weights
from keras_darts.export.safetensors_file import safetensors
from keras_darts.export.saved_model import saved_model
from keras_darts.export.saved_model import serving_config

__all__ = [
    "ExportedModel",
    "Signature",
    "describe_arrays",
    "generate",
    "keras",
    "litert",
    "load",
    "load_weights",
    "model_card",
    "onnx",
    "safetensors",
    "saved_model",
    "serving_config",
]
