"""The page of a tuning's results: one HTML file without links or scripts."""

from __future__ import annotations

import base64
import functools
import pathlib
import shlex
import typing
import warnings
from typing import TYPE_CHECKING

import jinja2

from keras_darts import analysis
from keras_darts.tuner import private_api
from keras_darts.tuner.results import read
from keras_darts.tuner.results import read_of
from keras_darts.tuner.results_pictures import curves_pictures
from keras_darts.tuner.results_pictures import line_of
from keras_darts.tuner.results_pictures import pareto_pictures
from keras_darts.tuner.results_pictures import spread_picture
from keras_darts.tuner.results_text import SCORE
from keras_darts.tuner.results_text import UNKNOWN
from keras_darts.tuner.results_text import figures_line
from keras_darts.tuner.results_text import meaning_of_figures
from keras_darts.tuner.results_text import number
from keras_darts.tuner.results_text import plain
from keras_darts.tuner.results_text import titled
from keras_darts.tuner.results_text import varied
from keras_darts.utils.files import atomic_write
from keras_darts.utils.files import user_path

if TYPE_CHECKING:
    from keras_darts.tuner.darts_tuner import DartsTuner
    from keras_darts.tuner.results import ProjectResults
    from keras_darts.utils.typing import PathLike

FILE = "results.html"
_TEMPLATE = "results.html.jinja"
_CURVES = ("val_accuracy", "val_loss", "val_perplexity")
_ON_FRONT = "◆"
_LEGEND = f"{_ON_FRONT} beaten by no other trial"
_FAILED = ("FAILED", "INVALID")


def write_results_page(project_dir: PathLike) -> pathlib.Path:
    """Draws the results of a tuning again, as a page of HTML in its folder.

    `DartsTuner` does so after each trial. With a chief and workers the chief
    does it once, at the end of the trials, when random genotypes are still
    being trained: this function adds them. The page needs no other file and
    no connection: pictures are inside.

    Args:
        project_dir: String or path, `DartsTuner.project_dir`.

    Returns:
        The path of `results.html`.

    Raises:
        ValueError: if it is no folder of a tuning.
    """
    folder = user_path(project_dir, "project_dir")
    return _write(read(folder), folder)


def renew(tuner: DartsTuner) -> None:
    """Writes the page of a `DartsTuner`, unless another process does.

    An error only warns, since it is no reason to end a search of hours.
    """
    if not tuner._searches or private_api.is_worker(tuner):
        return
    try:
        results = read_of(tuner)
        tuner.project.keep_directions(results.directions)
        _write(results, tuner.project_dir)
    except Exception as error:
        warnings.warn(
            f"The page of the results was not written: {error!r}", stacklevel=2
        )


def results_page(results: ProjectResults) -> str:
    """Renders the page.

    Args:
        results: `ProjectResults`.

    Returns:
        String of HTML.

    Example:

    >>> from keras_darts.tuner.results import ProjectResults
    >>> content = results_page(ProjectResults("a & b", {"val_loss": "min"}, []))
    >>> "<h1>a &amp; b</h1>" in content
    True
    """
    return _template().render(
        results=results,
        summary=_summary(results),
        pareto=_pareto(results),
        best=_best(results),
        trials=_trials(results),
        baseline=_baseline(results),
        curves=_curves(results),
        failures=[trial for trial in results.trials if trial.message],
        drawn=_drawn,
    )


class Column(typing.NamedTuple):
    """A column of the tables of trials.

    Args:
        title: String.
        texts: List of strings, one for each trial.
        numeric: Boolean, whether they are numbers. Defaults to `False`.
    """

    title: str
    texts: list[str]
    numeric: bool = False


@functools.cache
def _template():
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("keras_darts.tuner", "."),
        # A project's folder may be somebody else's: all in it is text.
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(_TEMPLATE)


def _write(results, folder):
    path = pathlib.Path(folder) / FILE
    content = results_page(results)
    with atomic_write(path) as scratch:
        scratch.write_text(content, encoding="utf-8")
    return path


def _summary(results):
    """Sentences on objectives and trials."""
    states = [trial.state.lower() for trial in results.searched]
    counts = [f"{states.count(s)} {s}" for s in dict.fromkeys(states)]
    goals = [f"{name} ({how})" for name, how in results.directions.items()]
    return [
        f"{'Objectives' if results.several else 'Objective'}: "
        f"{', '.join(goals)}",
        f"Trials: {', '.join(counts) or 'none'}",
        meaning_of_figures(results),
    ]


def _pareto(results):
    """The Pareto front, or `None` without several objectives."""
    if not results.several or not results.ranked:
        return None
    grey = "Grey: random genotypes" if results.drawn else None
    trials = results.pareto_front
    return {
        "columns": [
            Column("trial", [trial.name for trial in trials]),
            *_figures(results, trials),
        ],
        "trials": trials,
        "pictures": _rendered(pareto_pictures(results)),
        "notes": ["Filled: beaten by no other in these two", grey],
    }


