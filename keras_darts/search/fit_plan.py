"""Plans a `fit` of a search before the `fit` of Keras begins."""

from __future__ import annotations

import collections.abc
import dataclasses
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras

from keras_darts import datasets
from keras_darts.callbacks import ArchitectureMonitor
from keras_darts.callbacks import ArchitectureTensorBoard
from keras_darts.callbacks import DecisionMonitor
from keras_darts.callbacks import RunDirectory
from keras_darts.callbacks import stateful_callbacks
from keras_darts.datasets import augmentation as augmentations
from keras_darts.distributed import multi_worker
from keras_darts.distributed.devices import check_batch_size
from keras_darts.distributed.multi_worker import agreement_of
from keras_darts.runs.callbacks import as_list
from keras_darts.runs.callbacks import check_monitored
from keras_darts.runs.checkpoint import KEPT
from keras_darts.runs.checkpoint import RunCheckpoint
from keras_darts.runs.folder import Plan
from keras_darts.runs.folder import run_folders
from keras_darts.runs.resume import MidEpochState
from keras_darts.runs.writer import versions
from keras_darts.runs.writer import written
from keras_darts.schedules import EpochCosineDecay
from keras_darts.schedules import make_settable
from keras_darts.schedules import set_rates
from keras_darts.schedules.learning_rates import Consecutive
from keras_darts.search import defaults
from keras_darts.search.defaults import KeepPace
from keras_darts.search.defaults import set_pace
from keras_darts.search.memory import check_accumulation
from keras_darts.search.memory import check_memory
from keras_darts.search.steps import SupernetEvaluator
from keras_darts.training import DataWaitMonitor
from keras_darts.training import with_eta
from keras_darts.utils.errors import non_negative
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.typing import Dataset
from keras_darts.utils.typing import PathLike

if TYPE_CHECKING:
    import pathlib

    from keras_darts.callbacks.base import SearchCallback
    from keras_darts.datasets.task import Task
    from keras_darts.distributed.multi_worker import WorkerCoordinator
    from keras_darts.search.darts_search import DartsSearch
    from keras_darts.tasks.base import TaskAdapter


_NO_DATA = (str, bytes, type(None), collections.abc.Iterator)


def check_source(adapter: TaskAdapter, x: Any) -> None:
    """Refuses what is no data, or data for another task.

    Args:
        adapter: `TaskAdapter` of the search space.
        x: What the user gave to `fit`.

    Raises:
        TypeError: if it is no data.
    """
    adapter.check_source(x)
    hint = ""
    if isinstance(x, collections.abc.Generator):
        hint = "; wrap a generator in tf.data.Dataset.from_generator"
    elif datasets.is_dataset(x) or not isinstance(x, _NO_DATA):
        return
    raise TypeError(
        f"`x` must be {adapter.data}{hint}. Received: "
        f"{'x=' + repr(x) if isinstance(x, str | None) else type(x).__name__}"
    )


# What may differ where a run is resumed: what follows from other settings, the
# words for the labels, and what makes a run longer or take less memory.
FREE = (
    "alphas",
    "arch_optimizer",
    "fit.epochs",
    "optimizer",
    "preprocessing",
    "search.name",
    "search.rematerialize",
    "strategy",
    "task.description",
    "versions",
)


def run_config(
    search: DartsSearch,
    data: Any,
    *,
    epochs: int,
    augment: Any,
    steps: int,
    pace: Any,
) -> dict[str, Any]:
    """What `config.json` says of a run."""
    settings = {
        "batch_size": data.batch_size,
        "steps_per_epoch": steps,
        "data": data.description,
        "augmentation": augment and augmentations.serialize(augment),
        "epochs": epochs,
    }
    if search.gradient_accumulation_steps > 1:
        settings["gradient_accumulation_steps"] = (
            search.gradient_accumulation_steps
        )
    if pace is not None and pace.as_published:
        settings["published_rates"] = True
    if search.stages:
        # None can be made longer without a change of the ones that follow.
        settings["stage_epochs"] = epochs
    return {
        "search": search.get_config(),
        "task": {
            "label_type": search.task.label_type,
            "num_outputs": search.task.num_outputs,
            "description": search.task.description,
        },
        "preprocessing": search.preprocessing
        and search.preprocessing.get_config(),
        "fit": settings,
        "strategy": search.strategy_summary(),
        "alphas": pace and pace.get_config(),
        "optimizer": keras.optimizers.serialize(search.optimizer),
        "arch_optimizer": keras.optimizers.serialize(search.arch_optimizer),
        "versions": versions(),
    }


