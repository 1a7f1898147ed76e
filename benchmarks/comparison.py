"""What all comparisons of found cells with others have in common."""

import argparse
import statistics
import sys

from circumstances import circumstances
from circumstances import line_of
from circumstances import markdown

from keras_darts.utils.files import write_json

_PATHS = ("data_dir", "searches", "output", "project")


def parse_options(document, sizes, *, data_help, seeds, choices=()):
    """The command line of a comparison.

    Args:
        document: String, the docstring of the script.
        sizes: Dictionary from a name to its default and its meaning.
        data_help: String, what `--data_dir` is.
        seeds: List of integers, the default.
        choices: Pairs of a name and the default of further options.
    """
    parser = argparse.ArgumentParser(description=document.split("\n")[0])
    parser.add_argument("--data_dir", help=data_help)
    for name, default in choices:
        parser.add_argument(
            f"--{name}", default=default, help=f"defaults to {default}"
        )
    parser.add_argument(
        "--seeds",
        type=lambda text: [int(seed) for seed in text.split(",")],
        default=seeds,
        help=f"with commas between; defaults to {','.join(map(str, seeds))}",
    )
    for name, (default, meaning) in sizes.items():
        parser.add_argument(
            f"--{name}",
            type=type(default),
            default=default,
            help=f"{meaning}; defaults to {default}",
        )
    parser.add_argument("--output", help="JSON file for the figures")
    return parser.parse_args()


def measured(options, runs, *, score, **facts):
    """The report, written again after each run.

    Args:
        options: What `parse_options` gave.
        runs: Iterable of dictionaries, the figures of each run.
        score: String, the figure to print as it comes.
        **facts: What belongs next to the figures.
    """
    settings = {k: v for k, v in vars(options).items() if k not in _PATHS}
    report = {**circumstances(), "settings": settings, **facts, "runs": []}
    for run in runs:
        report["runs"].append(run)
        note(f"{run['cell']}, seed {run['seed']}: {run[score]:.4f}")
        if options.output:
            write_json(options.output, report)
    return report


def text_of(report, sizes, *, introduction, rows, remarks):
    """The settings, the circumstances, the table and the remarks."""
    settings = report["settings"]
    listed = ", ".join(f"{name} {settings[name]}" for name in sizes)
    seeds = ", ".join(map(str, settings["seeds"]))
    return "\n".join(
        [
            f"{introduction}; {listed}; seeds {seeds}.",
            line_of(report),
            "",
            markdown(rows, num_left=1),
            "",
            *[f"- {remark}" for remark in remarks],
        ]
    )


def rows_of(runs, cells, *, score, form, seconds=("train_seconds",)):
    """The table: for each cell type the spread of a score, and means."""
    head = [score.replace("_", " ") + ", mean", "standard deviation", "min"]
    means = ("num_weights", *seconds)
    names = [name.replace("_", " ").replace("num ", "") for name in means]
    rows = [["cell", *head, "max", "n", *[f"{name}, mean" for name in names]]]
    for cell in cells:
        group = [run for run in runs if run["cell"] == cell]
        scores = [run[score] for run in group]
        spread = form(statistics.stdev(scores)) if len(scores) > 1 else "-"
        rows.append(
            [
                cell,
                form(statistics.mean(scores)),
                spread,
                form(min(scores)),
                form(max(scores)),
                str(len(group)),
                *[_mean(group, name) for name in means],
            ]
        )
    return rows


def _mean(group, name):
    values = [run[name] for run in group if name in run]
    return f"{statistics.mean(values):,.0f}" if values else "-"


def plain(history):
    """The history of a `fit` as rounded numbers."""
    return {
        name: [round(float(value), 6) for value in values]
        for name, values in history.items()
    }


def note(text):
    print(text, file=sys.stderr, flush=True)
