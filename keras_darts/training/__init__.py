"""The published ways to train, as ready objects."""

from keras_darts.training.optimizers import CoupledAdam
from keras_darts.training.optimizers import CoupledSGD

__all__ = ["CoupledAdam", "CoupledSGD"]
