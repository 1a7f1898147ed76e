"""The table of tiers names tests that there are."""

import importlib.util
import pathlib

import pytest
from tiers import PLACES
from tiers import tier_of

TESTS = pathlib.Path(__file__).parent


@pytest.mark.parametrize("place", [p for ps in PLACES.values() for p in ps])
def test_a_place_is_there(place):
    path, _, name = place.partition("::")
    assert (TESTS / path).exists()
    function, _, case = name.rstrip("]").partition("[")
    assert not name or f"def {function}(" in text_of(path)
    if path == "test_docstrings.py":
        assert importlib.util.find_spec(case)


def text_of(path):
    return (TESTS / path).read_text(encoding="utf-8")


def test_what_is_said_of_a_case_counts_more_than_of_its_file_and_folder():
    assert tier_of("search/test_fit.py", "test_a", "test_a[1]") == "slow"
    file = "search/test_steps.py"
    assert tier_of(file, "test_a", "test_a") == "unit"
    traced = "test_traced_gradients_equal_eager_ones"
    assert tier_of(file, traced, f"{traced}[exact]") == "traced"
    assert tier_of("test_new.py", "test_a", "test_a") == "unit"
