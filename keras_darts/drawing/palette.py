"""One colour for each primitive, the same in every picture.

All are of middle lightness, so that they stand out from white and from dark
pages, and differ for people who see no red or no green.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

INK = "#22303c"
# Text and lines outside of filled areas, on light and on dark pages.
TEXT = "#6b7885"
GREY = "#8d98a3"
NONE = "#a3adb6"

# The first family with a word of the primitive's name gives the colour, so
# that a primitive of the user's own is mostly coloured as its kind is.
_FAMILIES = (
    (("none",), NONE, "none: no connection"),
    (("skip",), "#6d7883", "skip connection"),
    (("identity",), "#6d7883", "identity"),
    (("max_pool",), "#d3694a", "max pooling"),
    (("pool",), "#806217", "average pooling"),
    (("dil_conv",), "#05779d", "dilated convolution"),
    (("conv",), "#4f8ff5", "convolution"),
    (("attention",), "#9d2ce6", "attention"),
    (("relu",), "#d3694a", "relu"),
    (("tanh",), "#4f8ff5", "tanh"),
    (("sigmoid",), "#9d2ce6", "sigmoid"),
)
_OTHER = ("#e651bd", "other")
_STYLES = ("solid", "dashed", "dotted", "dashdot")
# Of the kernel; one that has no number has the style of the smallest.
_STYLE_OF_SIZE = {"5": 1, "7": 2}

# Of lines that stand for no primitive, as those of trials.
_SERIES = (
    "#4f8ff5",
    "#d3694a",
    "#05779d",
    "#9d2ce6",
    "#806217",
    "#e651bd",
    "#6d7883",
)


def color(primitive: str) -> str:
    """The colour of a primitive, wherever it is drawn.

    Example:

    >>> color("sep_conv_3x3") == color("sep_conv_5x5") != color("max_pool_3x3")
    True
    """
    return _family(primitive)[0]


def family(primitive: str) -> str:
    """What a primitive is, in the words of a legend."""
    return _family(primitive)[1]


def looks(primitives: Sequence[str]) -> list[tuple[str, Any]]:
    """A pair of colour and line style for each name, no two of them equal.

    Kernels of a family differ by their style: solid up to 3, dashed of 5,
    dotted of 7. `none` is dotted and the lightest. Styles are names, or dashes
    of Matplotlib, for the thirtieth name and those that follow.

    Args:
        primitives: Names, each once.

    Example:

    >>> [style for _, style in looks(["sep_conv_3x3", "sep_conv_5x5"])]
    ['solid', 'dashed']
    """
    taken, chosen = set(), {}
    for name in sorted(primitives, key=_strangeness):
        wished = color(name), _style(name)
        free = itertools.chain([wished], _alternatives(wished[0]))
        chosen[name] = next(look for look in free if look not in taken)
        taken.add(chosen[name])
    return [chosen[name] for name in primitives]


def series_look(index: int) -> tuple[str, str]:
    """Colour and style of one line among others that are no primitives.

    Example:

    >>> series_look(0), series_look(7)
    (('#4f8ff5', 'solid'), ('#4f8ff5', 'dashed'))
    """
    style = _STYLES[index // len(_SERIES) % len(_STYLES)]
    return _SERIES[index % len(_SERIES)], style


def _family(primitive):
    for words, family, meaning in _FAMILIES:
        if any(word in primitive for word in words):
            return family, meaning
    return _OTHER


def _style(primitive):
    if primitive == "none":
        return "dotted"
    sizes = re.findall(r"[0-9]+", primitive.replace("1d", ""))
    return _STYLES[_STYLE_OF_SIZE.get(max(sizes, default=""), 0)]


def _strangeness(primitive):
    """Known kinds come first, so that others can't take their looks."""
    return _family(primitive) == _OTHER


def _alternatives(wished):
    shades = [wished, *(shade for shade in _SERIES if shade != wished)]
    yield from itertools.product(shades, _STYLES)
    # After one dot more and more of them between two dashes.
    for dots in itertools.count(2):
        style = (0, (6, 2, *(1, 2) * dots))
        yield from ((shade, style) for shade in shades)
