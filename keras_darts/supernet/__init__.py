"""Search spaces as networks: every candidate at once, weighed by alphas."""

from keras_darts import surroundings  # noqa: F401
from keras_darts.supernet.arch_parameters import ArchParameters
from keras_darts.supernet.auxiliary_edge import AuxiliaryEdge
from keras_darts.supernet.candidate_costs import MEASURES
from keras_darts.supernet.candidate_costs import candidate_costs
from keras_darts.supernet.dropped_edge import DroppedEdge
from keras_darts.supernet.language_supernet import LanguageSupernet
from keras_darts.supernet.mixed_op import MixedOp
from keras_darts.supernet.nas_bench_201_supernet import NasBench201Supernet
from keras_darts.supernet.packing import packed
from keras_darts.supernet.packing import unpacked
from keras_darts.supernet.partial_mixed_op import PartialMixedOp
from keras_darts.supernet.recurrent_search_cell import RecurrentSearchCell
from keras_darts.supernet.search_cell import SearchCell
from keras_darts.supernet.shared_traces import SharedTraces
from keras_darts.supernet.supernet import Supernet
from keras_darts.supernet.text_supernet import TextSupernet

__all__ = [
    "ArchParameters",
    "AuxiliaryEdge",
    "DroppedEdge",
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
