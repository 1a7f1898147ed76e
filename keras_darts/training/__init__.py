"""The published ways to train, as ready objects."""

from keras_darts.networks import LossOnProbabilities
from keras_darts.networks import OnProbabilities
from keras_darts.training.averaging import AveragedSGD
from keras_darts.training.averaging import NonMonotonicAveraging
from keras_darts.training.callbacks import DropPathRamp
from keras_darts.training.callbacks import InputWait
from keras_darts.training.callbacks import TimeLeft
from keras_darts.training.callbacks import duration
from keras_darts.training.callbacks import with_time_left
from keras_darts.training.image_recipes import cifar_recipe
from keras_darts.training.image_recipes import image_recipe
from keras_darts.training.image_recipes import image_recipe_name
from keras_darts.training.image_recipes import imagenet_recipe
from keras_darts.training.image_recipes import nas_bench_201_recipe
from keras_darts.training.image_recipes import small_image_recipe
from keras_darts.training.language_recipe import MODEL_SETTINGS
from keras_darts.training.language_recipe import LanguageRecipe
from keras_darts.training.language_recipe import ptb_recipe
from keras_darts.training.language_recipe import small_text_recipe
from keras_darts.training.language_recipe import wikitext2_recipe
from keras_darts.training.metrics import Perplexity
from keras_darts.training.metrics import SmoothedCrossentropy
from keras_darts.training.metrics import classification_figures
from keras_darts.training.metrics import language_figures
from keras_darts.training.metrics import loss_for
from keras_darts.training.metrics import metrics_for
from keras_darts.training.optimizers import CoupledAdam
from keras_darts.training.optimizers import CoupledSGD
from keras_darts.training.optimizers import clipped
from keras_darts.training.recipe import Recipe
from keras_darts.training.run_folder import TrainingRun
from keras_darts.training.run_folder import load_network
from keras_darts.training.tensorboard import Board
from keras_darts.training.text_classification_recipe import SentenceRecipe
from keras_darts.training.text_classification_recipe import sentence_recipe
from keras_darts.utils import surroundings  # noqa: F401

__all__ = [
    "MODEL_SETTINGS",
    "AveragedSGD",
    "Board",
    "CoupledAdam",
    "CoupledSGD",
    "DropPathRamp",
    "InputWait",
    "LanguageRecipe",
    "LossOnProbabilities",
    "NonMonotonicAveraging",
    "OnProbabilities",
    "Perplexity",
    "Recipe",
    "SentenceRecipe",
    "SmoothedCrossentropy",
    "TimeLeft",
    "TrainingRun",
    "cifar_recipe",
    "classification_figures",
    "clipped",
    "duration",
    "image_recipe",
    "image_recipe_name",
    "imagenet_recipe",
    "language_figures",
    "load_network",
    "loss_for",
    "metrics_for",
    "nas_bench_201_recipe",
    "ptb_recipe",
    "sentence_recipe",
    "small_image_recipe",
    "small_text_recipe",
    "wikitext2_recipe",
    "with_time_left",
]
