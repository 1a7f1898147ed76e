"""A small search space and a table of what its primitives cost."""

import keras_darts as kd
from keras_darts.search_spaces import CellInstance
from keras_darts.search_spaces import CostTable
from keras_darts.search_spaces.cost_table import key

NAMES = ("none", "skip_connect", "max_pool_3x3", "sep_conv_3x3")
COSTS = {"skip_connect": 0.5, "max_pool_3x3": 2.0, "sep_conv_3x3": 8.0}


def space():
    return kd.search_spaces.darts_cnn(4, 3, num_nodes=2, primitives=NAMES)


def table(measure="latency", **settings):
    """A normal cell and a reduction cell; a stride of two costs half."""
    costs = {key(name, 4, 1, (8, 8)): cost for name, cost in COSTS.items()}
    for name, cost in COSTS.items():
        costs[key(name, 8, 2, (8, 8))] = cost / 2
        costs[key(name, 8, 1, (4, 4))] = cost / 4
    cells = (
        CellInstance("normal", 4, (8, 8)),
        CellInstance("normal", 4, (8, 8)),
        CellInstance("reduce", 8, (8, 8)),
    )
    defaults = {"fixed": 3.0, "scale": 2.0}
    return CostTable(
        measure=measure, cells=cells, costs=costs, **{**defaults, **settings}
    )
