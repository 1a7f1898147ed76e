"""The text `Genotype(name=[...], ...)` that DARTS and its forks print."""

import ast
import textwrap

from keras_darts.genotypes import checks


def write(fields):
    """The text of a dict of fields; those named `concat` hold indices."""
    arguments = (
        f"{name}={_indices(value) if name.endswith('concat') else list(value)}"
        for name, value in fields.items()
    )
    return f"Genotype({', '.join(arguments)})"


def _indices(indices):
    run = range(indices[0], indices[0] + len(indices))
    return run if tuple(run) == indices else list(indices)


def parse(text):
    """The fields of such a text, read as data: nothing in it is run.

    Args:
        text: String, with or without a leading `NAME =`.

    Returns:
        Dict from field names to lists, tuples or ranges.
    """
    source = textwrap.dedent(checks.string("text", text)).strip()
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = str(error) or type(error).__name__
        raise _unexpected(f"{checks.brief(text)} ({reason})") from error
    if len(body) != 1:
        raise _unexpected(f"{len(body)} statements in {checks.brief(text)}")
    call = _call_in(body[0], source)
    fields = {}
    for keyword in call.keywords:
        if keyword.arg is None or keyword.arg in fields:
            raise _unexpected(f"{_found(keyword, source)} in the call")
        fields[keyword.arg] = _literal(keyword.value, source, depth=2)
    return fields


def _call_in(statement, source):
    if isinstance(statement, ast.Assign):
        targets = statement.targets
        if len(targets) > 1 or not isinstance(targets[0], ast.Name):
            raise _unexpected(_found(statement, source))
    elif not isinstance(statement, ast.Expr):
        raise _unexpected(_found(statement, source))
    value = statement.value
    if not _is_call(value, "Genotype"):
        raise _unexpected(_found(value, source))
    if value.args:
        raise _unexpected(f"{_found(value.args[0], source)} without a name")
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
    raise _unexpected(_found(node, source))


def _range(node, source):
    bounds = [_integer(argument, source) for argument in node.args]
    try:
        return range(*bounds)
    except (TypeError, ValueError) as error:
        raise _unexpected(f"{_found(node, source)} ({error})") from error


def _integer(node, source):
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    raise _unexpected(_found(node, source))


def _is_call(node, name):
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == name
    )


def _found(node, source):
    return checks.brief(ast.get_source_segment(source, node))


def _unexpected(found):
    return ValueError(
        "`text` must be Genotype(NAME=[('PRIMITIVE', INDEX), ...], ...) with "
        "lists, tuples, ranges, names in quotes and ints only. Received: "
        f"{found}"
    )
