"""Checks that every kind of genotype shares; all return plain Python values."""

import operator

# A mistyped index or range must end in a message, not in a full memory.
_MOST = 10_000


def brief(value):
    """The `repr` of what came, short enough for a message."""
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}..."


def string(argument, value):
    if not isinstance(value, str):
        raise TypeError(
            f"`{argument}` must be a string. Received: "
            f"{argument}={brief(value)} of type {type(value).__name__}"
        )
    return value


def sequence(argument, value):
    if not isinstance(value, (list, tuple, range)):
        raise TypeError(
            f"`{argument}` must be a list, a tuple or a range. Received: "
            f"{argument}={brief(value)} of type {type(value).__name__}"
        )
    if value[_MOST:]:
        raise ValueError(
            f"`{argument}` must have at most {_MOST} items. Received: "
            f"{argument}={brief(value)}"
        )
    if not value:
        raise ValueError(
            f"`{argument}` must not be empty. Received: "
            f"{argument}={brief(value)}"
        )
    return tuple(value)


def integer(argument, value, received):
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise ValueError(
            f"`{argument}` must have ints as indices. Received: {received}"
        ) from None
    if number >= _MOST:
        raise ValueError(
            f"`{argument}` must have indices below {_MOST}. Received: "
            f"{received}"
        )
    return number


def primitive(argument, value, received):
    if not isinstance(value, str) or not value.isidentifier():
        raise ValueError(
            f"`{argument}` must name its primitives by identifiers such as "
            f"'sep_conv_3x3'. Received: {received}"
        )
    return str(value)


def entries(argument, value, *, forms):
    """Tuples of a primitive and one or two ints, all of the same form.

    Args:
        argument: String, the argument's name.
        value: Sequence of tuples or lists.
        forms: Tuple of strings, what one entry may look like.
    """
    checked = tuple(
        _entry(argument, entry, forms=forms, position=position)
        for position, entry in enumerate(sequence(argument, value))
    )
    if len({len(entry) for entry in checked}) > 1:
        raise ValueError(
            f"`{argument}` must have entries of one form, "
            f"{' or '.join(forms)}. Received: {argument}={brief(value)}"
        )
    return checked


def _entry(argument, entry, *, forms, position):
    received = f"{argument}[{position}]={brief(entry)}"
    lengths = [form.count(",") + 1 for form in forms]
    if not isinstance(entry, (list, tuple)) or len(entry) not in lengths:
        raise ValueError(
            f"`{argument}` must have entries {' or '.join(forms)}. Received: "
            f"{received}"
        )
    name, *indices = entry
    return (
        primitive(argument, name, received),
        *(integer(argument, index, received) for index in indices),
    )


def inputs_precede(argument, edges):
    """Every edge `(node, input)` leads from an earlier state to its node."""
    for position, (node, source) in enumerate(edges):
        if not 0 <= source < node:
            raise ValueError(
                f"`{argument}` must take inputs from 0 to {node - 1} at node "
                f"{node}. Received: input {source} in {argument}[{position}]"
            )


def distinct_indices(argument, value):
    received = f"{argument}={brief(value)}"
    indices = tuple(
        integer(argument, index, received)
        for index in sequence(argument, value)
    )
    if len(set(indices)) < len(indices):
        raise ValueError(
            f"`{argument}` must name each node once. Received: {received}"
        )
    return indices


def nodes_exist(argument, indices, *, first, last):
    if min(indices) < first or max(indices) > last:
        raise ValueError(
            f"`{argument}` must name nodes from {first} to {last}. Received: "
            f"{argument}={brief(indices)}"
        )
