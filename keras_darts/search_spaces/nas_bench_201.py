"""The search space of NAS-Bench-201."""

from keras_darts.genotypes.nas_bench_201_genotype import PRIMITIVES
from keras_darts.search_spaces.catalog import register_search_space
from keras_darts.search_spaces.cell_spec import CellSpec
from keras_darts.search_spaces.nas_bench_201_space import NasBench201Space


@register_search_space("nas_bench_201")
def nas_bench_201(
    filters=16,
    num_cells=5,
    num_nodes=3,
    primitives=PRIMITIVES,
    *,
    normalization="batch_but_pools",
):
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
            `"batch_but_pools"`: none after pools.

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
