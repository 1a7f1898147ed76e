"""The tables of the page: trials, trade-offs, and random genotypes beside."""

from keras_darts.tuner.results_html import image
from keras_darts.tuner.results_html import link
from keras_darts.tuner.results_html import note
from keras_darts.tuner.results_html import table
from keras_darts.tuner.results_pictures import pareto_pictures
from keras_darts.tuner.results_pictures import spread_picture
from keras_darts.tuner.results_words import SCORE
from keras_darts.tuner.results_words import UNKNOWN
from keras_darts.tuner.results_words import number
from keras_darts.tuner.results_words import plain
from keras_darts.tuner.results_words import titled
from keras_darts.tuner.results_words import varied

_UNBEATEN = "◆"
_FAILED = ("FAILED", "INVALID")


def unbeaten(results):
    """The trials that no other beats, where several things count."""
    if not results.several or not results.ranked:
        return ""
    rows = [
        (
            "",
            [trial.name, *_figures(results, trial), _genotype(results, trial)],
        )
        for trial in results.unbeaten
    ]
    grey = "Grey: random genotypes" if results.drawn else None
    return "\n".join(
        [
            "<h2>Beaten by no other trial</h2>",
            table(["trial", *_titles(results), "genotype"], rows),
            *[
                image(picture.render("svg"), title)
                for title, picture in pareto_pictures(results).items()
            ],
            note("Filled: beaten by no other in these two", grey),
        ]
    )


def trials_table(results):
    """All trials, the best by their score first."""
    ended = results.ranked
    trials = ended + [t for t in results.searched if t not in ended]
    if not trials:
        return ""
    others = varied(trials)
    score = ["score"] if results.several else []
    rows = [
        (_kind(results, trial), _cells(results, trial, others))
        for trial in trials
    ]
    same = [
        f"{name} = {plain(value)}"
        for name, value in trials[0].values.items()
        if name not in others
    ]
    head = [
        *("trial", "state", *_titles(results), *score, *others),
        *(*_costs(results), "genotype"),
    ]
    return (
        "<h2>Trials</h2>\n"
        + table(head, rows)
        + note(
            f"{_UNBEATEN} beaten by no other trial" if score else None,
            SCORE if score else None,
            f"In all trials: {', '.join(same)}" if same else None,
        )
    )


def baseline(results):
    """How the search compares with random genotypes."""
    if not results.drawn:
        return ""
    rows = [
        ("", [titled(name), *[_spread(name, s) for s in results.spread(name)]])
        for name in results.directions
    ]
    picture = spread_picture(results, results.objective).render("svg")
    return (
        "<h2>Against random genotypes</h2>\n"
        + table(["mean ± deviation", "search", "random"], rows)
        + image(picture, f"{results.objective} of each network")
    )


def _titles(results):
    return [titled(name) for name in results.directions]


def _figures(results, trial):
    return [(name, trial.figures.get(name)) for name in results.directions]


def _kind(results, trial):
    if trial.state in _FAILED:
        return "failed"
    return "best" if trial in results.ranked[:1] else ""


def _cells(results, trial, others):
    marked = results.several and trial in results.unbeaten
    score = [("score", trial.score)] if results.several else []
    return [
        f"{trial.name} {_UNBEATEN}" if marked else trial.name,
        trial.state.lower(),
        *_figures(results, trial),
        *score,
        *[trial.values.get(name) for name in others],
        *_costs(results, trial),
        _genotype(results, trial),
    ]


def _costs(results, trial=None):
    """Titles, or cells of a trial, of what it took; an objective stands once.

    They are those of the execution that found the genotype.
    """
    columns = {}
    known = [t for t in results.searched if t.parameters is not None]
    if known and "parameters" not in results.directions:
        columns["parameters"] = trial and ("parameters", trial.parameters)
    if any(any(t.epochs) for t in results.searched):
        epochs = trial and " + ".join(map(str, trial.epochs))
        columns["epochs (search + training)"] = epochs
    if any(t.seconds for t in results.searched):
        spent = trial and trial.seconds
        columns["seconds (search + training)"] = trial and (
            f"{spent['search']:,.0f} + {spent['training']:,.0f}"
            if spent
            else UNKNOWN
        )
    return [*columns] if trial is None else [*columns.values()]


def _genotype(results, trial):
    if trial.genotype is None:
        return UNKNOWN
    index = [*results.by_genotype].index(trial.genotype.to_text())
    return link(f"genotype-{index}", f"genotype {index}")


def _spread(name, spread):
    if spread.mean is None:
        return UNKNOWN
    mean = number(name, spread.mean)
    if spread.deviation is None:
        return f"{mean} (one network)"
    deviation = number(name, spread.deviation, digits=2)
    return f"{mean} ± {deviation} ({len(spread.values)} networks)"
