"""The published ways to train, as ready objects."""

from keras_darts.training.drop_path_ramp import DropPathRamp
from keras_darts.training.losses import SmoothedCrossentropy
from keras_darts.training.losses import loss_for
from keras_darts.training.losses import metrics_for
from keras_darts.training.optimizers import CoupledAdam
from keras_darts.training.optimizers import CoupledSGD
from keras_darts.training.recipe import Recipe
from keras_darts.training.recipes import cifar_recipe
from keras_darts.training.recipes import imagenet_recipe
from keras_darts.training.recipes import small_image_recipe

__all__ = [
    "CoupledAdam",
    "CoupledSGD",
    "DropPathRamp",
    "Recipe",
    "SmoothedCrossentropy",
    "cifar_recipe",
    "imagenet_recipe",
    "loss_for",
    "metrics_for",
    "small_image_recipe",
]
