"""Whatever comes in either works or is refused in words that name it."""

import re

import numpy as np
import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

import keras_darts as kd
from keras_darts.search import fit_plan

GENOTYPES = [kd.genotypes.get(name) for name in ("darts_v2", "rnn_darts_v2")]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 70),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=6),
    st.lists(st.integers(-2, 9), max_size=3),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)
many = settings(
    max_examples=100,
    deadline=None,
    # The same examples in each run, so that a failure is not one by chance.
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def works_or_is_named(function, *arguments, **options):
    """Nothing else than a ValueError or TypeError, with a name in it."""
    try:
        function(*arguments, **options)
    except (ValueError, TypeError) as error:
        message = str(error)
        # Python's own words for arguments too few or many name them, too.
        if not re.search("missing|unexpected keyword", message):
            assert re.search(r"`[^`]+`", message), message
            assert "Received" in message, message


@st.composite
def spoiled(draw, text):
    """A text with a few characters replaced, taken out or put in."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        span = draw(st.integers(0, 4))
        text = text[:at] + draw(st.text(max_size=3)) + text[at + span :]
    return text


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("genotype", GENOTYPES, ids=lambda g: type(g).__name__)
@many
@given(data=st.data())
def test_a_written_genotype(genotype, form, data):
    written = getattr(genotype, f"to_{form}")()
    text = data.draw(spoiled(written) | st.text())
    works_or_is_named(getattr(type(genotype), f"from_{form}"), text)


@many
@given(data=st.data())
def test_the_edges_of_a_genotype(data):
    edges = st.lists(
        st.tuples(st.sampled_from(["skip_connect", "none", "x"]), VALUES),
        max_size=4,
    )
    works_or_is_named(
        kd.Genotype,
        normal=data.draw(edges | VALUES),
        normal_concat=data.draw(VALUES),
        reduce=data.draw(edges | VALUES),
        reduce_concat=data.draw(VALUES),
    )


@many
@given(
    names=st.lists(
        st.sampled_from(["none", "skip_connect", "sep_conv_3x3", "x", 3]),
        max_size=3,
    )
    | VALUES,
    num_nodes=VALUES,
)
def test_a_description_of_a_cell(names, num_nodes):
    works_or_is_named(kd.CellSpec.uniform, names, num_nodes=num_nodes)


@many
@given(filters=VALUES, num_cells=VALUES)
def test_the_sizes_of_a_search_space(filters, num_cells):
    works_or_is_named(kd.search_spaces.darts_cnn, filters, num_cells)


PIECES = (
    "relaxation",
    "connection",
    "architect",
    "regularizers",
    "discretizer",
    "exclude",
    "callbacks",
    "edge_normalization",
    "stages",
)


@many
@given(st.dictionaries(st.sampled_from(PIECES), VALUES, max_size=3))
def test_the_pieces_of_a_strategy(pieces):
    works_or_is_named(kd.SearchStrategy, **pieces)


@many
@given(
    st.dictionaries(
        st.sampled_from(
            ("search_space", "strategy", "num_classes", "input_shape", "seed")
        ),
        VALUES,
        max_size=2,
    )
)
def test_the_arguments_of_a_search(arguments):
    # Never both, with which a supernet would be built.
    if {"num_classes", "input_shape"} <= set(arguments):
        del arguments["input_shape"]
    works_or_is_named(kd.DartsSearch, **arguments)


SHAPES = st.lists(st.integers(0, 9), min_size=0, max_size=5)
DTYPES = st.sampled_from(
    ["uint8", "int64", "float16", "float32", "float64", "bool", "complex64"]
)
SEARCH = kd.DartsSearch(kd.search_spaces.darts_cnn(2, 2, num_nodes=1))


@settings(many, max_examples=200)
@given(
    shape=SHAPES,
    dtype=DTYPES,
    label_shape=SHAPES,
    label_dtype=DTYPES,
    batch_size=st.none() | VALUES,
    split=st.just(0.5) | VALUES,
)
def test_the_data_of_a_search(
    shape, dtype, label_shape, label_dtype, batch_size, split
):
    x, y = np.zeros(shape, dtype), np.ones(label_shape, label_dtype)

    def read():
        fit_plan.read(
            SEARCH,
            x,
            y,
            batch_size,
            validation_split=split,
            validation_data=None,
            sample_weight=None,
            steps_per_epoch=None,
        )

    works_or_is_named(read)


@many
@given(
    name=st.sampled_from(
        ("epochs", "batch_size", "steps_per_epoch", "checkpoint_minutes")
    ),
    value=VALUES.filter(lambda v: not isinstance(v, int | float) or v is True),
)
def test_the_numbers_of_a_fit(name, value):
    if value is None and name != "checkpoint_minutes":
        return
    with pytest.raises((ValueError, TypeError), match=f"`{name}`"):
        SEARCH.fit(np.zeros((8, 8, 8, 1)), np.zeros(8), **{name: value})
