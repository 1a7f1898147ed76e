"""Cells that papers published, by name.

Cells are written node by node, `primitive@input`, in the order of the source;
`-` is a node without input. Sources, each the authors' own repository:

- darts_v1, darts_v2 (Liu et al., 2019) and, in DARTS' primitives, nasnet_a
  (Zoph et al., 2018) and amoebanet_a (Real et al., 2019): quark0/darts,
  `cnn/genotypes.py`
- pc_darts_cifar, pc_darts_imagenet (Xu et al., 2020): yuhuixu1993/PC-DARTS,
  `genotypes.py`
- p_darts (Chen et al., 2019): chenxin061/pdarts, `genotypes.py`
- fair_darts_a to fair_darts_g (Chu et al., 2020), the seven cells of the
  paper, and fair_darts_sparse_bs_64, fair_darts_edge_bs_64 (`DCO_..._BS_64`
  there): xiaomi-automl/FairDARTS, `fairdarts/genotypes.py`
- rnn_darts_v1, rnn_darts_v2 (Liu et al., 2019), rnn_enas (Pham et al., 2018):
  quark0/darts, `rnn/genotypes.py`
"""

from __future__ import annotations

import types

from keras_darts.genotypes.genotype import Genotype
from keras_darts.genotypes.recurrent_genotype import RecurrentGenotype
from keras_darts.utils.errors import unknown_name

_PRIMITIVES = {
    "avg": "avg_pool_3x3",
    "conv7": "conv_7x1_1x7",
    "dil3": "dil_conv_3x3",
    "dil5": "dil_conv_5x5",
    "max": "max_pool_3x3",
    "sep3": "sep_conv_3x3",
    "sep5": "sep_conv_5x5",
    "sep7": "sep_conv_7x7",
    "skip": "skip_connect",
}


def get(name: str) -> Genotype | RecurrentGenotype:
    """A published genotype.

    Args:
        name: String, one of `keras_darts.genotypes.list()`, in upper or lower
            case.

    Returns:
        A `Genotype` or `RecurrentGenotype`.

    Raises:
        ValueError: If the name is not known; the message has the nearest ones.

    Example:

    >>> get("DARTS_V2").num_skip_connects("normal")
    2
    """
    known = name.lower() if isinstance(name, str) else name
    if not isinstance(known, str) or known not in _PUBLISHED:
        raise unknown_name("name", known, _PUBLISHED)
    return _PUBLISHED[known]


def names() -> list[str]:
    """The names of the published genotypes, convolutional ones first."""
    return list(_PUBLISHED)


def _edges(cell):
    """Triples (primitive, node, input) of a cell in the notation above."""
    for node, edges in enumerate(cell.split("|"), 2):
        for edge in edges.replace("-", "").split():
            primitive, _, source = edge.partition("@")
            yield _PRIMITIVES[primitive], node, int(source)


def _cells(
    normal, reduce, normal_concat=range(2, 6), reduce_concat=range(2, 6)
):
    return Genotype(
        normal=[(primitive, source) for primitive, _, source in _edges(normal)],
        normal_concat=normal_concat,
        reduce=[(primitive, source) for primitive, _, source in _edges(reduce)],
        reduce_concat=reduce_concat,
    )


def _fair_cells(normal, reduce):
    return Genotype(
        normal=tuple(_edges(normal)),
        normal_concat=range(2, 6),
        reduce=tuple(_edges(reduce)),
        reduce_concat=range(2, 6),
    )


def _recurrent(cell, concat=range(1, 9)):
    pairs = [edge.split("@") for edge in cell.split()]
    return RecurrentGenotype(
        [(primitive, int(source)) for primitive, source in pairs], concat
    )