def extra_epochs(search: DartsSearch, epochs: int) -> int:
    """How many epochs follow the `epochs` of the user."""
    return _discretizer(search).extra_epochs(search.search_space, epochs)


def discretization_schedule(
    search: DartsSearch, epochs: int, steps_per_epoch: int
) -> EpochCosineDecay | Consecutive:
    """The learning rate of the recipe, and that of the epochs that follow."""
    first = defaults.schedule(search.recipe, epochs, steps_per_epoch)
    more = extra_epochs(search, epochs)
    if not more:
        return first
    rates = _discretizer(search).learning_rates(search.recipe)
    second = EpochCosineDecay(*rates, more, steps_per_epoch)
    return Consecutive(first, second, epochs * steps_per_epoch)


def discretization_callbacks(search: DartsSearch) -> list[SearchCallback]:
    """What chooses or decides for the discretizer, where it needs data."""
    # Nothing is left of an earlier run.
    search.supernet.arch.forget_decisions()
    callback = _discretizer(search).callback()
    return [] if callback is None else [callback]


def _discretizer(search):
    return search.strategy.discretizer_for(search.search_space)


_LOG = logging.getLogger("keras_darts")


@dataclasses.dataclass(frozen=True, eq=False)
class FitSettings:
    """What holds for all stages of a `fit`.

    Args:
        data: What the task's adapter has read.
        augment: Augmentation of both batches, or `None`.
        steps_per_epoch: Integer or `None`, a pass over the training part.
        checkpoint_minutes: Float, from one checkpoint within an epoch to the
            next.
        published_rates: Boolean, whether alphas learn at a published rate
            however few steps they make.
    """

    data: object
    augment: object
    steps_per_epoch: int | None
    checkpoint_minutes: float
    published_rates: bool


def fit_settings(
    search: DartsSearch,
    *source: Any,
    augmentation: Any,
    steps_per_epoch: int,
    checkpoint_minutes: float,
    published_rates: bool,
    **options: Any,
) -> FitSettings:
    """The `FitSettings` of the arguments of `fit`, with the data read."""
    non_negative("checkpoint_minutes", checkpoint_minutes)
    data = read(search, *source, steps_per_epoch=steps_per_epoch, **options)
    augment = search.task_adapter.augmentation(
        augmentation, data, search.recipe
    )
    _LOG.info("augmentation: %s", augment or "none")
    return FitSettings(
        data=data,
        augment=augment,
        steps_per_epoch=steps_per_epoch,
        checkpoint_minutes=checkpoint_minutes,
        published_rates=published_rates,
    )


@dataclasses.dataclass(frozen=True, eq=False)
class EpochBatches:
    """Pairs (training batch, search batch), from any epoch and step on.

    Args:
        adapter: `TaskAdapter`.
        data: What it has read.
        recipe: `SearchRecipe`.
        seed: Integer.
        **options: Of `TaskAdapter.batches`.
    """

    adapter: object
    data: object
    recipe: object
    seed: int
    options: dict[str, Any]

    def __call__(self, epoch: int, step: int = 0) -> Dataset:
        return self.adapter.batches(
            self.data,
            self.recipe,
            self.seed,
            start_epoch=epoch,
            start_step=step,
            **self.options,
        )


