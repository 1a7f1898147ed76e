"""What a search takes where its user leaves something out, and its checks."""

from __future__ import annotations

import dataclasses
import inspect
import logging
import types
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

import keras
import tensorflow as tf

from keras_darts import search_spaces
from keras_darts.callbacks import SearchCallback
from keras_darts.networks import on_logits
from keras_darts.primitives import synchronized
from keras_darts.schedules import EpochCosineDecay
from keras_darts.search_spaces import cost_table
from keras_darts.strategies import with_cost_target
from keras_darts.strategies.recipe import PublishedRate
from keras_darts.training import CoupledAdam
from keras_darts.training import CoupledSGD
from keras_darts.training import loss_for
from keras_darts.training import metrics_for
from keras_darts.utils.errors import channels_first
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.errors import unknown_argument
from keras_darts.utils.typing import Config
from keras_darts.utils.typing import Logs
from keras_darts.utils.typing import PathLike

if TYPE_CHECKING:
    from keras_darts.datasets.task import Task
    from keras_darts.search.darts_search import DartsSearch
    from keras_darts.search_spaces.cost_table import CostTable
    from keras_darts.search_spaces.search_space import BaseSpace
    from keras_darts.strategies.recipe import SearchRecipe
    from keras_darts.strategies.strategy import SearchStrategy


def completed(
    choices: Mapping[str, Any], recipe: SearchRecipe, task: Task
) -> tuple[keras.optimizers.Optimizer | None, dict[str, Any]]:
    """The architecture's optimizer, and the arguments of Keras' `compile`.

    Args:
        choices: Dictionary, what the user gave to `compile`.
        recipe: `SearchRecipe`, for the optimizers left out.
        task: `Task`, for the loss and the metrics left out.
    """
    chosen = {k: v for k, v in choices.items() if v is not None}
    arch = chosen.pop("arch_optimizer", None) or arch_optimizer(recipe)
    fallback = {
        "optimizer": weight_optimizer(recipe),
        "loss": loss_for(task.label_type),
        "metrics": metrics_for(task.label_type, task.num_outputs),
        "jit_compile": False,
    }
    arguments = {**fallback, **chosen}
    compiled = on_logits(
        arguments["loss"],
        arguments["metrics"],
        arguments.get("weighted_metrics"),
        num_outputs=task.num_outputs,
        label_type=task.label_type,
    )
    return keras.optimizers.get(arch), {**arguments, **compiled._asdict()}


def unbuilt_optimizers(choices: Mapping[str, Any]) -> Mapping[str, Any]:
    """The same choices, with optimizers that have made no step."""
    return kept(
        {
            name: type(choice).from_config(choice.get_config())
            if isinstance(choice, keras.optimizers.Optimizer)
            else choice
            for name, choice in choices.items()
        }
    )


def kept(choices: Mapping[str, Any]) -> Mapping[str, Any]:
    """The choices as a mapping in which Keras does not look for metrics.

    A model's metrics are those it is compiled with, which may be others.
    """
    return types.MappingProxyType(choices)


def schedule(
    recipe: SearchRecipe, epochs: int, steps_per_epoch: int
) -> EpochCosineDecay:
    """The recipe's cosine, constant within an epoch."""
    return EpochCosineDecay(
        recipe.learning_rate,
        recipe.min_learning_rate,
        epochs,
        steps_per_epoch,
    )


def weight_optimizer(recipe: SearchRecipe) -> CoupledSGD:
    """SGD with momentum, L2 and clipping, at the first learning rate."""
    return CoupledSGD(
        schedule(recipe, epochs=1, steps_per_epoch=1),
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
        global_clipnorm=recipe.clip_norm,
    )


def arch_optimizer(recipe: SearchRecipe) -> CoupledAdam:
    """Adam with L2."""
    return CoupledAdam(
        recipe.arch_learning_rate,
        beta_1=recipe.arch_beta_1,
        beta_2=recipe.arch_beta_2,
        epsilon=recipe.arch_epsilon,
        weight_decay=recipe.arch_weight_decay,
        global_clipnorm=recipe.arch_clip_norm,
    )


def in_a_line(search: DartsSearch) -> str:
    """A search by its space, its strategy and how far it has come."""
    return (
        f"<{type(search).__name__}: {_space(search)}, "
        f"{_strategy(search)}, {_state(search)}>"
    )


def _space(search):
    space, left_out = search.whole_space, search.whole_strategy.exclude
    for name in search_spaces.names():
        if search_spaces.get(name).without(left_out).cells == space.cells:
            return f"search space {name}"
    edges = sum(len(spec.edges) for spec in space.cells.values())
    most = max(spec.num_candidates for spec in space.cells.values())
    return f"search space of {most} candidates on {edges} edges"


def _strategy(search):
    name = search.strategy_summary()["name"]
    if name is not None:
        return f"strategy {name}"
    return f"own strategy on {type(search.strategy.relaxation).__name__}"


