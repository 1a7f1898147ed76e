"""Weights that come from the original PyTorch code, and the way back."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.interop.torch_weights import load_torch_weights
from keras_darts.interop.torch_weights import to_torch_weights

__all__ = ["load_torch_weights", "to_torch_weights"]
