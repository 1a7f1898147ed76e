"""The published ways to train, as ready objects."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.networks import LossOnProbabilities
from keras_darts.networks import OnProbabilities
from keras_darts.training.averaging import AveragedSGD
from keras_darts.training.averaging import NonMonotonicTrigger
from keras_darts.training.callbacks import DataWaitMonitor
from keras_darts.training.callbacks import DropPathSchedule
from keras_darts.training.callbacks import ETALogger
from keras_darts.training.callbacks import format_duration
from keras_darts.training.callbacks import with_eta
from keras_darts.training.image_recipes import cifar_recipe
from keras_darts.training.image_recipes import image_recipe
from keras_darts.training.image_recipes import image_recipe_name
from keras_darts.training.image_recipes import imagenet_recipe
from keras_darts.training.image_recipes import nas_bench_201_recipe
from keras_darts.training.image_recipes import small_image_recipe
from keras_darts.training.labelled_recipe import LabelledRecipe
from keras_darts.training.labelled_recipe import labelled_recipe
from keras_darts.training.labelled_recipe import text_classification_recipe
from keras_darts.training.language_recipe import MODEL_SETTINGS
from keras_darts.training.language_recipe import LanguageRecipe
from keras_darts.training.language_recipe import ptb_recipe
from keras_darts.training.language_recipe import small_language_model_recipe
from keras_darts.training.language_recipe import wikitext2_recipe
from keras_darts.training.metrics import Perplexity
from keras_darts.training.metrics import SmoothedCrossentropy
from keras_darts.training.metrics import evaluate_classifier
from keras_darts.training.metrics import evaluate_language_model
from keras_darts.training.metrics import loss_for
from keras_darts.training.metrics import metrics_for
from keras_darts.training.optimizers import CoupledAdam
from keras_darts.training.optimizers import CoupledSGD
from keras_darts.training.optimizers import clip_gradients
from keras_darts.training.recipe import Recipe
from keras_darts.training.run_folder import TrainingRun
from keras_darts.training.run_folder import load_network
from keras_darts.training.tensorboard import Board

__all__ = [
    "MODEL_SETTINGS",
    "AveragedSGD",
    "Board",
    "CoupledAdam",
    "CoupledSGD",
    "DropPathSchedule",
    "DataWaitMonitor",
    "LanguageRecipe",
    "LossOnProbabilities",
    "NonMonotonicTrigger",
    "OnProbabilities",
    "Perplexity",
    "Recipe",
    "LabelledRecipe",
    "SmoothedCrossentropy",
    "ETALogger",
    "TrainingRun",
    "cifar_recipe",
    "evaluate_classifier",
    "clip_gradients",
    "format_duration",
    "image_recipe",
    "image_recipe_name",
    "imagenet_recipe",
    "evaluate_language_model",
    "labelled_recipe",
    "load_network",
    "loss_for",
    "metrics_for",
    "nas_bench_201_recipe",
    "ptb_recipe",
    "text_classification_recipe",
    "small_image_recipe",
    "small_language_model_recipe",
    "wikitext2_recipe",
    "with_eta",
]
