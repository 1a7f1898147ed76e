"""The figures of the benchmarks of a step as Markdown."""

import statistics

from circumstances import line_of
from circumstances import markdown

COLUMNS = {
    "median s": lambda figures: statistics.median(figures["seconds"]),
    "min s": lambda figures: min(figures["seconds"]),
    "max s": lambda figures: max(figures["seconds"]),
    "CPU s": lambda figures: statistics.median(figures["cpu_seconds"]),
    "first step s": lambda figures: figures["first_step_seconds"],
    "operations": lambda figures: figures["operations"],
    "peak GB": lambda figures: figures["peak_bytes"] / 1e9,
}


def text_of(report, sizes):
    """The settings, the circumstances and the table."""
    settings = report["settings"]
    return "\n".join(
        [
            f"{sizes}, {settings['steps']} steps after the first, "
            f"{'without' if settings['plain'] else 'with'} `configure_cpu`.",
            line_of(report),
            "",
            markdown(rows_of(report["results"]), num_left=2),
        ]
    )


def rows_of(results):
    """A row for each code, and how many times ours each of the others is."""
    rows = [["step", "code", *COLUMNS]]
    for kind in dict.fromkeys(figures["kind"] for figures in results):
        of_kind = [figures for figures in results if figures["kind"] == kind]
        values = [[read(f) for read in COLUMNS.values()] for f in of_kind]
        for figures, row in zip(of_kind, values, strict=True):
            rows.append([kind, figures["code"], *map(number, row)])
        ours, *others = values
        for figures, theirs in zip(of_kind[1:], others, strict=True):
            name = f"{figures['code']} / keras_darts"
            rows.append([kind, name, *map(ratio, ours, theirs)])
    return rows


def number(value):
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


def ratio(ours, theirs):
    if ours is None or theirs is None:
        return "-"
    return f"{theirs / ours:.2f}"
