"""Genotypes in what research code has printed: a text, a log, a source file."""

import re

from keras_darts.genotypes import checks
from keras_darts.genotypes.genotype import Genotype
from keras_darts.genotypes.nas_bench_201_genotype import NasBench201Genotype
from keras_darts.genotypes.recurrent_genotype import RecurrentGenotype

_CALL = re.compile(r"\bGenotype\s*\(")
_EDGES = r"\|(?:\w+~\d+\|)+"
_STRING = re.compile(rf"{_EDGES}(?:\+{_EDGES})+")
_RECURRENT = re.compile(r"\brecurrent\s*=")


def from_text(text):
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
    found = printed(text)
    if not found:
        raise ValueError(
            "`text` must have a genotype in it: Genotype(normal=[...], ...), "
            "Genotype(recurrent=[...], ...) or |PRIMITIVE~INPUT|+|...|. "
            f"Received: {checks.brief(text)}"
        )
    last = found[-1]
    if last.startswith("|"):
        return NasBench201Genotype.from_text(last)
    kind = RecurrentGenotype if _RECURRENT.search(last) else Genotype
    return kind.from_text(last)


def printed(text):
    """The texts of all genotypes in a text, in order; cut ones are left out."""
    text = checks.string("text", text)
    calls = [(m.start(), _call(text, m)) for m in _CALL.finditer(text)]
    strings = [(m.start(), m[0]) for m in _STRING.finditer(text)]
    return [found for _, found in sorted(calls + strings) if found]


def _call(text, match):
    """What stands from a name to the bracket that ends its call."""
    depth = 0
    for place in range(match.end() - 1, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return "Genotype" + text[match.end() - 1 : place + 1]
    return ""
