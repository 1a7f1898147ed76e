"""R-DARTS' spaces, as its paper and its code have them."""

import pytest

from keras_darts import search_spaces

SKIP, SEP = "skip_connect", "sep_conv_3x3"
MAX, AVG = "max_pool_3x3", "avg_pool_3x3"
DIL3, DIL5 = "dil_conv_3x3", "dil_conv_5x5"
S1 = {
    "normal": (
        *((SKIP, DIL3), (SKIP, DIL5)),
        *((SKIP, DIL5), (SKIP, SEP), (SKIP, DIL3)),
        *((MAX, SKIP), (SKIP, SEP), (SKIP, SEP), (SKIP, DIL3)),
        *((SKIP, SEP), (MAX, SKIP), (SKIP, DIL3), (DIL3, DIL5), (DIL3, DIL5)),
    ),
    "reduce": (
        *((MAX, AVG), (MAX, DIL3)),
        *((MAX, AVG), (MAX, AVG), (SKIP, DIL5)),
        *((MAX, AVG), (MAX, SEP), (SKIP, DIL3), (SKIP, DIL5)),
        *((MAX, AVG), (MAX, AVG), (SKIP, DIL5), (SKIP, DIL5), (SKIP, DIL5)),
    ),
}
UNIFORM = {"s2": (SKIP, SEP), "s3": ("none", SKIP, SEP), "s4": ("noise", SEP)}


def test_s1_has_two_candidates_of_its_own_on_each_edge():
    space = search_spaces.get("rdarts_s1")
    for cell_type, spec in space.cells.items():
        assert spec.primitives == S1[cell_type]
    assert (space.filters, space.num_cells) == (16, 8)


@pytest.mark.parametrize("name", UNIFORM)
def test_the_others_have_the_same_on_all_edges(name):
    space = search_spaces.get(f"rdarts_{name}")
    for cell_type, spec in space.cells.items():
        assert spec.primitives == (UNIFORM[name],) * 14
        assert spec.reduction == (cell_type == "reduce")
    assert (space.filters, space.num_cells) == (16, 8)
