"""The recurrent search space of DARTS."""

from keras_darts.search_spaces.catalog import register_search_space
from keras_darts.search_spaces.cell_spec import CellSpec
from keras_darts.search_spaces.recurrent_space import RecurrentSpace

PRIMITIVES = ("none", "tanh", "relu", "sigmoid", "identity")


@register_search_space("darts_rnn")
def darts_rnn(num_nodes=8, primitives=PRIMITIVES, concat=None, **settings):
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
def darts_rnn_small(num_nodes=8, hidden_size=64, dropout=0.1):
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
