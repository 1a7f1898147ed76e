"""Networks as files that run without keras_darts and without Keras."""

from keras_darts import surroundings  # noqa: F401
from keras_darts.export.benchmarking import benchmark
from keras_darts.export.cards import read as model_card
from keras_darts.export.exported import Exported
from keras_darts.export.exported import Signature
from keras_darts.export.generation import generate
from keras_darts.export.keras_file import keras
from keras_darts.export.litert import litert
from keras_darts.export.loading import load
from keras_darts.export.onnx import onnx
from keras_darts.export.profiling import profile
from keras_darts.export.safetensors_file import load_weights
from keras_darts.export.safetensors_file import safetensors
from keras_darts.export.saved_model import saved_model
from keras_darts.export.serving_config import serving_config

__all__ = [
    "Exported",
    "Signature",
    "benchmark",
    "generate",
    "keras",
    "litert",
    "load",
    "load_weights",
    "model_card",
    "onnx",
    "profile",
    "safetensors",
    "saved_model",
    "serving_config",
]
