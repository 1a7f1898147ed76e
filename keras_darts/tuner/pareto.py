"""The Pareto front of rows of figures."""

import math

from keras_darts.utils.errors import unknown_name

_DIRECTIONS = ("min", "max")


def pareto_front(rows, directions):
    """The rows that no other beats in one figure without losing in another.

    Args:
        rows: List of dictionaries with a number for each name in
            `directions`, among whatever else. One that lacks a number, or
            has NaN, takes no part.
        directions: Dictionary from names to `"min"` or `"max"`.

    Returns:
        The list of these rows, the best by the first name first. Equal rows
        are all in it, or none is.

    Raises:
        ValueError: for an unknown direction, or none at all, and for a name
            that no row has.

    Example:

    >>> rows = [
    ...     {"val_accuracy": 0.9, "parameters": 300},
    ...     {"val_accuracy": 0.8, "parameters": 100},
    ...     {"val_accuracy": 0.7, "parameters": 200},
    ... ]
    >>> best = pareto_front(rows, {"val_accuracy": "max", "parameters": "min"})
    >>> [row["parameters"] for row in best]
    [300, 100]
    """
    _check(rows, directions)
    costs = [(_costs(row, directions), row) for row in rows]
    known = [(cost, row) for cost, row in costs if cost is not None]
    kept = [
        (cost, row)
        for cost, row in known
        if not any(_dominates(other, cost) for other, _ in known)
    ]
    return [row for _, row in sorted(kept, key=lambda pair: pair[0])]


def _check(rows, directions):
    if not directions:
        raise ValueError(
            "`directions` must name at least one figure. Received: "
            f"directions={directions!r}"
        )
    for direction in directions.values():
        if direction not in _DIRECTIONS:
            raise unknown_name("direction", direction, _DIRECTIONS)
    measured = {name for row in rows for name in row}
    for name in directions:
        if rows and name not in measured:
            raise ValueError(
                "What is compared must have been measured, as the objectives "
                f"of a tuner are. Received: {name!r}, of {sorted(measured)}"
            )


def _costs(row, directions):
    """The figures as numbers of which less is better, or `None`."""
    costs = []
    for name, direction in directions.items():
        value = row.get(name)
        if value is None or math.isnan(value):
            return None
        costs.append(-value if direction == "max" else value)
    return tuple(costs)


def _dominates(one, other):
    pairs = zip(one, other, strict=True)
    return one != other and all(a <= b for a, b in pairs)
