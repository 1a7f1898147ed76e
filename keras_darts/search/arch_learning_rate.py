"""Scales the alphas' learning rate with the number of steps."""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING
from typing import Any

import tensorflow as tf

from keras_darts.callbacks import SearchCallback
from keras_darts.strategies.recipe import PublishedRate
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Logs

if TYPE_CHECKING:
    from keras_darts.search.darts_search import DartsSearch


_LOG = logging.getLogger("keras_darts")


@dataclasses.dataclass(frozen=True)
class Pace:
    """The learning rate of the alphas in a search, and where it is from.

    Args:
        rate: Float, what the alphas learn at.
        steps: Integer, how often the search will move them.
        published: `PublishedRate` of the recipe, for a search as long as this
            one is with its other stages; `None` where the user has chosen
            the rate.
        as_published: Boolean, whether the user wants it as it was published.
            Defaults to `False`.

    Example:

    >>> from keras_darts.strategies import PublishedRate
    >>> published = PublishedRate(3e-4, steps=19_500)
    >>> print(Pace(0.0355, steps=165, published=published))
    alphas learn at 0.0355 (published: 0.0003 for 19,500 steps; this search \
makes 165)
    """

    rate: float
    steps: int
    published: object = None
    as_published: bool = False

    def __str__(self) -> str:
        made = f"this search makes {self.steps:,}"
        if self.published is not None:
            made = (
                f"published: {float(self.published):g} for "
                f"{self.published.steps:,} steps; {made}"
            )
        return f"alphas learn at {self.rate:.3g} ({made})"

    def get_config(self) -> Config:
        published = self.published and self.published.get_config()
        return {
            "learning_rate": self.rate,
            "steps": self.steps,
            "published": published,
        }


def set_pace(
    search: DartsSearch,
    callbacks: Any,
    *,
    epochs: int,
    steps_per_epoch: int,
    published_rates: bool,
) -> Pace | None:
    """Gives the alphas the learning rate that the recipe has for a run.

    The log says which, and how many epochs come on top.

    An optimizer that the user gave to `compile` stays as it is, and so does a
    rate that is a plain number.

    Args:
        search: `DartsSearch`, compiled.
        callbacks: All callbacks of the run, which may hold the alphas still.
        epochs: Integer, of the run or of the stage, without those in which a
            discretizer decides.
        steps_per_epoch: Integer.
        published_rates: Boolean, whether a published rate stays as it is.

    Returns:
        The `Pace`, or `None` where the alphas never move.
    """
    moving = arch_steps(search, callbacks, epochs, steps_per_epoch)
    pace = _pace(search, moving, published_rates) if moving else None
    if pace is not None:
        if search.chosen_arch_optimizer is None:
            search.arch_optimizer.learning_rate = pace.rate
        _LOG.info("%s", pace)
    if search.extra_epochs:
        _LOG.info(
            "%d epochs follow those asked for, in which the cell is decided",
            search.extra_epochs,
        )
    return pace


def _pace(search, moving, published_rates):
    if search.chosen_arch_optimizer is not None:
        rate = search.arch_optimizer.learning_rate
        # On several devices it is mirrored, which is no number to Python.
        return Pace(float(tf.convert_to_tensor(rate)), moving)
    published = search.recipe.arch_learning_rate
    if not isinstance(published, PublishedRate):
        return Pace(float(published), moving)
    published = PublishedRate(published, _steps_of_stage(search, published))
    rate = float(published) if published_rates else published.at(moving)
    return Pace(rate, moving, published, published_rates)


def arch_steps(
    search: DartsSearch, callbacks: Any, epochs: int, steps_per_epoch: int
) -> int:
    """How many steps of a run move the architecture."""
    if not search.strategy.architect.updates_architecture:
        return 0
    return min(
        (
            callback.arch_steps(epochs, steps_per_epoch)
            for callback in callbacks
            if isinstance(callback, SearchCallback)
        ),
        default=epochs * steps_per_epoch,
    )


def _steps_of_stage(search, published):
    """Those of the published stage that corresponds to the present one."""
    if not search.stages:
        return published.steps
    whole = sum(stage.epochs for stage in search.stages)
    share = search.stages[search.stage].epochs / whole
    return max(round(published.steps * share), 1)


class KeepPace(SearchCallback):
    """Keeps the rate of the alphas with a run that becomes longer.

    A run that is resumed at its own length finds the rate that it was saved
    with, whatever other callbacks have made of it. One that is resumed with
    other `epochs`, and so with other steps, continues at the rate of these.

    Args:
        pace: `Pace` of the length at hand, or `None` for alphas that never
            move.
    """

    def __init__(self, pace: Pace) -> None:
        self.rate: float | None = pace and pace.rate
        super().__init__()

    def reset(self) -> None:
        self._saved = self.rate

    def on_train_begin(self, logs: Logs = None) -> None:
        if self.rate is not None and self._saved != self.rate:
            self.model.arch_optimizer.learning_rate = self.rate
            self._saved = self.rate

    def get_state(self) -> dict[str, float]:
        return {"rate": self.rate}

    def set_state(self, state: Any) -> None:
        self._saved = state["rate"]
