"""Messages of a fit about the sizes it has chosen."""

from __future__ import annotations

import csv
import math
import warnings
from typing import TYPE_CHECKING

from keras_darts.training import format_duration
from keras_darts.tuner import objectives
from keras_darts.tuner.results_text import number
from keras_darts.tuner.results_text import titled

if TYPE_CHECKING:
    import pathlib
    from typing import Any

    from keras_darts.auto.fit_pipeline import FitPipeline
    from keras_darts.auto.sizes import Plan
    from keras_darts.auto.step_times import Budget
    from keras_darts.tuner.darts_tuner import DartsTuner


def chosen(pipeline: FitPipeline, plan: Plan) -> str:
    """Data, trials, final training and time, a line each.

    Args:
        pipeline: `FitPipeline`.
        plan: `Plan`.
    """
    examples, budget = pipeline.examples, pipeline.budget
    preset, split = examples.adapter.presets[plan.preset], examples.split
    lines = [
        f"{examples.adapter.say()}, {len(examples.labels)} classes: "
        f"{split.num_train:,} to train on, {split.num_valid:,} to judge "
        f"on, in batches of {pipeline.batch_size}",
        f"up to {plan.trials} trials on {plan.trial_examples:,}: search in "
        f"{_sizes(preset.space)} for {plan.search_epochs} epochs, training of "
        f"{_sizes(preset.network_args)} for {plan.train_epochs}",
        f"final training of the best: about {plan.final_epochs} epochs on "
        f"{plan.final_examples:,}",
    ]
    if budget.seconds < math.inf:
        lines.append(
            f"{format_duration(max(0.0, budget.left()))} left of "
            f"{format_duration(budget.seconds)}"
        )
    return "\n".join(lines)


def final_training(
    trial_id: str, plan: Plan, *, examples: int, epochs: int
) -> str:
    """What the final training is, and what of the plan it has no time for.

    Args:
        trial_id: String, of the best trial.
        plan: `Plan`.
        examples: Integer.
        epochs: Integer.
    """
    line = (
        f"final training, of the genotype of trial {trial_id}: {epochs} epochs "
        f"on {examples:,}"
    )
    if epochs * examples < plan.final_epochs * plan.final_examples:
        line += (
            f", less than the {plan.final_epochs} on {plan.final_examples:,} "
            "that were planned, since the trials took longer"
        )
    return line


def done(
    pipeline: FitPipeline, tuner: DartsTuner, best: Any, folder: pathlib.Path
) -> str:
    """The line with which a fit ends: how good, how long, where it lies.

    Args:
        pipeline: `FitPipeline`.
        tuner: `DartsTuner`.
        best: The best trial.
        folder: Path of the run whose network is the model.
    """
    spent, seconds = pipeline.budget.spent(), pipeline.budget.seconds
    taken = format_duration(spent)
    if seconds < math.inf:
        taken += f" of {format_duration(seconds)}"
        if spent > seconds:
            taken += f" ({format_duration(spent - seconds)} over `time_budget`)"
    judged = _judged(pipeline.examples, tuner, best, folder)
    page = tuner.project.folder / "results.html"
    return f"done in {taken}: {judged}; all trials: {page}"


def _judged(examples, tuner, best, folder):
    """The validation of the model, or that of the trial it comes from."""
    if examples.own_validation and folder.name == "final":
        with (folder / "history.csv").open(newline="") as file:
            row = [*csv.DictReader(file)][-1]
        return f"validation accuracy {float(row['val_accuracy']):.4f}"
    figures = ", ".join(
        f"{titled(name)} {number(name, value)}"
        for name, value in tuner.project.figures(best).items()
        if name in objectives.directions(tuner.oracle.objective)
    )
    when = " before the final training" if folder.name == "final" else ""
    return f"trial {best.trial_id} had {figures}{when}"


def warn_of_little(budget: Budget, least: float) -> None:
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
