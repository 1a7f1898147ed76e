"""Search spaces as networks: every candidate at once, weighed by alphas."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.supernet.arch_parameters import ArchParameters
from keras_darts.supernet.bypassed_edges import AuxiliaryEdge
from keras_darts.supernet.bypassed_edges import DroppedEdge
from keras_darts.supernet.costs import MEASURES
from keras_darts.supernet.costs import candidate_costs
from keras_darts.supernet.edge import Edge
from keras_darts.supernet.edge_stack import SharedTraces
from keras_darts.supernet.edge_stack import packed
from keras_darts.supernet.edge_stack import unpacked
from keras_darts.supernet.language_supernet import LanguageSupernet
from keras_darts.supernet.language_supernet import RecurrentSearchCell
from keras_darts.supernet.mixed_op import MixedOp
from keras_darts.supernet.mixed_op import PartialMixedOp
from keras_darts.supernet.search_cell import SearchCell
from keras_darts.supernet.supernet import CellSupernet
from keras_darts.supernet.supernet import NasBench201Supernet
from keras_darts.supernet.supernet import Supernet
from keras_darts.supernet.supernet import TextSupernet

__all__ = [
    "ArchParameters",
    "AuxiliaryEdge",
    "CellSupernet",
    "DroppedEdge",
    "Edge",
    "MEASURES",
    "LanguageSupernet",
    "MixedOp",
    "NasBench201Supernet",
    "PartialMixedOp",
    "RecurrentSearchCell",
    "SearchCell",
    "SharedTraces",
    "Supernet",
    "TextSupernet",
    "candidate_costs",
    "packed",
    "unpacked",
]