def _best(results):
    """The best trial, its figures and the command to continue with it."""
    if not results.ranked:
        return None
    trial = results.ranked[0]
    figures = figures_line(results.directions, trial.figures)
    if len(trial.networks) > 1:
        # No network has the mean figures.
        own = figures_line(results.directions, trial.networks[trial.chosen])
        figures = f"In the mean {figures}. The network of this genotype: {own}."
    command = None
    if results.folder is not None:
        path = results.folder / f"trial_{trial.name}"
        command = (
            f"keras-darts train --run={shlex.quote(str(path))} "
            "--dataset=NAME_OR_FOLDER --output_dir=FOLDER"
        )
    return {"trial": trial, "figures": figures, "command": command}


def _trials(results):
    """All trials, the best by their score first; `None` without any."""
    ended = results.ranked
    trials = ended + [t for t in results.searched if t not in ended]
    if not trials:
        return None
    others, scores = varied(trials), [trial.score for trial in trials]
    same = [
        f"{name} = {plain(value)}"
        for name, value in trials[0].values.items()
        if name not in others
    ]
    return {
        "columns": [
            Column("trial", [_marked_name(results, t) for t in trials]),
            Column("state", [t.state.lower() for t in trials]),
            *_figures(results, trials),
            *([_numbers("score", scores)] if results.several else []),
            *[
                Column(name, [plain(t.values.get(name)) for t in trials])
                for name in others
            ],
            *_costs(results, trials),
        ],
        "trials": trials,
        "row_classes": [_row_class(results, trial) for trial in trials],
        "notes": [
            f"{_ON_FRONT} beaten by no other trial"
            if results.several
            else None,
            SCORE if results.several else None,
            f"In all trials: {', '.join(same)}" if same else None,
        ],
    }


def _baseline(results):
    """The search against random genotypes, or `None` without any."""
    if not results.drawn:
        return None
    name = results.objective
    picture = spread_picture(results, name)
    return {
        "rows": [
            [titled(name), *[_spread(name, s) for s in results.spread(name)]]
            for name in results.directions
        ],
        "pictures": _rendered({f"{name} of each network": picture}),
    }


def _curves(results):
    """Curves by epoch, or `None` without any."""
    trials = [t for t in results.searched if t.search or t.training]
    pictures = curves_pictures(trials, _CURVES)
    if not pictures:
        return None
    of_several = "Of the execution that found the genotype"
    return {
        "legend": [(t.name, *line_of(i)) for i, t in enumerate(trials)],
        "pictures": _rendered(pictures),
        "notes": [of_several if results.repeated else None],
    }


def _drawn(genotype):
    """The cells of a genotype as pictures, by their captions."""
    return {
        cell if cell.endswith("cell") else f"{cell} cell": _encoded(
            analysis.cell_svg(genotype, cell)
        )
        for cell in analysis.cell_names(genotype)
    }


def _rendered(pictures):
    return {
        title: _encoded(picture.render("svg"))
        for title, picture in pictures.items()
    }


def _encoded(svg):
    # As an image, the names in a picture can't meet those of another one.
    return base64.b64encode(svg).decode("ascii")


def _row_class(results, trial):
    if trial.state in _FAILED:
        return "failed"
    return "best" if trial in results.ranked[:1] else ""


def _marked_name(results, trial):
    marked = results.several and trial in results.pareto_front
    return f"{trial.name} {_ON_FRONT}" if marked else trial.name


def _figures(results, trials):
    """A column for each objective."""
    return [
        _numbers(name, [trial.figures.get(name) for trial in trials])
        for name in results.directions
    ]


def _numbers(name, values):
    """A column of a figure."""
    texts = [number(name, value) for value in values]
    return Column(titled(name), texts, numeric=True)


def _costs(results, trials):
    """Columns of sizes and durations; an objective has its own already.

    They are those of the execution that found the genotype.
    """
    columns, sizes = [], [trial.parameters for trial in trials]
    if {*sizes} - {None} and "parameters" not in results.directions:
        columns.append(_numbers("parameters", sizes))
    if any(any(trial.epochs) for trial in trials):
        title = "epochs (search + training)"
        columns.append(Column(title, [_epochs(trial) for trial in trials]))
    if any(trial.seconds for trial in trials):
        title = "seconds (search + training)"
        columns.append(Column(title, [_seconds(trial) for trial in trials]))
    return columns


def _epochs(trial):
    return " + ".join(map(str, trial.epochs))


def _seconds(trial):
    spent = trial.seconds
    if not spent:
        return UNKNOWN
    return f"{spent['search']:,.0f} + {spent['training']:,.0f}"


def _spread(name, spread):
    if spread.mean is None:
        return UNKNOWN
    mean = number(name, spread.mean)
    if spread.deviation is None:
        return f"{mean} (one network)"
    deviation = number(name, spread.deviation, digits=2)
    return f"{mean} ± {deviation} ({len(spread.values)} networks)"
