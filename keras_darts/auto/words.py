"""What a fit says of the sizes it has chosen."""

import math
import warnings

from keras_darts.training import duration


def chosen(examples, plan, batch_size, budget):
    """Data, trials, last training and time, a line each.

    Args:
        examples: `Examples`.
        plan: `Plan`.
        batch_size: Integer.
        budget: `Budget`.
    """
    rung, halves = examples.adapter.rungs[plan.rung], examples.halves
    lines = [
        f"{examples.adapter.say()}, {len(examples.labels)} classes: "
        f"{halves.num_train:,} to train on, {halves.num_search:,} to judge "
        f"on, in batches of {batch_size}",
        f"up to {plan.trials} trials on {plan.trial_examples:,}: search in "
        f"{_sizes(rung.space)} for {plan.search_epochs} epochs, training of "
        f"{_sizes(rung.derived)} for {plan.train_epochs}",
        f"last training of the best: about {plan.last_epochs} epochs on "
        f"{plan.last_examples:,}",
    ]
    if budget.seconds < math.inf:
        lines.append(
            f"{duration(max(0.0, budget.left()))} left of "
            f"{duration(budget.seconds)}"
        )
    return "\n".join(lines)


def warn_of_little(budget, least):
    """Warns of a budget in which there is no time to choose in.

    Args:
        budget: `Budget`.
        least: Float, the seconds that the smallest sizes need.
    """
    warnings.warn(
        f"`time_budget` of {duration(budget.seconds)} is little: the smallest "
        f"sizes are taken, which need about {duration(least)} on two cores, "
        "and the time may be exceeded",
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
