"""Genotypes of any kind from JSON, files and printed text, and into files."""

from __future__ import annotations

import re

from keras_darts.genotypes import parsing
from keras_darts.genotypes.base_genotype import BaseGenotype
from keras_darts.genotypes.base_genotype import read_json
from keras_darts.genotypes.genotype import Genotype
from keras_darts.genotypes.nas_bench_201_genotype import NasBench201Genotype
from keras_darts.genotypes.recurrent_genotype import RecurrentGenotype
from keras_darts.utils.errors import unknown_name
from keras_darts.utils.files import atomic_write
from keras_darts.utils.files import user_path
from keras_darts.utils.typing import PathLike

_CALL = re.compile(r"\bGenotype\s*\(")
_EDGES = r"\|(?:\w+~\d+\|)+"
_STRING = re.compile(rf"{_EDGES}(?:\+{_EDGES})+")
_RECURRENT = re.compile(r"\brecurrent\s*=")


def from_text(text: str) -> NasBench201Genotype | Genotype | RecurrentGenotype:
    """The genotype of any kind in a text: the last, where there are more.

    Args:
        text: String: `Genotype(normal=[...], ...)` or
            `Genotype(recurrent=[...], ...)` as DARTS and its forks print them,
            an architecture string `|nor_conv_3x3~0|+|...|` of NAS-Bench-201,
            or a log that has such lines among others. Nothing in it is
            evaluated.

    Raises:
        ValueError: If there is none, or the last one describes no genotype.

    Example:

    >>> log = "12:01 genotype = |none~0|+|none~0|skip_connect~1|, 0.93"
    >>> from_text(log).to_text()
    '|none~0|+|none~0|skip_connect~1|'
    """
    candidates = printed(text)
    if not candidates:
        raise ValueError(
            "`text` must have a genotype in it: Genotype(normal=[...], ...), "
            "Genotype(recurrent=[...], ...) or |PRIMITIVE~INPUT|+|...|. "
            f"Received: {parsing.brief(text)}"
        )
    last = candidates[-1]
    if last.startswith("|"):
        return NasBench201Genotype.from_text(last)
    cls = RecurrentGenotype if _RECURRENT.search(last) else Genotype
    return cls.from_text(last)


def printed(text: str) -> list[str]:
    """The texts of all genotypes in a text, in order; cut ones are left out."""
    text = parsing.string("text", text)
    calls = [(m.start(), _call(text, m)) for m in _CALL.finditer(text)]
    strings = [(m.start(), m[0]) for m in _STRING.finditer(text)]
    return [text_form for _, text_form in sorted(calls + strings) if text_form]


def _call(text, match):
    """What stands from a name to the bracket that ends its call."""
    depth = 0
    for place in range(match.end() - 1, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return "Genotype" + text[match.end() - 1 : place + 1]
    return ""


_CLASSES = {
    genotype.genotype_type: genotype
    for genotype in (Genotype, RecurrentGenotype, NasBench201Genotype)
}


def from_json(
    string: str,
) -> Genotype | NasBench201Genotype | RecurrentGenotype:
    """A genotype of the type that its JSON form names.

    Args:
        string: String, what `to_json` of any kind of genotype gave.

    Raises:
        ValueError: If `string` is not JSON, is of another schema or version,
            or does not describe a genotype.

    Example:

    >>> genotype = RecurrentGenotype([("tanh", 0)], [1])
    >>> from_json(genotype.to_json()) == genotype
    True
    """
    genotype_type, fields = read_json(string)
    if not isinstance(genotype_type, str) or genotype_type not in _CLASSES:
        raise unknown_name("genotype_type", genotype_type, _CLASSES)
    return _CLASSES[genotype_type].from_fields("string", fields)


def load(path: PathLike) -> Genotype | NasBench201Genotype | RecurrentGenotype:
    """A genotype of any kind from a file.

    Args:
        path: String or path, of what `save` wrote, or of a text that
            `from_text` reads, such as the log of a search.

    Raises:
        ValueError: If the file does not hold a genotype; the message says why.
    """
    path = user_path(path)
    try:
        content = path.read_text(encoding="utf-8")
        is_json = path.suffix == ".json" or content.lstrip()[:1] == "{"
        return from_json(content) if is_json else from_text(content)
    except ValueError as error:
        raise ValueError(
            f"`path` must be a genotype file. Received: {str(path)!r}, "
            f"where {error}"
        ) from error


def save(genotype: BaseGenotype, path: PathLike) -> None:
    """Writes the JSON form of a genotype; the file appears whole or not at all.

    Args:
        genotype: `Genotype`, `RecurrentGenotype` or `NasBench201Genotype`.
        path: String or path. Its folder is made if need be, a file that is
            there is replaced.
    """
    if not isinstance(genotype, BaseGenotype):
        raise TypeError(
            "`genotype` must be a genotype. Received: "
            f"genotype={parsing.brief(genotype)} of type "
            f"{type(genotype).__name__}"
        )
    with atomic_write(path) as scratch:
        scratch.write_text(genotype.to_json() + "\n", encoding="utf-8")
