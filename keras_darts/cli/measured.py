"""Progress bars and tables of commands that measure."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Sequence
    from typing import Any

_BAR = 20


def show_bar(done: int, total: int) -> None:
    """A bar on standard error, with so many steps done of all."""
    full = _BAR * done // total
    bar = "=" * full + "." * (_BAR - full)
    end = "\n" if done == total else ""
    print(f"\r[{bar}] {done}/{total}", end=end, file=sys.stderr, flush=True)


def columns(
    head: Sequence[str], rows: Iterable[Sequence[Any]]
) -> Iterator[str]:
    """Columns that stand below each other, the first one to the left."""
    rows = [tuple(map(str, row)) for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, *others = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1])]
        cells += [text.rjust(width) for text, width in others]
        yield "  ".join(cells).rstrip()
