"""The figures of the benchmarks of a step as Markdown."""

import statistics

from breakdown import breakdown_text
from circumstances import line_of
from circumstances import markdown

COLUMNS = {
    "median s": lambda figures: median(figures),
    "min s": lambda figures: min(figures["seconds"]),
    "max s": lambda figures: max(figures["seconds"]),
    "CPU s": lambda figures: statistics.median(figures["cpu_seconds"]),
    "first step s": lambda figures: figures["first_step_seconds"],
    "operations": lambda figures: figures.get("operations"),
    "peak GB": lambda figures: figures["peak_bytes"] / 1e9,
}


def text_of(report, title, items=None):
    """The settings, the circumstances and the tables.

    Args:
        report: From `measured_report`.
        title: String, the settings in words, with their names in braces.
        items: String, what our steps' `items` are the number of. Defaults to
            `None`: they aren't shown.
    """
    settings, results = report["settings"], report["results"]
    parts = [
        f"{title.format(**settings)}, {settings['steps']} steps after the "
        f"first, {'without' if settings['plain'] else 'with'} "
        "`configure_cpu`.\n"
        f"{line_of(report)}",
        markdown(time_rows(results, items), num_left=2),
        peak_text(report["peak_gflops"]),
        markdown(peak_rows(results, report["peak_gflops"]), num_left=2),
        *[breakdown_text(f) for f in results if "breakdown" in f],
    ]
    return "\n\n".join(parts)


def time_rows(results, items=None):
    """A row for each code, and how many times ours each of the others is."""
    columns = dict(COLUMNS)
    if items:
        columns[f"{items}/s"] = throughput(results)
    rows = [["step", "code", *columns]]
    for of_type in by_step_type(results):
        step_type = of_type[0]["step_type"]
        values = [[read(f) for read in columns.values()] for f in of_type]
        for figures, row in zip(of_type, values, strict=True):
            rows.append([step_type, figures["code"], *map(number, row)])
        ours, *others = values
        for figures, theirs in zip(of_type[1:], others, strict=True):
            name = f"{figures['code']} / keras_darts"
            rows.append([step_type, name, *map(ratio, ours, theirs)])
    return rows


def peak_text(peak):
    return (
        "The cores' peak, the best of large products in single precision "
        "before and after the steps: "
        f"{peak['one_thread']:.0f} GFLOP/s with one thread, "
        f"{peak['all_threads']:.0f} with {peak['threads']}."
    )


def peak_rows(results, peak):
    """How long each step would take at the peak, and how near it comes."""
    best = peak["all_threads"]
    rows = [
        ["step", "code", "GFLOP", "s at the peak", "median s"]
        + ["GFLOP/s", "share of the peak"]
    ]
    for of_type in by_step_type(results):
        # The count is of the algorithm, which all codes have in common.
        work = of_type[0]["flop"] / 1e9
        for figures in of_type:
            seconds = median(figures)
            columns = (work, work / best, seconds, work / seconds)
            share = f"{work / seconds / best:.1%}"
            names = (figures["step_type"], figures["code"])
            rows.append([*names, *map(number, columns), share])
    return rows


def by_step_type(results):
    """The figures of each step type, ours first."""
    step_types = dict.fromkeys(figures["step_type"] for figures in results)
    return [
        [f for f in results if f["step_type"] == step_type]
        for step_type in step_types
    ]


def throughput(results):
    """Reads how many items a second a code takes; ours knows the number."""
    items = {f[0]["step_type"]: f[0]["items"] for f in by_step_type(results)}
    return lambda figures: round(items[figures["step_type"]] / median(figures))


def median(figures):
    return statistics.median(figures["seconds"])


def number(value):
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def ratio(ours, theirs):
    if ours is None or theirs is None:
        return "-"
    return f"{theirs / ours:.2f}"