def plan_fit(
    search: DartsSearch,
    settings: FitSettings,
    *,
    epochs: int,
    callbacks: Sequence[keras.callbacks.Callback],
    schedule_epochs: int | None = None,
    output_dir: pathlib.Path | None = None,
    **run: Any,
) -> Plan:
    """Builds and compiles what is missing, and lays out the whole training.

    Args:
        search: `DartsSearch`.
        settings: `FitSettings`.
        epochs: Integer, without those in which a discretizer decides.
        callbacks: List of Keras callbacks beside the strategy's.
        schedule_epochs: Integer, the length of the learning-rate schedule.
            Defaults to `None`: `epochs`.
        output_dir: Folder of the run. Defaults to `None`: none is written.
        **run: `resume_from`, the same folder where a run is resumed, or
            `None`; and `overwritten`, the folder of a run to remove, or
            `None`.

    Returns:
        A `Plan`.
    """
    data, adapter = settings.data, search.task_adapter
    steps = settings.steps_per_epoch
    steps = steps or adapter.steps_per_epoch(data, search.recipe)
    prepare(search, data, schedule_epochs or epochs, steps)
    check_memory(search, data.batch_size)
    own = [*search.strategy.callbacks, *discretization_callbacks(search)]
    pace = set_pace(
        search,
        [*own, *callbacks],
        epochs=epochs,
        steps_per_epoch=steps,
        published_rates=settings.published_rates,
    )
    augment, total = settings.augment, _total(search, epochs)
    options = {"epochs": total, "augment": augment, "steps_per_epoch": steps}
    batches = EpochBatches(adapter, data, search.recipe, search.seed, options)
    own = [ArchitectureMonitor(), *own, KeepPace(pace)]
    _begin(search, [*own, *callbacks], batches, total)
    with search.distribute_strategy.scope():
        validation_data = adapter.evaluation(data, search.recipe)
    wait = DataWaitMonitor()
    plan = Plan(
        batches,
        validation_data=validation_data,
        epochs=total,
        # Not those in which a discretizer decides, at whose start it does
        # what must not be done twice.
        resumable_epochs=epochs,
        initial_epoch=0,
        steps_per_epoch=steps,
        callbacks=[*own, *callbacks, wait],
        checkpoint=None,
        agreement=agreement_of(search, settings.checkpoint_minutes),
    )
    if output_dir is None:
        return plan
    callbacks = [*callbacks, wait]
    run = {**run, "pace": pace}
    return _written(search, settings, plan, output_dir, own, callbacks, **run)


def _written(search, settings, plan, folder, own, callbacks, *, pace, **run):
    """The plan of a search that is written; of several workers by the chief."""
    *_, wait = callbacks
    files = search.task_adapter.run_files(settings.data)
    config = run_config(
        search,
        settings.data,
        epochs=plan.resumable_epochs,
        augment=settings.augment,
        steps=plan.steps_per_epoch,
        pace=pace,
    )

    def writers(folder, **options):
        board = ArchitectureTensorBoard(folder / "tensorboard", wait, config)
        return [RunDirectory(folder, files=files, **options), board]

    within = settings.checkpoint_minutes
    if plan.agreement is not None:
        within = multi_worker.EndEpochTogether()
    stateful = stateful_callbacks([*own, *callbacks])
    folder = folder / "checkpoints"
    return written(
        plan,
        checkpoint_of(search, folder, stateful, plan.agreement),
        config,
        writers=writers,
        own=own,
        callbacks=callbacks,
        free=FREE,
        within=within,
        **run,
    )


def checkpoint_of(
    search: DartsSearch,
    folder: PathLike,
    callbacks: Sequence[SearchCallback] = (),
    agreement: WorkerCoordinator | None = None,
) -> RunCheckpoint:
    """The `RunCheckpoint` of all variables of a search and its optimizers.

    Args:
        search: A `DartsSearch` that is compiled and built.
        folder: Where the checkpoints lie.
        callbacks: `SearchCallback`s, whose state is saved with the rest, and
            which say how many checkpoints are kept. Defaults to none, and
            three are kept.
        agreement: `WorkerCoordinator` of several workers, of which the chief
            writes. Defaults to `None`.
    """
    worker = multi_worker.workers_of(search)
    return RunCheckpoint(
        folder,
        {
            "model": search.variables,
            "optimizer": search.loss_scaling.optimizer.variables,
            "arch_optimizer": search.loss_scaling.arch_optimizer.variables,
            "learning_rates": set_rates(
                search.optimizer, search.arch_optimizer
            ),
        },
        MidEpochState(
            search,
            lambda: search.streams.variables,
            worker.index,
            agreement and agreement.of_all,
        ),
        noun="search",
        callbacks=callbacks,
        writes=agreement is None or worker.is_chief,
        epochs_kept=max([KEPT, *(c.history_epochs for c in callbacks)]),
    )


def prepare(
    search: DartsSearch, data: Any, epochs: int, steps_per_epoch: int
) -> None:
    """Builds and compiles a search for data.

    Args:
        search: `DartsSearch`.
        data: What the task's adapter has read.
        epochs: Integer, those of the user, over which the learning rate falls.
        steps_per_epoch: Integer.
    """
    adapter = search.task_adapter
    search.extra_epochs = extra_epochs(search, epochs)
    task, sizes = adapter.check(data, search.data_sizes, search.chosen_loss)
    search.data_sizes.take(**sizes)
    search.build_supernet()
    search.scale_by(adapter.statistics(data))
    # A space and a discretizer that don't fit show here, and not after the
    # whole search.
    search.genotype()
    if search.task != task:
        search.compile_for(task)
    # With the words for what the labels were taken for.
    search.task = task
    schedule = None
    if search.chosen_optimizer is None:
        schedule = discretization_schedule(search, epochs, steps_per_epoch)
    with search.distribute_strategy.scope():
        make_settable(search.optimizer, schedule)
        make_settable(search.arch_optimizer)
    search.forget_traces()


