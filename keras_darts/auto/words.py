"""Messages of a fit about the sizes it has chosen."""

import csv
import math
import warnings

from keras_darts.training import format_duration
from keras_darts.tuner import objectives
from keras_darts.tuner.results_text import number
from keras_darts.tuner.results_text import titled


def chosen(course, plan):
    """Data, trials, last training and time, a line each.

    Args:
        course: `FitPipeline`.
        plan: `Plan`.
    """
    examples, budget = course.examples, course.budget
    rung, split = examples.adapter.rungs[plan.rung], examples.split
    lines = [
        f"{examples.adapter.say()}, {len(examples.labels)} classes: "
        f"{split.num_train:,} to train on, {split.num_valid:,} to judge "
        f"on, in batches of {course.batch_size}",
        f"up to {plan.trials} trials on {plan.trial_examples:,}: search in "
        f"{_sizes(rung.space)} for {plan.search_epochs} epochs, training of "
        f"{_sizes(rung.network_args)} for {plan.train_epochs}",
        f"last training of the best: about {plan.last_epochs} epochs on "
        f"{plan.last_examples:,}",
    ]
    if budget.seconds < math.inf:
        lines.append(
            f"{format_duration(max(0.0, budget.left()))} left of "
            f"{format_duration(budget.seconds)}"
        )
    return "\n".join(lines)


def last(trial_id, plan, *, examples, epochs):
    """What the last training is, and what of the plan it has no time for.

    Args:
        trial_id: String, of the best trial.
        plan: `Plan`.
        examples: Integer.
        epochs: Integer.
    """
    line = (
        f"last training, of the genotype of trial {trial_id}: {epochs} epochs "
        f"on {examples:,}"
    )
    if epochs * examples < plan.last_epochs * plan.last_examples:
        line += (
            f", less than the {plan.last_epochs} on {plan.last_examples:,} "
            "that were planned, since the trials took longer"
        )
    return line


def done(course, tuner, best, folder):
    """The line with which a fit ends: how good, how long, where it lies.

    Args:
        course: `FitPipeline`.
        tuner: `DartsTuner`.
        best: The best trial.
        folder: Path of the run whose network is the model.
    """
    spent, seconds = course.budget.spent(), course.budget.seconds
    taken = format_duration(spent)
    if seconds < math.inf:
        taken += f" of {format_duration(seconds)}"
        if spent > seconds:
            taken += f" ({format_duration(spent - seconds)} over `time_budget`)"
    judged = _judged(course.examples, tuner, best, folder)
    page = tuner.project.folder / "results.html"
    return f"done in {taken}: {judged}; all trials: {page}"


def _judged(examples, tuner, best, folder):
    """The validation of the model, or that of the trial it comes from."""
    if examples.own_validation and folder.name == "last":
        with (folder / "history.csv").open(newline="") as file:
            row = [*csv.DictReader(file)][-1]
        return f"validation accuracy {float(row['val_accuracy']):.4f}"
    figures = ", ".join(
        f"{titled(name)} {number(name, value)}"
        for name, value in tuner.project.figures(best).items()
        if name in objectives.directions(tuner.oracle.objective)
    )
    when = " before the last training" if folder.name == "last" else ""
    return f"trial {best.trial_id} had {figures}{when}"


def warn_of_little(budget, least):
    """Warns of a budget in which there is no time to choose in.

    Args:
        budget: `Budget`.
        least: Float, the seconds that the smallest sizes need.
    """
    warnings.warn(
        f"`time_budget` of {format_duration(budget.seconds)} is little: the "
        f"smallest sizes are taken, which need about {format_duration(least)} "
        "on two cores, and the time may be exceeded",
        RuntimeWarning,
        # The line of the user, who calls `fit`.
        stacklevel=7,
    )


def _sizes(of):
    return ", ".join(
        f"{value} {name.replace('num_', '')}"
        for name, value in of.items()
        if isinstance(value, int)
    )
