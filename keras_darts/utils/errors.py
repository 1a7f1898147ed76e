"""Messages that name the argument, what was expected and what came."""

from __future__ import annotations

import difflib
import math
import numbers
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any


def unknown_name(
    argument: str, received: object, known: Iterable[str]
) -> ValueError:
    """A `ValueError` for a name that is not known, with the nearest ones.

    Args:
        argument: String, the argument's name.
        received: What came instead of a known name.
        known: Iterable of strings, the names that would have been accepted.

    Returns:
        The exception, to be raised by the caller.

    Example:

    >>> str(unknown_name("op", "skip_conect", ["skip_connect", "none"]))
    "`op` must be one of none, skip_connect. Did you mean skip_connect? \
Received: op='skip_conect'"
    """
    known = sorted(known)
    nearest = difflib.get_close_matches(str(received), known, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
    return ValueError(
        f"`{argument}` must be one of {', '.join(known)}.{hint} "
        f"Received: {argument}={received!r}"
    )


def unknown_argument(
    owner: str, received: str, known: Iterable[str]
) -> TypeError:
    """A `TypeError` for an argument that is not known, with the nearest ones.

    Args:
        owner: String, what was called.
        received: String, the argument's name.
        known: Iterable of strings, the names of arguments that there are.

    Returns:
        The exception, to be raised by the caller.

    Example:

    >>> str(unknown_argument("DartsSearch", "num_filters", ["filters"]))
    '`DartsSearch` must be given arguments that it has. Did you mean \
`filters`? Received: num_filters'
    """
    nearest = difflib.get_close_matches(received, sorted(known), n=3)
    names = " or ".join(f"`{name}`" for name in nearest)
    hint = f"Did you mean {names}?" if nearest else f"It has {known}."
    return TypeError(
        f"`{owner}` must be given arguments that it has. {hint} "
        f"Received: {received}"
    )


def integer(name: str, number: Any, least: int | None = None) -> int:
    """`number` as an `int`, if it is an integer that is large enough.

    Args:
        name: String, the argument's name.
        number: What came.
        least: Integer, the smallest that is accepted. Defaults to `None`: any.

    Raises:
        ValueError: if it is something else, a boolean included.

    Example:

    >>> integer("seed", -1)
    -1
    """
    whole = _is_a(numbers.Integral, number)
    if not whole or (least is not None and number < least):
        bound = "" if least is None else f" of at least {least}"
        raise ValueError(
            f"`{name}` must be an integer{bound}. Received: {name}={number!r}"
        )
    return int(number)


def rate(name: str, number: Any) -> float:
    """`number` as a `float`, if it lies in [0, 1).

    Args:
        name: String, the argument's name.
        number: What came.

    Raises:
        ValueError: if it is something else, a boolean included.

    Example:

    >>> rate("dropout", 0.5)
    0.5
    """
    if not _is_a(numbers.Real, number) or not 0 <= number < 1:
        raise ValueError(
            f"`{name}` must be in [0, 1). Received: {name}={number!r}"
        )
    return float(number)


def positive_integer(name: str, number: Any) -> int:
    """`number` as an `int`, if it is a positive integer.

    Args:
        name: String, the argument's name.
        number: What came.

    Raises:
        ValueError: if it is something else, a boolean included.

    Example:

    >>> positive_integer("epochs", 3)
    3
    """
    if not _is_a(numbers.Integral, number) or number < 1:
        raise ValueError(
            f"`{name}` must be a positive integer. Received: {name}={number!r}"
        )
    return int(number)


def non_negative(name: str, number: Any) -> float:
    """`number` as a `float`, if it is zero or more.

    Args:
        name: String, the argument's name.
        number: What came.

    Raises:
        ValueError: if it is something else, a boolean included.

    Example:

    >>> non_negative("minutes", 3)
    3.0
    """
    if not _is_a(numbers.Real, number) or not number >= 0:
        raise ValueError(
            f"`{name}` must be a number of at least zero. "
            f"Received: {name}={number!r}"
        )
    return float(number)


def positive(name: str, number: Any) -> float:
    """`number` as a `float`, if it is finite and more than zero.

    Args:
        name: String, the argument's name.
        number: What came.

    Raises:
        ValueError: if it is something else, a boolean included.

    Example:

    >>> positive("target", 3)
    3.0
    """
    if not _is_a(numbers.Real, number) or not 0 < number < math.inf:
        raise ValueError(
            f"`{name}` must be a positive, finite number. "
            f"Received: {name}={number!r}"
        )
    return float(number)


def channels_first(shape: Sequence[int | None]) -> bool:
    """Whether a shape of an image looks like (channels, height, width).

    Example:

    >>> channels_first((3, 32, 32)), channels_first((32, 32, 3))
    (True, False)
    """
    first, height, width = shape
    few = (1, 3, 4)
    return first in few and width not in few and min(height, width) > first


def _is_a(number_type, number):
    # A boolean is an integer to Python, but not to a person.
    return isinstance(number, number_type) and not isinstance(number, bool)
