"""The convolutional search space of DARTS."""

from keras_darts.search_spaces.catalog import register_search_space
from keras_darts.search_spaces.cell_spec import CellSpec
from keras_darts.search_spaces.search_space import SearchSpace

PRIMITIVES = (
    "none",
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)


@register_search_space("darts_cnn")
def darts_cnn(filters=16, num_cells=8, num_nodes=4, primitives=PRIMITIVES):
    """Eight primitives on each edge of cells with four nodes.

    Args:
        filters: Integer, channels of the first cells. Defaults to `16`.
        num_cells: Integer, cells of the supernet. Defaults to `8`.
        num_nodes: Integer, nodes of a cell. Defaults to `4`.
        primitives: Names of the candidates. Defaults to DARTS' eight.

    Reference: Liu et al., 2019, DARTS, section 3.1.
    """
    return SearchSpace(
        normal=CellSpec.uniform(primitives, num_nodes),
        reduce=CellSpec.uniform(primitives, num_nodes, reduction=True),
        filters=filters,
        num_cells=num_cells,
    )
