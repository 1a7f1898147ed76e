"""Search spaces: descriptions of cells, without layers."""

from keras_darts.search_spaces.catalog import darts_cnn
from keras_darts.search_spaces.catalog import darts_rnn
from keras_darts.search_spaces.catalog import darts_rnn_small
from keras_darts.search_spaces.catalog import get
from keras_darts.search_spaces.catalog import names
from keras_darts.search_spaces.catalog import nas_bench_201
from keras_darts.search_spaces.catalog import rdarts_s1
from keras_darts.search_spaces.catalog import rdarts_s2
from keras_darts.search_spaces.catalog import rdarts_s3
from keras_darts.search_spaces.catalog import rdarts_s4
from keras_darts.search_spaces.catalog import register_search_space
from keras_darts.search_spaces.catalog import text_cnn
from keras_darts.search_spaces.cell_spec import CellSpec
from keras_darts.search_spaces.cost_table import CellInstance
from keras_darts.search_spaces.cost_table import CostTable
from keras_darts.search_spaces.recurrent_space import RecurrentSpace
from keras_darts.search_spaces.search_space import BaseSpace
from keras_darts.search_spaces.search_space import NasBench201Space
from keras_darts.search_spaces.search_space import SearchSpace

__all__ = [
    "BaseSpace",
    "CellSpec",
    "CostTable",
    "NasBench201Space",
    "CellInstance",
    "RecurrentSpace",
    "SearchSpace",
    "darts_cnn",
    "darts_rnn",
    "darts_rnn_small",
    "get",
    "names",
    "nas_bench_201",
    "rdarts_s1",
    "rdarts_s2",
    "rdarts_s3",
    "rdarts_s4",
    "register_search_space",
    "text_cnn",
]