def read(
    search: DartsSearch,
    x: Any,
    y: Any,
    batch_size: int | None,
    *,
    gradient_accumulation_steps: int = 1,
    **options: Any,
) -> Any:
    """The user's data; the log says what became of them."""
    check_source(search.task_adapter, x)
    for name, number in (
        ("batch_size", batch_size),
        ("steps_per_epoch", options["steps_per_epoch"]),
    ):
        if number is not None:
            positive_integer(name, number)
    data, task, _ = read_and_check(search, x, y, batch_size, **options)
    check_batch_size(data.batch_size, search.distribute_strategy)
    check_accumulation(search, data.batch_size, gradient_accumulation_steps)
    search.gradient_accumulation_steps = gradient_accumulation_steps
    _LOG.info("%s", data.description)
    if task.description:
        _LOG.info("%s", task.description)
    if options["validation_data"] is not None:
        _LOG.info(
            "`validation_data` trains the architecture, so that `val_` "
            "figures are of data that were learned from: keep a test set apart"
        )
    return data


def read_and_check(
    search: DartsSearch, x: Any, y: Any, batch_size: int, **options: Any
) -> tuple[Any, Task, dict[str, Any]]:
    """The user's data, their `datasets.Task`, and the sizes found."""
    adapter, loss = search.task_adapter, search.chosen_loss
    data = adapter.read(
        x,
        y,
        batch_size,
        sizes=search.data_sizes,
        default_batch_size=search.recipe.batch_size,
        loss=loss,
        seed=search.seed,
        num_replicas=search.distribute_strategy.num_replicas_in_sync,
        **options,
    )
    return data, *adapter.check(data, search.data_sizes, loss)


def chosen_epochs(search: DartsSearch, epochs: int) -> int:
    """The epochs of a run, by the recipe where the user gives none."""
    epochs = search.recipe.epochs if epochs is None else epochs
    return positive_integer("epochs", epochs)


def chosen_callbacks(
    callbacks: Any, warn_on_collapse: bool, verbose: Any
) -> list[keras.callbacks.Callback]:
    """Those of the user, and the watch over what is decided."""
    monitor = DecisionMonitor(warn_on_collapse=warn_on_collapse)
    return with_eta([*as_list(callbacks), monitor], verbose)


def chosen_run(
    search: DartsSearch,
    epochs: int | None,
    output_dir: PathLike | None,
    resume_from: PathLike | None,
    overwrite: bool,
) -> dict[str, Any]:
    """Dictionary of the `epochs` of a run and of what `run_folders` returns."""
    epochs = chosen_epochs(search, epochs)
    folders = run_folders(
        output_dir, resume_from, epochs, run_type="search", overwrite=overwrite
    )
    return {"epochs": epochs, **folders}


def _total(search, epochs):
    """The epochs, with those in which a discretizer decides."""
    more = search.extra_epochs
    if more:
        _LOG.info(
            "%d epochs of search, and %d in which the discretizer decides: %d",
            *(epochs, more, epochs + more),
        )
    return epochs + more


def _added_logs(search):
    """What an epoch of a search logs besides metrics."""
    names, genotype = {"alpha_entropy"}, search.genotype()
    if hasattr(genotype, "num_skip_connects"):
        names.add("num_skip_connects")
    names |= {*_discretizer(search).figures(genotype)}
    for name in search.task_adapter.log_metrics({"loss": 0.0}):
        names |= {name, f"val_{name}"}
    return names


def _begin(search, callbacks, batches, epochs):
    """Nothing is left of an earlier run."""
    check_monitored(callbacks, search, validates=True, more=_added_logs(search))
    search.stop_reason = None
    # The first of each epoch; a function, since most runs need none.
    search.valid_batch = lambda epoch: next(iter(batches(epoch)))[1]
    search.search_batches = lambda epoch, count: [
        searched for _, searched in batches(epoch).take(count)
    ]
    search.trials = SupernetEvaluator(search, search.search_batches)
    for callback in stateful_callbacks(callbacks):
        callback.set_model(search)
        # Some must know the length of the run before it begins.
        callback.set_params({"epochs": epochs})
        callback.reset()
