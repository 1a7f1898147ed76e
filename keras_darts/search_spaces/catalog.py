"""Search spaces by name: the published ones and those of users."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any
from typing import TypeVar

from keras_darts.genotypes.nas_bench_201_genotype import PRIMITIVES
from keras_darts.search_spaces.cell_spec import CellSpec
from keras_darts.search_spaces.recurrent_space import RecurrentSpace
from keras_darts.search_spaces.search_space import BaseSpace
from keras_darts.search_spaces.search_space import NasBench201Space
from keras_darts.search_spaces.search_space import SearchSpace
from keras_darts.utils.registry import Registry

_Function = TypeVar("_Function", bound=Callable[..., Any])
_REGISTRY = Registry("search_space", base=BaseSpace)


def register_search_space(name: str) -> Callable[[_Function], _Function]:
    """Decorator: the function that returns a search space gets a name.

    Args:
        name: String, by which `DartsSearch` will find the space.

    Example:

    >>> @register_search_space("doctest_space")
    ... def two_nodes(filters=8):
    ...     return kd.SearchSpace(
    ...         normal=kd.CellSpec.uniform(("skip_connect",), 2),
    ...         reduce=kd.CellSpec.uniform(("skip_connect",), 2, True),
    ...         filters=filters,
    ...     )
    >>> get("doctest_space").num_cells
    8
    """
    return _REGISTRY.register(name)


def names() -> list[str]:
    """Names of all registered search spaces, sorted."""
    return _REGISTRY.names()


def get(identifier: Any) -> BaseSpace:
    """A search space from its name, its config or itself."""
    if isinstance(identifier, dict):
        return _class_of(identifier).from_config(identifier)
    return _REGISTRY.get(identifier)


def _class_of(config):
    if config.get("skeleton") == NasBench201Space.skeleton:
        return NasBench201Space
    return RecurrentSpace if "cell" in config else SearchSpace


CNN_PRIMITIVES: tuple[str, ...] = (
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
def darts_cnn(
    filters: int = 16,
    num_cells: int = 8,
    num_nodes: int = 4,
    primitives: Sequence[str] = CNN_PRIMITIVES,
) -> SearchSpace:
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
def rdarts_s1(filters: int = 16, num_cells: int = 8) -> SearchSpace:
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
def rdarts_s2(filters: int = 16, num_cells: int = 8) -> SearchSpace:
    """S2: skip and separable 3x3 convolution on each edge.

    Args:
        filters: Integer, channels of the first cells. Defaults to `16`.
        num_cells: Integer, cells of the supernet. Defaults to `8`.

    Reference: Zela et al., 2020, section 3.
    """
    names = ("skip_connect", "sep_conv_3x3")
    return darts_cnn(filters, num_cells, primitives=names)


@register_search_space("rdarts_s3")
def rdarts_s3(filters: int = 16, num_cells: int = 8) -> SearchSpace:
    """S3: nothing, skip and separable 3x3 convolution on each edge.

    Args:
        filters: Integer, channels of the first cells. Defaults to `16`.
        num_cells: Integer, cells of the supernet. Defaults to `8`.

    Reference: Zela et al., 2020, section 3.
    """
    names = ("none", "skip_connect", "sep_conv_3x3")
    return darts_cnn(filters, num_cells, primitives=names)


@register_search_space("rdarts_s4")
def rdarts_s4(filters: int = 16, num_cells: int = 8) -> SearchSpace:
    """S4: noise and separable 3x3 convolution on each edge.

    A good search leaves the noise out; a network that has it draws again at
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


TEXT_PRIMITIVES: tuple[str, ...] = (
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
    filters: int = 16,
    num_cells: int = 3,
    num_nodes: int = 3,
    primitives: Sequence[str] = TEXT_PRIMITIVES,
    *,
    embedding_size: int = 64,
    dropout: float = 0.2,
) -> SearchSpace:
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
        task="text_classification",
        embedding_size=embedding_size,
        dropout=dropout,
    )


RNN_PRIMITIVES: tuple[str, ...] = (
    "none",
    "tanh",
    "relu",
    "sigmoid",
    "identity",
)


@register_search_space("darts_rnn")
def darts_rnn(
    num_nodes: int = 8,
    primitives: Sequence[str] = RNN_PRIMITIVES,
    concat: Sequence[int] | None = None,
    **settings: Any,
) -> RecurrentSpace:
    """Five primitives on each edge of a recurrent cell with eight nodes.

    Args:
        num_nodes: Integer, nodes of the cell. Defaults to `8`.
        primitives: Names of the candidates. Defaults to DARTS' five.
        concat: Tuple of nodes whose mean is the output. Defaults to all.
        **settings: Further arguments of `RecurrentSpace`, such as
            `hidden_size` or the dropout rates.

    Reference: Liu et al., 2019, DARTS, section 3.1.2.
    """
    cell = CellSpec.uniform(
        primitives, num_nodes, concat=concat, num_inputs=1, edges_per_node=1
    )
    return RecurrentSpace(cell, **settings)


@register_search_space("darts_rnn_small")
def darts_rnn_small(
    num_nodes: int = 8, hidden_size: int = 64, dropout: float = 0.1
) -> RecurrentSpace:
    """The same cell in a model for a small text and a few minutes.

    A model so small would learn nothing under the dropout of the large one;
    a learning rate of 10 suits it.

    Args:
        num_nodes: Integer, nodes of the cell. Defaults to `8`.
        hidden_size: Integer, units. Defaults to `64`.
        dropout: Float in [0, 1), of the cell's input and before the decoder.
            Defaults to `0.1`.
    """
    return darts_rnn(
        num_nodes,
        hidden_size=hidden_size,
        output_dropout=dropout,
        hidden_dropout=0.0,
        cell_input_dropout=dropout,
        input_dropout=0.0,
    )


@register_search_space("nas_bench_201")
def nas_bench_201(
    filters: int = 16,
    num_cells: int = 5,
    num_nodes: int = 3,
    primitives: Sequence[str] = PRIMITIVES,
    *,
    normalization: str | None = "batch_except_pooling",
) -> NasBench201Space:
    """Five primitives on each of the six edges of a cell: 15,625 cells.

    Searches derive by the largest mixing weight of every edge, `none`
    included, as those of the benchmark do.

    Args:
        filters: Integer, channels of the first stage. Defaults to `16`.
        num_cells: Integer, the cells of each of the three stages. Defaults to
            `5`.
        num_nodes: Integer, nodes after the cell's input. Defaults to `3`.
        primitives: Names of the candidates. Defaults to the benchmark's five.
        normalization: As in `NasBench201Space`. Defaults to
            `"batch_except_pooling"`: none after pools.

    Reference: Dong and Yang, 2020, NAS-Bench-201, section 2.1.
    """
    cell = CellSpec.uniform(
        primitives,
        num_nodes,
        concat=(num_nodes,),
        num_inputs=1,
        edges_per_node=None,
    )
    return NasBench201Space(cell, filters, num_cells, normalization)