def _state(search):
    if not search.built:
        return "waits for data"
    optimizer = getattr(search, "optimizer", None)
    steps = 0 if optimizer is None else int(optimizer.iterations)
    if not steps:
        return "not searched yet"
    stage = f" of stage {search.stage + 1}" if len(search.stages) > 1 else ""
    return f"searched for {steps} steps{stage}"


_OF_LAYERS = ("name", "dtype", "trainable", "autocast")


def adapted_space(
    space: BaseSpace | str | Config,
    strategy: SearchStrategy,
    sync_batch_norm: bool = False,
    **sizes: Any,
) -> BaseSpace:
    """The space without what the strategy excludes, and of chosen sizes.

    Args:
        space: Name, search space or config.
        strategy: `SearchStrategy`.
        sync_batch_norm: Boolean, whether normalizations are synchronized.
            Defaults to `False`.
        **sizes: Fields of the space; those that are `None` stay.

    Raises:
        ValueError: for a size that the space does not have, and for
            `sync_batch_norm` where it can't be.
    """
    space = search_spaces.get(space)
    if sync_batch_norm:
        space = _synchronized(space)
    chosen = {name: size for name, size in sizes.items() if size is not None}
    fields = [field.name for field in dataclasses.fields(space)]
    for name in chosen:
        if name not in fields:
            known = [field for field in sizes if field in fields]
            raise ValueError(
                f"`{name}` must be left out for this search space, whose "
                f"sizes are {', '.join(known)}. Received: {name}={chosen[name]}"
            )
    return space.without(strategy.exclude).resized(**chosen)


def _synchronized(space):
    if not space.can_synchronize:
        raise ValueError(
            "`sync_batch_norm` must be False for a recurrent search space, "
            "whose cell normalizes inside of a loop over time. Received: "
            "sync_batch_norm=True"
        )
    return dataclasses.replace(
        space, normalization=synchronized(space.normalization)
    )


def targeted(
    strategy: SearchStrategy | str | Config,
    target_latency_ms: float | None,
    latency_table: CostTable | Config | PathLike | None,
) -> SearchStrategy:
    """The strategy, which looks for a latency if one is asked for.

    Args:
        strategy: Name, `SearchStrategy` or config.
        target_latency_ms: Float or `None`.
        latency_table: `CostTable`, path of one, or `None`.

    Raises:
        ValueError: for one without the other, or a table of something else.
    """
    if target_latency_ms is None and latency_table is None:
        return strategy
    if target_latency_ms is None or latency_table is None:
        raise ValueError(
            "`target_latency_ms` and `latency_table` must be given together. "
            f"Received: target_latency_ms={target_latency_ms}, "
            f"latency_table={latency_table and type(latency_table).__name__}"
        )
    table = cost_table.get(latency_table)
    if table.measure != "latency":
        raise ValueError(
            "`latency_table` must be a table of latencies. Received: one of "
            f"{table.measure}"
        )
    return with_cost_target(strategy, table, target_latency_ms)


def check_targets(strategy: SearchStrategy, space: BaseSpace) -> None:
    """Refuses costs that no architecture of a space has.

    Later stages are not checked: what they leave out may be what a target
    needs, and they come as near as they can.
    """
    for term in strategy.regularizers:
        term.check_space(space)


def check_arguments(owner: type, others: Any) -> None:
    """Refuses arguments that neither a class nor Keras' layers have.

    Args:
        owner: The class.
        others: Dictionary of the arguments that it does not name.

    Raises:
        TypeError: naming the nearest arguments.
    """
    names = [*inspect.signature(owner).parameters]
    known = [name for name in names if name != "kwargs"] + list(_OF_LAYERS)
    for name in others:
        if name not in known:
            raise unknown_argument(owner.__name__, name, known)


def checked_sizes(
    num_classes: int | None, input_shape: Any, vocabulary_size: int | None
) -> dict[str, Any]:
    """Dictionary of what is known of the data; what is `None` is not yet.

    Raises:
        ValueError: naming a size that is no positive integer, or a shape that
            does not consist of such.
    """
    counts = {"num_classes": num_classes, "vocabulary_size": vocabulary_size}
    for name, count in counts.items():
        if count is not None:
            counts[name] = positive_integer(name, count)
    if input_shape is not None:
        input_shape = _shape(input_shape)
    return {**counts, "input_shape": input_shape}


def _shape(sides):
    try:
        shape = tuple(positive_integer("input_shape", side) for side in sides)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "`input_shape` must be a tuple of positive integers, without the "
            f"batch. Received: input_shape={sides!r}"
        ) from error
    if len(shape) == 3 and channels_first(shape):
        raise ValueError(
            "`input_shape` must be (height, width, channels), the channels "
            f"last. Received: input_shape={shape}"
        )
    return shape


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
