"""The pages of the documentation, and their code by its name."""

import pathlib
import re

ROOT = pathlib.Path(__file__).parents[1]
_NAMED = re.compile(
    r"^<!-- name: ([\w-]+) -->\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE
)


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


def pages():
    """Paths of all pages, from the root of the repository."""
    results = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    results += [ROOT / "benchmarks" / "README.md"]
    return sorted(path.relative_to(ROOT).as_posix() for path in results)


def python_blocks(page):
    """The code of `<!-- name: NAME -->` before a fence, by that name."""
    matches = _NAMED.findall(text_of(page))
    blocks = dict(matches)
    assert len(blocks) == len(matches), f"{page} has a name twice"
    return blocks
