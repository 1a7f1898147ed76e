"""Networks that train from scratch, built from a genotype."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.networks.auxiliary_head import AuxiliaryHead
from keras_darts.networks.cell_network import StackedCells
from keras_darts.networks.cifar import CifarNetwork
from keras_darts.networks.derived_cell import DerivedCell
from keras_darts.networks.factory import network_for
from keras_darts.networks.imagenet import ImageNetNetwork
from keras_darts.networks.language_backbone import LanguageBackbone
from keras_darts.networks.language_backbone import LanguageOutputs
from keras_darts.networks.language_backbone import RecurrentState
from keras_darts.networks.language_model import LanguageModel
from keras_darts.networks.language_model import RecurrentLanguageModel
from keras_darts.networks.language_model import ids_and_state
from keras_darts.networks.metrics_on_logits import LossOnProbabilities
from keras_darts.networks.metrics_on_logits import OnProbabilities
from keras_darts.networks.nas_bench_201 import NasBench201Cell
from keras_darts.networks.nas_bench_201 import NasBench201Network
from keras_darts.networks.nas_bench_201 import ResidualReduction
from keras_darts.networks.nas_bench_201 import ResidualStages
from keras_darts.networks.on_logits import GivesLogits
from keras_darts.networks.on_logits import activation_of_loss
from keras_darts.networks.on_logits import on_logits
from keras_darts.networks.recurrent_cell import DerivedRecurrentCell
from keras_darts.networks.recurrent_cell import Recurrence
from keras_darts.networks.recurrent_cell import RecurrentCell
from keras_darts.networks.recurrent_cell import masked
from keras_darts.networks.text import TextNetwork

__all__ = [
    "AuxiliaryHead",
    "RecurrentState",
    "CifarNetwork",
    "DerivedCell",
    "DerivedRecurrentCell",
    "GivesLogits",
    "ImageNetNetwork",
    "LanguageBackbone",
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
    "StackedCells",
    "TextNetwork",
    "activation_of_loss",
    "ids_and_state",
    "masked",
    "network_for",
    "on_logits",
]
