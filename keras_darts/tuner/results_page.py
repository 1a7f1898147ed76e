"""The results of a project as one page of HTML, with all that it needs."""

import shlex

from keras_darts.tuner.results_html import drawn
from keras_darts.tuner.results_html import escape
from keras_darts.tuner.results_html import facts
from keras_darts.tuner.results_html import image
from keras_darts.tuner.results_html import legend
from keras_darts.tuner.results_html import note
from keras_darts.tuner.results_html import page
from keras_darts.tuner.results_pictures import curves_pictures
from keras_darts.tuner.results_pictures import line_of
from keras_darts.tuner.results_tables import baseline
from keras_darts.tuner.results_tables import trials_table
from keras_darts.tuner.results_tables import unbeaten
from keras_darts.tuner.results_words import in_words
from keras_darts.tuner.results_words import meaning_of_figures

_CURVES = ("val_accuracy", "val_loss", "val_perplexity")


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
            unbeaten(results),
            _best(results),
            trials_table(results),
            baseline(results),
            _curves(results),
            _cells(results),
            _failures(results),
        ],
    )


def _summary(results):
    states = [trial.state.lower() for trial in results.searched]
    counts = [f"{states.count(s)} {s}" for s in dict.fromkeys(states)]
    goals = [f"{name} ({how})" for name, how in results.directions.items()]
    said = note(
        f"{'Objectives' if results.several else 'Objective'}: "
        f"{', '.join(goals)}",
        f"Trials: {', '.join(counts) or 'none'}",
        meaning_of_figures(results),
    )
    return f"{said}\n{facts(results.facts)}" if results.facts else said


def _best(results):
    if not results.ranked:
        return "<p>No trial has come to its end yet.</p>"
    trial = results.ranked[0]
    figures = in_words(results, trial.figures)
    if len(trial.networks) > 1:
        # The mean is nobody's own.
        own = in_words(results, trial.networks[trial.chosen])
        figures = f"In the mean {figures}. The network of this genotype: {own}."
    by_score = " by score" if results.several else ""
    return (
        f"<h2>Best{by_score}: trial {escape(trial.name)}</h2>\n"
        f"<p>{escape(figures)}</p>\n{drawn(trial.genotype)}"
        f"{_next(results, trial)}"
    )


def _next(results, trial):
    if results.folder is None:
        return ""
    found = results.folder / f"trial_{trial.name}" / "genotype.json"
    command = (
        f"keras-darts train --genotype={shlex.quote(str(found))} "
        "--dataset=NAME_OR_FOLDER --output_dir=FOLDER"
    )
    return (
        "<p>Next, to train a network of it for longer:</p>"
        f"<pre>{escape(command)}</pre>"
    )


def _curves(results):
    trials = [t for t in results.searched if t.search or t.training]
    pictures = curves_pictures(trials, _CURVES)
    of_several = "Of the execution that found the genotype"
    parts = [
        legend([(trial.name, *line_of(i)) for i, trial in enumerate(trials)]),
        *[image(p.render("svg"), title) for title, p in pictures.items()],
        note(of_several if results.repeated else None),
    ]
    return _section("Curves of the trials, by epoch", parts if pictures else [])


def _cells(results):
    parts = [
        # A link opens what it leads into.
        f"<details><summary>genotype {index}: {escape(_names(trials))}"
        f'</summary><div id="genotype-{index}">{drawn(trials[0].genotype)}'
        "</div></details>"
        for index, trials in enumerate(results.by_genotype.values())
    ]
    return _section("Genotypes, and the trials that found them", parts)


def _names(trials):
    return ", ".join(trial.name for trial in trials)


def _failures(results):
    parts = [
        f"<details><summary>{escape(trial.name)}: "
        f"{escape(trial.message.strip().splitlines()[-1])}</summary>"
        f"<pre>{escape(trial.message)}</pre></details>"
        for trial in results.trials
        if trial.message
    ]
    return _section("What failed, by trial", parts)


def _section(title, parts):
    return "\n".join([f"<h2>{title}</h2>", *parts]) if parts else ""
