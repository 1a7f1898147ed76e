"""Texts of genotypes, and the checks that all genotypes share."""

from __future__ import annotations

import ast
import operator
import textwrap
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

# A mistyped index or range must end in a message, not in a full memory.
_MOST = 10_000


def brief(value: object) -> str:
    """The `repr` of what came, short enough for a message."""
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}..."


def string(argument: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(
            f"`{argument}` must be a string. Received: "
            f"{argument}={brief(value)} of type {type(value).__name__}"
        )
    return value


def sequence(argument: str, value: Any) -> tuple[Any, ...]:
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


def integer(argument: str, value: Any, received: object) -> int:
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


def primitive(argument: str, value: Any, received: object) -> str:
    if not isinstance(value, str) or not value.isidentifier():
        raise ValueError(
            f"`{argument}` must name its primitives by identifiers such as "
            f"'sep_conv_3x3'. Received: {received}"
        )
    return str(value)


def entries(
    argument: str, value: Any, *, forms: tuple[str, ...]
) -> tuple[tuple[Any, ...], ...]:
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


def inputs_precede(argument: str, edges: Iterable[tuple[int, int]]) -> None:
    """Every edge `(node, input)` leads from an earlier state to its node."""
    for position, (node, source) in enumerate(edges):
        if not 0 <= source < node:
            raise ValueError(
                f"`{argument}` must take inputs from 0 to {node - 1} at node "
                f"{node}. Received: input {source} in {argument}[{position}]"
            )


def distinct_indices(argument: str, value: Any) -> tuple[int, ...]:
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


def nodes_exist(
    argument: str, indices: Sequence[int], *, first: int, last: int
) -> None:
    if min(indices) < first or max(indices) > last:
        raise ValueError(
            f"`{argument}` must name nodes from {first} to {last}. Received: "
            f"{argument}={brief(indices)}"
        )


def write(fields: Mapping[str, Any]) -> str:
    """The text of a dict of fields; those named `concat` hold indices."""
    arguments = (
        f"{name}={_indices(value) if name.endswith('concat') else list(value)}"
        for name, value in fields.items()
    )
    return f"Genotype({', '.join(arguments)})"


def _indices(indices):
    run = range(indices[0], indices[0] + len(indices))
    return run if tuple(run) == indices else list(indices)


def parse(text: str) -> dict[str, Any]:
    """The fields of such a text, read as data: nothing in it is run.

    Args:
        text: String, with or without a leading `NAME =`.

    Returns:
        Dict from field names to lists, tuples or ranges.
    """
    source = textwrap.dedent(string("text", text)).strip()
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = str(error) or type(error).__name__
        raise _unexpected(f"{brief(text)} ({reason})") from error
    if len(body) != 1:
        raise _unexpected(f"{len(body)} statements in {brief(text)}")
    call = _call_in(body[0], source)
    fields = {}
    for keyword in call.keywords:
        if keyword.arg is None or keyword.arg in fields:
            raise _unexpected(f"{_source_of(keyword, source)} in the call")
        fields[keyword.arg] = _literal(keyword.value, source, depth=2)
    return fields


def _call_in(statement, source):
    if isinstance(statement, ast.Assign):
        targets = statement.targets
        if len(targets) > 1 or not isinstance(targets[0], ast.Name):
            raise _unexpected(_source_of(statement, source))
    elif not isinstance(statement, ast.Expr):
        raise _unexpected(_source_of(statement, source))
    value = statement.value
    if not _is_call(value, "Genotype"):
        raise _unexpected(_source_of(value, source))
    if value.args:
        raise _unexpected(f"{_source_of(value.args[0], source)} without a name")
    return value


def _literal(node, source, *, depth):
    if isinstance(node, (ast.List, ast.Tuple)) and depth:
        return [_literal(item, source, depth=depth - 1) for item in node.elts]
    if isinstance(node, ast.Constant) and type(node.value) in (str, int):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_integer(node.operand, source)
    if _is_call(node, "range") and not node.keywords:
        return _range(node, source)
    raise _unexpected(_source_of(node, source))


def _range(node, source):
    bounds = [_integer(argument, source) for argument in node.args]
    try:
        return range(*bounds)
    except (TypeError, ValueError) as error:
        raise _unexpected(f"{_source_of(node, source)} ({error})") from error


def _integer(node, source):
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    raise _unexpected(_source_of(node, source))


def _is_call(node, name):
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == name
    )


def _source_of(node, source):
    return brief(ast.get_source_segment(source, node))


def _unexpected(token):
    return ValueError(
        "`text` must be Genotype(NAME=[('PRIMITIVE', INDEX), ...], ...) with "
        "lists, tuples, ranges, names in quotes and ints only. Received: "
        f"{token}"
    )
