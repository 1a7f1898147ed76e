"""The rows that nothing beats, against the definition."""

import math

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from keras_darts.tuner.objectives import pareto_front

DIRECTIONS = {"accuracy": "max", "size": "min", "latency": "min"}

# Few values, so that equal and dominated rows are frequent.
numbers = st.one_of(
    st.integers(0, 3), st.floats(0, 3), st.just(math.nan), st.none()
)
rows = st.lists(st.fixed_dictionaries(dict.fromkeys(DIRECTIONS, numbers)))


def complete(row):
    return all(v is not None and not math.isnan(v) for v in row.values())


def beats(one, other):
    """At least as good everywhere, and better somewhere."""
    gains = [
        (one[name] - other[name]) * (1 if direction == "max" else -1)
        for name, direction in DIRECTIONS.items()
    ]
    return min(gains) >= 0 and max(gains) > 0


@settings(max_examples=60, deadline=None)
@given(rows)
def test_a_row_stays_if_and_only_if_no_other_beats_it(rows):
    kept = {id(row) for row in pareto_front(rows, DIRECTIONS)}
    known = [row for row in rows if complete(row)]
    for row in rows:
        stays = complete(row) and not any(beats(o, row) for o in known)
        assert (id(row) in kept) == stays


@settings(max_examples=60, deadline=None)
@given(rows, st.randoms())
def test_the_order_of_the_trials_does_not_matter(rows, random):
    shuffled = random.sample(rows, len(rows))
    values = [list(row.values()) for row in pareto_front(rows, DIRECTIONS)]
    again = [list(row.values()) for row in pareto_front(shuffled, DIRECTIONS)]
    assert values == again


@settings(max_examples=60, deadline=None)
@given(rows)
def test_the_best_by_the_first_figure_comes_first(rows):
    accuracies = [row["accuracy"] for row in pareto_front(rows, DIRECTIONS)]
    assert accuracies == sorted(accuracies, reverse=True)
    best = [row["accuracy"] for row in rows if complete(row)]
    assert not best or accuracies[0] == max(best)


def test_one_figure_leaves_the_best_rows_alone():
    rows = [{"loss": 2.0}, {"loss": 1.0}, {"loss": 1.0, "seed": 3}]
    assert pareto_front(rows, {"loss": "min"}) == rows[1:]


def test_no_row_is_changed():
    row = {"loss": 1.0, "genotype": "a"}
    assert pareto_front([row], {"loss": "min"})[0] is row


@pytest.mark.parametrize(
    "directions, message",
    [
        ({}, "at least one figure"),
        ({"loss": "down"}, "`direction` must be one of max, min"),
    ],
)
def test_unknown_directions_are_refused(directions, message):
    with pytest.raises(ValueError, match=message):
        pareto_front([], directions)


def test_a_figure_that_was_not_measured_is_named():
    with pytest.raises(ValueError, match="Received: 'latency', of"):
        pareto_front([{"size": 1.0}], {"size": "min", "latency": "min"})
    assert pareto_front([], {"latency": "min"}) == []
