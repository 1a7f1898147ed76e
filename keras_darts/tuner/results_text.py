"""Results of a tuning as text: numbers, lines and tables of the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Iterator
    from collections.abc import Mapping
    from collections.abc import Sequence
    from typing import Any

    from keras_darts.tuner.results import ProjectResults
    from keras_darts.tuner.results import TrialResult

_UNITS = {"size": "size (bytes)", "latency": "latency (ms)"}
_COUNTS = ("macs", "parameters", "size")
UNKNOWN = "–"
SCORE = (
    "KerasTuner's score adds the objectives up as they are, those to be "
    "maximized with a minus, so that the largest numbers decide"
)


def titled(name: str) -> str:
    """A figure's name, with its unit if it has one."""
    return _UNITS.get(name, name)


def number(name: str, value: float | None, digits: int = 4) -> str:
    """Formats a figure for people.

    Args:
        name: String, of the figure.
        value: Number, or `None`.
        digits: Integer, the significant digits of a figure that is not a
            count. Defaults to `4`.

    Example:

    >>> number("parameters", 12345.0), number("val_loss", 0.123456)
    ('12,345', '0.1235')
    """
    if value is None:
        return UNKNOWN
    if name == "score":
        # A sum, of which no part is to be lost.
        return f"{value:,.7g}"
    if name in _COUNTS:
        return f"{value:,.0f}"
    # With the zeros at the end, so that columns stand.
    return f"{value:#.{digits}g}".rstrip(".")


def plain(value: Any) -> str:
    """Formats a hyper-parameter for people."""
    if value is None:
        return UNKNOWN
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def figures_line(names: Iterable[str], figures: Mapping[str, float]) -> str:
    """Formats figures as a line.

    Args:
        names: The names of the figures.
        figures: Dictionary from names to numbers, among them the names.
    """
    return ", ".join(
        f"{titled(name)} {number(name, figures.get(name))}" for name in names
    )


def meaning_of_figures(results: ProjectResults) -> str | None:
    """A sentence on the figures of trials with several executions.

    Returns:
        String, or `None` where each trial had one.
    """
    if not results.repeated:
        return None
    count = max(len(trial.networks) for trial in results.searched)
    return (
        f"The figures of a trial are the mean of up to {count} executions with "
        "other seeds; its genotype is that of the best of them"
    )


def varied(trials: Sequence[TrialResult]) -> list[str]:
    """The names of the hyper-parameters that differ between trials."""
    names = dict.fromkeys(name for t in trials for name in t.values)
    return [
        name
        for name in names
        if len({repr(trial.values.get(name)) for trial in trials}) > 1
    ]


def trial_lines(results: ProjectResults, limit: int = 10) -> Iterator[str]:
    """Yields a table of the trials, the best first.

    Args:
        results: `ProjectResults`.
        limit: Integer, the most rows of the table. Defaults to `10`.
    """
    trials = results.ranked
    names, others = [*results.directions], varied(trials)
    score = ["score"] if results.several else []
    rows = [["trial", *map(titled, names), *score, *others]]
    for trial in trials[:limit]:
        figures = [number(name, trial.figures.get(name)) for name in names]
        scores = [number("score", trial.score)] if results.several else []
        values = [plain(trial.values.get(name)) for name in others]
        rows.append([trial.name, *figures, *scores, *values])
    yield from _aligned(rows)
    if len(trials) > limit:
        yield f"and {len(trials) - limit} more"
    meaning = meaning_of_figures(results)
    if meaning:
        yield f"{meaning}."


def pareto_lines(results: ProjectResults) -> Iterator[str]:
    """Yields a table of the Pareto front, if there are several objectives."""
    if not results.several or not results.pareto_front:
        return
    names = [*results.directions]
    yield ""
    yield f"Beaten by no other trial in {', '.join(names)} together:"
    rows = [["trial", *map(titled, names)]]
    for trial in results.pareto_front:
        figures = [number(name, trial.figures.get(name)) for name in names]
        rows.append([trial.name, *figures])
    yield from _aligned(rows)
    yield f"{SCORE}."


def baseline_lines(results: ProjectResults) -> Iterator[str]:
    """Yields the means of the search and of the random genotypes, if any."""
    if not results.drawn:
        return
    yield ""
    for name in results.directions:
        for source, spread in zip(
            ("Searched", "Random baseline"), results.spread(name), strict=True
        ):
            if spread.mean is None:
                continue
            count = len(spread.values)
            plural = "s" if count > 1 else ""
            line = f"{source}, {count} network{plural}: {titled(name)} "
            line += f"{number(name, spread.mean)} in the mean"
            if spread.deviation is not None:
                deviation = number(name, spread.deviation, digits=2)
                line += f", standard deviation {deviation}"
            yield line


def _aligned(rows):
    """Yields the lines of a table, numbers to the right of their column."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) for cell, width in zip(row, widths, strict=True)
        ]
        yield "  ".join(cells)
