"""The search spaces on which R-DARTS is tried, where DARTS fails."""

from keras_darts.search_spaces.catalog import register_search_space
from keras_darts.search_spaces.cell_spec import CellSpec
from keras_darts.search_spaces.darts_cnn import darts_cnn
from keras_darts.search_spaces.search_space import SearchSpace

_NAMES = {
    "skip": "skip_connect",
    "max": "max_pool_3x3",
    "avg": "avg_pool_3x3",
    "sep3": "sep_conv_3x3",
    "dil3": "dil_conv_3x3",
    "dil5": "dil_conv_5x5",
}
# The two candidates of each edge, a line a node.
_NORMAL = """
skip,dil3 skip,dil5
skip,dil5 skip,sep3 skip,dil3
max,skip skip,sep3 skip,sep3 skip,dil3
skip,sep3 max,skip skip,dil3 dil3,dil5 dil3,dil5
"""
_REDUCE = """
max,avg max,dil3
max,avg max,avg skip,dil5
max,avg max,sep3 skip,dil3 skip,dil5
max,avg max,avg skip,dil5 skip,dil5 skip,dil5
"""


@register_search_space("rdarts_s1")
def rdarts_s1(filters=16, num_cells=8):
    """S1: two candidates on each edge, others on each, chosen by a search.

    Args:
        filters: Integer, channels of the first cells. Defaults to `16`.
        num_cells: Integer, cells of the supernet. Defaults to `8`.

    Reference: Zela et al., 2020, Understanding and robustifying
    differentiable architecture search, section 3 and appendix.
    """
    return SearchSpace(
        normal=CellSpec(_candidates(_NORMAL)),
        reduce=CellSpec(_candidates(_REDUCE), reduction=True),
        filters=filters,
        num_cells=num_cells,
    )


@register_search_space("rdarts_s2")
def rdarts_s2(filters=16, num_cells=8):
    """S2: skip and separable 3x3 convolution on each edge.

    Args:
        filters: Integer, channels of the first cells. Defaults to `16`.
        num_cells: Integer, cells of the supernet. Defaults to `8`.

    Reference: Zela et al., 2020, section 3.
    """
    names = ("skip_connect", "sep_conv_3x3")
    return darts_cnn(filters, num_cells, primitives=names)


@register_search_space("rdarts_s3")
def rdarts_s3(filters=16, num_cells=8):
    """S3: nothing, skip and separable 3x3 convolution on each edge.

    Args:
        filters: Integer, channels of the first cells. Defaults to `16`.
        num_cells: Integer, cells of the supernet. Defaults to `8`.

    Reference: Zela et al., 2020, section 3.
    """
    names = ("none", "skip_connect", "sep_conv_3x3")
    return darts_cnn(filters, num_cells, primitives=names)


@register_search_space("rdarts_s4")
def rdarts_s4(filters=16, num_cells=8):
    """S4: noise and separable 3x3 convolution on each edge.

    A good search leaves the noise out; a network that has it draws anew at
    every call, at inference too. A supernet does so in training, and draws
    the same for each batch that it is evaluated on.

    Args:
        filters: Integer, channels of the first cells. Defaults to `16`.
        num_cells: Integer, cells of the supernet. Defaults to `8`.

    Reference: Zela et al., 2020, section 3.
    """
    names = ("noise", "sep_conv_3x3")
    return darts_cnn(filters, num_cells, primitives=names)


def _candidates(table):
    return tuple(
        tuple(_NAMES[name] for name in edge.split(","))
        for edge in table.split()
    )
