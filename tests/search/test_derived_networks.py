"""Networks for other data than those that were searched on."""

import pytest

import keras_darts as kd
from keras_darts.testing.small import small_search

SPACES = {
    "image": kd.search_spaces.darts_cnn(
        2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
    ),
    "stages": kd.search_spaces.nas_bench_201(filters=2, num_cells=1),
    "text": kd.search_spaces.text_cnn(
        num_nodes=1, primitives=("skip_connect", "conv_1d_3")
    ),
    "language": kd.search_spaces.darts_rnn(
        embedding_size=4, hidden_size=4, num_nodes=2
    ),
}
IMAGE = {"num_classes": 7, "input_shape": (16, 16, 3), "filters": 3}
OTHERS = {
    "image": {**IMAGE, "num_cells": 2},
    "stages": {**IMAGE, "num_cells": 1},
    "text": {
        "num_classes": 7,
        "vocabulary_size": 33,
        "sequence_length": 16,
        "filters": 3,
        "num_cells": 2,
    },
    "language": {"vocabulary_size": 33, "hidden_size": 5},
}


@pytest.fixture(params=SPACES)
def case(request):
    search = small_search(SPACES[request.param])
    return search, OTHERS[request.param]


def test_sizes_may_be_those_of_other_data(case):
    search, sizes = case
    network = search.derived_network(**sizes)
    for name, size in sizes.items():
        result = network.get_config()[name]
        assert result == (list(size) if isinstance(size, tuple) else size)
    assert network.genotype == search.genotype()


def test_the_genotype_is_that_of_the_search(case):
    search, sizes = case
    with pytest.raises(ValueError, match="`genotype` must be left out"):
        search.derived_network(genotype="darts_v2", **sizes)


@pytest.mark.parametrize(
    ("sizes", "scaled"),
    [
        ({}, ((5.0,), (6.0,))),
        ({"input_shape": (16, 16, 1)}, ((5.0,), (6.0,))),
        ({"input_shape": (8, 8, 3)}, (None, None)),
        ({"mean": [1.0], "variance": [2.0]}, ((1.0,), (2.0,))),
    ],
)
@pytest.mark.parametrize("space", ["image", "stages"])
def test_statistics_are_handed_on_to_images_of_as_many_channels(
    space, sizes, scaled
):
    search = small_search(SPACES[space])
    search.scale_by({"mean": [5.0], "variance": [6.0]})
    network = search.derived_network(filters=2, num_cells=1, **sizes)
    assert (network.mean, network.variance) == scaled
