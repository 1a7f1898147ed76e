"""Networks that train from scratch, built from a genotype."""

from keras_darts import surroundings  # noqa: F401
from keras_darts.networks.auxiliary_head import AuxiliaryHead
from keras_darts.networks.carried_state import CarriedState
from keras_darts.networks.choice import network_for
from keras_darts.networks.cifar import CifarNetwork
from keras_darts.networks.derived_cell import DerivedCell
from keras_darts.networks.derived_recurrent_cell import DerivedRecurrentCell
from keras_darts.networks.gives_logits import GivesLogits
from keras_darts.networks.imagenet import ImageNetNetwork
from keras_darts.networks.language_body import LanguageBody
from keras_darts.networks.language_body import LanguageOutputs
from keras_darts.networks.language_model import LanguageModel
from keras_darts.networks.language_model import ids_and_state
from keras_darts.networks.nas_bench_201 import NasBench201Network
from keras_darts.networks.nas_bench_201_cell import NasBench201Cell
from keras_darts.networks.on_logits import activation_of_loss
from keras_darts.networks.on_logits import on_logits
from keras_darts.networks.probabilities import LossOnProbabilities
from keras_darts.networks.probabilities import OnProbabilities
from keras_darts.networks.recurrence import Recurrence
from keras_darts.networks.recurrent import RecurrentLanguageModel
from keras_darts.networks.recurrent_cell import RecurrentCell
from keras_darts.networks.recurrent_cell import masked
from keras_darts.networks.residual_reduction import ResidualReduction
from keras_darts.networks.residual_stages import ResidualStages
from keras_darts.networks.text import TextNetwork

__all__ = [
    "AuxiliaryHead",
    "CarriedState",
    "CifarNetwork",
    "DerivedCell",
    "DerivedRecurrentCell",
    "GivesLogits",
    "ImageNetNetwork",
    "LanguageBody",
    "LanguageModel",
    "LanguageOutputs",
    "LossOnProbabilities",
    "NasBench201Cell",
    "NasBench201Network",
    "OnProbabilities",
    "Recurrence",
    "RecurrentCell",
    "RecurrentLanguageModel",
    "ResidualReduction",
    "ResidualStages",
    "TextNetwork",
    "activation_of_loss",
    "ids_and_state",
    "masked",
    "network_for",
    "on_logits",
]
