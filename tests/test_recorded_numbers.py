"""Networks and a search give what they gave when the record was written."""

import numpy as np
import pytest
from recorded_items import ITEMS
from recorded_numbers import difference
from recorded_numbers import plain
from recorded_numbers import read

# Keras reads its scalar variables in a way that NumPy is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

RECORD = read()["items"]
# The script compares the others, which take minutes.
QUICK = [name for name in ITEMS if name.startswith("logits_")]


@pytest.mark.parametrize("name", [*QUICK, "search_first_order"])
def test_the_numbers_are_those_of_the_record(name):
    result = plain(ITEMS[name]())
    assert difference(RECORD[name]["values"], result) <= 1e-5


def test_every_item_is_recorded():
    assert RECORD.keys() == ITEMS.keys()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, 0.0),
        ({"alphas": np.array([1.0, 2.5])}, 0.5),
        ({"alphas": np.array([1.0, np.nan])}, np.inf),
        ({"alphas": np.array([1.0, 2.0], "float32")}, np.inf),
        ({"alphas": np.array([1.0])}, np.inf),
        ({"genotype": "another"}, np.inf),
        ({"more": "text"}, np.inf),
    ],
)
def test_whatever_differs_is_seen(change, expected):
    values = {"alphas": np.array([1.0, 2.0]), "genotype": "one"}
    changed = {**values, **change}
    assert difference(plain(values), plain(changed)) == expected
