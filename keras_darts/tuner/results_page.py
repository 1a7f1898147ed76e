"""The results of a project as one page of HTML, with all that it needs."""

import pathlib

from keras_darts.files import written_whole
from keras_darts.tuner.results_html import drawn
from keras_darts.tuner.results_html import escape
from keras_darts.tuner.results_html import image
from keras_darts.tuner.results_html import link
from keras_darts.tuner.results_html import number
from keras_darts.tuner.results_html import page
from keras_darts.tuner.results_html import table
from keras_darts.tuner.results_html import titled
from keras_darts.tuner.results_pictures import curves_picture
from keras_darts.tuner.results_pictures import pareto_picture
from keras_darts.tuner.results_pictures import spread_picture

FILE = "results.html"
_CURVES = ("val_accuracy", "val_loss", "val_perplexity")


def write_results_page(results, folder):
    """Writes `results.html` into the folder of a project.

    The page needs no other file and no connection: pictures are inside.

    Args:
        results: `ProjectResults`.
        folder: String or path.

    Returns:
        The path of the page.
    """
    path = pathlib.Path(folder) / FILE
    content = results_page(results)
    with written_whole(path) as scratch:
        scratch.write_text(content, encoding="utf-8")
    return path


def results_page(results):
    """The page as a string.

    Args:
        results: `ProjectResults`.

    Example:

    >>> from keras_darts.tuner.results import ProjectResults
    >>> content = results_page(ProjectResults("a & b", {"val_loss": "min"}, []))
    >>> "<h1>a &amp; b</h1>" in content
    True
    """
    return page(
        results.name,
        [
            _summary(results),
            _best(results),
            _trials(results),
            _trade_offs(results),
            _baseline(results),
            _curves(results),
            _cells(results),
            _failures(results),
        ],
    )


def _summary(results):
    states = [trial.state.lower() for trial in results.searched]
    counts = [f"{states.count(s)} {s}" for s in dict.fromkeys(states)]
    goals = [f"{name} ({how})" for name, how in results.directions.items()]
    return (
        f'<p class="note">Objective: {escape(", ".join(goals))}. '
        f"Trials: {escape(', '.join(counts) or 'none')}.</p>"
    )


def _best(results):
    if not results.ranked:
        return "<p>No trial has come to its end yet.</p>"
    trial = results.ranked[0]
    figures = [
        f"{titled(name)} {number(name, trial.figures.get(name))}"
        for name in results.directions
    ]
    return (
        f"<h2>Best: trial {escape(trial.name)}</h2>\n"
        f"<p>{escape(', '.join(figures))}</p>\n{drawn(trial.genotype)}"
    )


def _trials(results):
    ended = results.ranked
    trials = ended + [t for t in results.searched if t not in ended]
    if not trials:
        return ""
    same, varied = _values(trials)
    unbeaten, groups = results.best_of_all, [*_by_genotype(results)]
    rows = []
    for trial in trials:
        kind = "best" if trial in ended[:1] else ""
        if trial.state in ("FAILED", "INVALID"):
            kind = "failed"
        mark = " ◆" if trial.name in unbeaten else ""
        cells = [f"{trial.name}{mark}", trial.state.lower()]
        cells += [(n, trial.figures.get(n)) for n in results.directions]
        cells += [trial.values.get(name, "–") for name in varied]
        rows.append((kind, [*cells, _to_genotype(trial, groups)]))
    figures = [titled(name) for name in results.directions]
    notes = ["◆ beaten by no other trial in all objectives"]
    notes += [f"in all trials: {', '.join(same)}"] if same else []
    return (
        "<h2>Trials</h2>\n"
        + table(["trial", "state", *figures, *varied, "genotype"], rows)
        + f'<p class="note">{escape("; ".join(notes))}</p>'
    )


def _trade_offs(results):
    if len(results.directions) < 2 or not results.ranked:
        return ""
    picture = pareto_picture(results).render("svg")
    return "<h2>Trade-offs</h2>\n" + image(
        picture, "filled: beaten by no other trial; grey: random genotypes"
    )


def _baseline(results):
    if not any(trial.completed for trial in results.drawn):
        return ""
    rows = [
        ("", [titled(name), *[_spread(name, s) for s in results.spread(name)]])
        for name in results.directions
    ]
    picture = spread_picture(results, results.objective).render("svg")
    return (
        "<h2>Against random genotypes</h2>\n"
        + table(["mean ± deviation", "search", "random"], rows)
        + image(picture, f"{results.objective} of each trial")
    )


def _curves(results):
    picture = curves_picture(results.searched, _CURVES)
    if picture is None:
        return ""
    return "<h2>Curves</h2>\n" + image(picture.render("svg"), "by epoch")


def _cells(results):
    parts = [
        f'<details id="genotype-{index}"><summary>'
        f"{escape(', '.join(trial.name for trial in trials))}</summary>"
        f"{drawn(trials[0].genotype)}</details>"
        for index, trials in enumerate(_by_genotype(results).values())
    ]
    return _section("Genotypes, by trial", parts)


def _failures(results):
    parts = [
        f"<details><summary>{escape(trial.name)}</summary>"
        f"<pre>{escape(trial.message)}</pre></details>"
        for trial in results.trials
        if trial.message
    ]
    return _section("What failed, by trial", parts)


def _section(title, parts):
    return "\n".join([f"<h2>{title}</h2>", *parts]) if parts else ""


def _values(trials):
    """Hyper-parameters that are the same in all trials, and the others."""
    names = list(dict.fromkeys(name for t in trials for name in t.values))
    kinds = {n: {repr(t.values.get(n)) for t in trials} for n in names}
    varied = [name for name in names if len(kinds[name]) > 1]
    same = [
        f"{name} = {trials[0].values[name]}"
        for name in names
        if name not in varied
    ]
    return same, varied


def _by_genotype(results):
    """The trials that found a genotype, by its text."""
    groups = {}
    for trial in results.trials:
        if trial.genotype is not None:
            groups.setdefault(trial.genotype.to_text(), []).append(trial)
    return groups


def _to_genotype(trial, groups):
    if trial.genotype is None:
        return "–"
    index = groups.index(trial.genotype.to_text())
    return link(f"genotype-{index}", f"genotype {index}")


def _spread(name, spread):
    if spread.mean is None:
        return "–"
    mean = number(name, spread.mean)
    if spread.deviation is None:
        return f"{mean} (one trial)"
    deviation = number(name, spread.deviation)
    return f"{mean} ± {deviation} ({len(spread.values)} trials)"