_PUBLISHED = types.MappingProxyType(
    {
        "darts_v1": _cells(
            "sep3@1 sep3@0 | skip@0 sep3@1 | skip@0 sep3@1 | sep3@0 skip@2",
            "max@0 max@1 | skip@2 max@0 | max@0 skip@2 | skip@2 avg@0",
        ),
        "darts_v2": _cells(
            "sep3@0 sep3@1 | sep3@0 sep3@1 | sep3@1 skip@0 | skip@0 dil3@2",
            "max@0 max@1 | skip@2 max@1 | max@0 skip@2 | skip@2 max@1",
        ),
        "nasnet_a": _cells(
            "sep5@1 sep3@0 | sep5@0 sep3@0 | avg@1 skip@0 | avg@0 avg@0 | "
            "sep3@1 skip@1",
            "sep5@1 sep7@0 | max@1 sep7@0 | avg@1 sep5@0 | skip@3 avg@2 | "
            "sep3@2 max@1",
            normal_concat=[2, 3, 4, 5, 6],
            reduce_concat=[4, 5, 6],
        ),
        "amoebanet_a": _cells(
            "avg@0 max@1 | sep3@0 sep5@2 | sep3@0 avg@3 | sep3@1 skip@1 | "
            "skip@0 avg@1",
            "avg@0 sep3@1 | max@0 sep7@2 | sep7@0 avg@1 | max@0 max@1 | "
            "conv7@0 sep3@5",
            normal_concat=[4, 5, 6],
            reduce_concat=[3, 4, 6],
        ),
        "pc_darts_cifar": _cells(
            "sep3@1 skip@0 | sep3@0 dil3@1 | sep5@0 sep3@1 | avg@0 dil3@1",
            "sep5@1 max@0 | sep5@1 sep5@2 | sep3@0 sep3@3 | sep3@1 sep3@2",
        ),
        "pc_darts_imagenet": _cells(
            "skip@1 sep3@0 | sep3@0 skip@1 | sep3@1 sep3@3 | sep3@1 dil5@4",
            "sep3@0 skip@1 | dil5@2 max@1 | sep3@2 sep3@1 | sep5@0 sep3@3",
        ),
        "p_darts": _cells(
            "skip@0 dil3@1 | skip@0 sep3@1 | sep3@1 sep3@3 | sep3@0 dil5@4",
            "avg@0 sep5@1 | sep3@0 dil5@2 | max@0 dil3@1 | dil3@1 dil5@3",
        ),
        "fair_darts_a": _fair_cells(
            "sep3@0 sep5@1 | - | max@0 | sep3@0",
            "max@0 avg@1 | avg@0 dil5@1 | avg@0 sep5@1 | skip@0 skip@1",
        ),
        "fair_darts_b": _fair_cells(
            "sep3@0 sep3@1 | sep3@1 | dil3@0 sep5@1 | dil5@1",
            "skip@0 dil3@1 | skip@0 dil3@1 | max@0 sep3@1 | skip@2 max@0",
        ),
        "fair_darts_c": _fair_cells(
            "max@0 sep5@1 | - | dil3@0 dil5@2 | skip@3 sep3@0",
            "dil3@1 dil5@0 | dil3@0 sep3@1 | sep5@0 sep5@3 | sep5@0 skip@1",
        ),
        "fair_darts_d": _fair_cells(
            "sep3@0 sep5@1 | dil3@1 max@0 | dil3@0 dil3@1 | sep3@0 dil5@1",
            "max@0 sep5@1 | avg@0 dil5@2 | dil3@3 avg@0 | avg@0 skip@3",
        ),
        "fair_darts_e": _fair_cells(
            "sep3@0 sep3@1 | - | dil3@1 dil3@2 | dil3@0 dil5@1",
            "max@1 max@0 | max@1 max@0 | sep5@1 max@0 | avg@0 dil5@1",
        ),
        "fair_darts_f": _fair_cells(
            "max@0 sep3@1 | dil3@1 | sep5@1 | sep3@0 sep3@1",
            "max@0 max@1 | max@0 dil3@1 | dil3@2 max@0 | max@0 sep3@1",
        ),
        "fair_darts_g": _fair_cells(
            "sep3@0 sep3@1 | - | skip@3 sep5@1 | dil3@0 sep3@1",
            "avg@1 skip@0 | skip@2 max@1 | sep5@3 max@0 | dil3@1 dil3@4",
        ),
        "fair_darts_sparse_bs_64": _fair_cells(
            "sep3@0 dil3@1 | sep5@0 dil3@1 | max@0 | dil5@0",
            "skip@0 dil5@1 | sep5@0 sep5@2 | sep5@3 avg@0 | dil3@0 dil5@1",
        ),
        "fair_darts_edge_bs_64": _fair_cells(
            "dil3@0 sep3@0 sep3@1 dil3@1 | max@0 sep5@0 dil3@1 | max@0 | "
            "dil5@0",
            "sep5@0 skip@0 dil5@1 skip@1 | skip@0 max@0 max@1 sep3@1 skip@2 "
            "sep5@2 | max@0 avg@0 dil5@1 sep3@1 sep5@2 skip@2 skip@3 sep5@3 "
            "| max@0 avg@0 dil5@1 dil3@1 skip@2 sep5@2 sep5@3 dil5@3 dil3@4 "
            "skip@4",
        ),
        "rnn_darts_v1": _recurrent(
            "relu@0 relu@1 tanh@2 relu@3 relu@4 identity@1 relu@5 relu@1",
        ),
        "rnn_darts_v2": _recurrent(
            "sigmoid@0 relu@1 relu@1 identity@1 tanh@2 sigmoid@5 tanh@3 relu@5",
        ),
        "rnn_enas": _recurrent(
            "tanh@0 tanh@1 relu@1 tanh@3 tanh@3 relu@3 relu@4 relu@7 "
            "relu@8 relu@8 relu@8",
            concat=[2, 5, 6, 9, 10, 11],
        ),
    }
)
