"""A search space of cells along time, for the classification of sentences."""

from keras_darts.search_spaces.catalog import register_search_space
from keras_darts.search_spaces.cell_spec import CellSpec
from keras_darts.search_spaces.search_space import SearchSpace

PRIMITIVES = (
    "none",
    "max_pool_1d_3",
    "avg_pool_1d_3",
    "skip_connect",
    "conv_1d_3",
    "conv_1d_5",
    "conv_1d_7",
    "dil_conv_1d_3",
    "dil_conv_1d_5",
    "self_attention",
)


@register_search_space("text_cnn")
def text_cnn(
    filters=16,
    num_cells=3,
    num_nodes=3,
    primitives=PRIMITIVES,
    *,
    embedding_size=64,
    dropout=0.2,
):
    """Ten primitives on each edge of cells with three nodes.

    Convolutions of three widths, dilated ones, pools, self-attention, skip
    and nothing, over embedded tokens; reductions halve the length.

    Args:
        filters: Integer, channels of the first cells. Defaults to `16`.
        num_cells: Integer, cells of the supernet. Defaults to `3`.
        num_nodes: Integer, nodes of a cell. Defaults to `3`.
        primitives: Names of the candidates. Defaults to the ten.
        embedding_size: Integer, features of a token. Defaults to `64`.
        dropout: Float in [0, 1), of the embedded tokens' features and before
            the classifier. Defaults to `0.2`.

    Reference: Liu et al., 2019, DARTS, section 2, for the cells; Wang et al.,
    2020, TextNAS, for the kinds of primitives.
    """
    return SearchSpace(
        normal=CellSpec.uniform(primitives, num_nodes),
        reduce=CellSpec.uniform(primitives, num_nodes, reduction=True),
        filters=filters,
        num_cells=num_cells,
        modality="text",
        embedding_size=embedding_size,
        dropout=dropout,
    )
