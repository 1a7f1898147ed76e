"""What `DartsSearch.fit` does before Keras' own `fit` begins."""

import functools
import json
import logging

from keras_darts.devices import check_batch_size
from keras_darts.errors import non_negative
from keras_darts.errors import positive_integer
from keras_darts.running.callback_checks import as_list
from keras_darts.running.callback_checks import check_monitored
from keras_darts.running.end_state import EndState
from keras_darts.running.folders import run_folders
from keras_darts.running.overwriting import remove_run
from keras_darts.running.plan import Plan
from keras_darts.running.settings import check_same
from keras_darts.running.within_epoch import SaveWithinEpochs
from keras_darts.search import many_workers
from keras_darts.search import tuning
from keras_darts.search.accepted_data import check_data
from keras_darts.search.agreement import agreement_of
from keras_darts.search.callbacks import ArchitectureBoard
from keras_darts.search.callbacks import ArchitectureMonitor
from keras_darts.search.callbacks import DecisionMonitor
from keras_darts.search.callbacks import RunDirectory
from keras_darts.search.checkpoint import SearchCheckpoint
from keras_darts.search.course_callbacks import stateful
from keras_darts.search.memory_check import check_memory
from keras_darts.search.micro_batches import check_accumulation
from keras_darts.search.pace import KeepPace
from keras_darts.search.pace import set_pace
from keras_darts.search.run_config import comparable
from keras_darts.search.run_config import run_config
from keras_darts.search.trials import Trials
from keras_darts.training import InputWait
from keras_darts.training import with_time_left

_LOG = logging.getLogger("keras_darts")


def planner(
    search,
    *given,
    augmentation,
    steps_per_epoch,
    checkpoint_minutes,
    published_rates,
    **options,
):
    """`plan_fit` for the user's data, with what holds for all stages."""
    non_negative("checkpoint_minutes", checkpoint_minutes)
    data = read(search, *given, steps_per_epoch=steps_per_epoch, **options)
    return functools.partial(
        plan_fit,
        search,
        data,
        steps_per_epoch=steps_per_epoch,
        augment=chosen_augmentation(search, augmentation, data),
        checkpoint_minutes=checkpoint_minutes,
        published_rates=published_rates,
    )


def plan_fit(
    search,
    data,
    *,
    epochs,
    steps_per_epoch,
    augment,
    callbacks,
    schedule_epochs=None,
    published_rates=False,
    **run,
):
    """Builds and compiles what is missing, and lays out the whole training.

    Args:
        search: `DartsSearch`.
        data: What the search's modality has read.
        epochs: Integer, without those in which a discretizer decides.
        steps_per_epoch: Integer or `None`, a pass over the training half.
        augment: Augmentation of both batches, or `None`.
        callbacks: List of Keras callbacks beside the strategy's.
        schedule_epochs: Integer, the length of the learning-rate schedule.
            Defaults to `None`: `epochs`.
        published_rates: Boolean, whether alphas learn at a published rate
            however few steps they make. Defaults to `False`.
        **run: `output_dir`, the folder of the run or `None`; `resume_from`,
            the same folder where a run is resumed, or `None`; `overwritten`,
            the folder of a run to remove, or `None`; and
            `checkpoint_minutes`, from one checkpoint within an epoch to the
            next.

    Returns:
        A `Plan`.
    """
    modality = search.modality
    steps = steps_per_epoch or modality.steps_per_epoch(data)
    search.prepare(
        data, epochs=schedule_epochs or epochs, steps_per_epoch=steps
    )
    check_memory(search, data.batch_size)
    own = [*search.strategy.callbacks, *tuning.callbacks(search)]
    pace = set_pace(
        search,
        [*own, *callbacks],
        epochs=epochs,
        steps_per_epoch=steps,
        published_rates=published_rates,
    )
    config = run_config(
        search,
        data,
        epochs=epochs,
        augment=augment,
        steps=steps,
        pace=pace,
    )
    total = _total(search, epochs)

    def batches(epoch, step=0):
        return modality.batches(
            data,
            epochs=total,
            **{"start_epoch": epoch, "start_step": step},
            **{"augment": augment, "steps_per_epoch": steps},
        )

    own = [ArchitectureMonitor(), *own, KeepPace(pace)]
    _begin(search, [*own, *callbacks], batches, total)
    return Plan(
        batches,
        validation_data=modality.evaluation(data),
        epochs=total,
        # Not those in which a discretizer decides, at whose begin it does
        # what must not be done twice.
        divided_epochs=epochs,
        steps_per_epoch=steps,
        **_written(search, own, callbacks, config, epochs=total, **run),
    )


def read(search, x, y, batch_size, *, accumulation_steps=1, **options):
    """The user's data; the log says what became of them."""
    check_data(search.search_space.modality, x)
    for name, number in (
        ("batch_size", batch_size),
        ("steps_per_epoch", options["steps_per_epoch"]),
    ):
        if number is not None:
            positive_integer(name, number)
    data = search.modality.read(x, y, batch_size, **options)
    task, _ = search.modality.check(data)
    check_batch_size(data.batch_size, search.distribute_strategy)
    check_accumulation(search, data.batch_size, accumulation_steps)
    search.accumulation_steps = accumulation_steps
    _LOG.info("%s", data.description)
    if task.description:
        _LOG.info("%s", task.description)
    if options["validation_data"] is not None:
        _LOG.info(
            "`validation_data` trains the architecture, so that `val_` "
            "figures are of data that were learned from: keep a test set apart"
        )
    return data


def chosen_epochs(search, epochs):
    """The epochs of a run, by the recipe where the user gives none."""
    epochs = search.recipe.epochs if epochs is None else epochs
    return positive_integer("epochs", epochs)


def chosen_callbacks(callbacks, warn_on_collapse, verbose):
    """Those of the user, and the watch over what is decided."""
    monitor = DecisionMonitor(warn_on_collapse=warn_on_collapse)
    return with_time_left([*as_list(callbacks), monitor], verbose)


def chosen_augmentation(search, choice, data):
    """The augmentation that a choice means for the data at hand."""
    augment = search.modality.augmentation(choice, data)
    _LOG.info("augmentation: %s", augment or "none")
    return augment


def chosen_run(search, epochs, output_dir, resume_from, overwrite):
    """Dictionary of the `epochs` of a run and of what `run_folders` gives."""
    epochs = chosen_epochs(search, epochs)
    folders = run_folders(
        output_dir, resume_from, epochs, kind="search", overwrite=overwrite
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
    """What an epoch of a search logs beside metrics."""
    found, genotype = {"alpha_entropy"}, search.genotype()
    if hasattr(genotype, "num_skip_connects"):
        found.add("num_skip_connects")
    rule = search.strategy.discretizer
    if hasattr(rule, "figures"):
        found |= {*rule.figures(genotype)}
    for name in search.modality.figures({"loss": 0.0}):
        found |= {name, f"val_{name}"}
    return found


def _begin(search, callbacks, batches, epochs):
    """Nothing is left of an earlier run."""
    check_monitored(callbacks, search, validates=True, more=_added_logs(search))
    search.stop_reason = None
    # The first of each epoch; a function, since most runs need none.
    search.search_batch = lambda epoch: next(iter(batches(epoch)))[1]
    search.search_batches = lambda epoch, count: [
        searched for _, searched in batches(epoch).take(count)
    ]
    search.trials = Trials(search, search.search_batches)
    for callback in stateful(callbacks):
        callback.set_model(search)
        # Some must know the length of the run before it begins.
        callback.set_params({"epochs": epochs})
        callback.reset()


def _written(search, own, callbacks, config, *, output_dir, **run):
    """All callbacks, those that write the run the last, and where it starts."""
    wait, minutes = InputWait(), run.pop("checkpoint_minutes")
    agreement = agreement_of(search, minutes)
    found = {
        "callbacks": [*own, *callbacks, wait],
        "initial_epoch": 0,
        "checkpoint": None,
        "agreement": agreement,
    }
    if output_dir is None:
        return found
    checkpoint = SearchCheckpoint(
        search,
        output_dir / "checkpoints",
        stateful([*own, *callbacks]),
        agreement,
    )
    start = _start(search, checkpoint, config, output_dir, **run)
    end = EndState(checkpoint)
    written = _writers(search, checkpoint, config, wait=wait, end=end)
    if agreement is not None:
        written.append(many_workers.EndEpochTogether())
    else:
        epochs = config["fit"]["epochs"]
        written.append(SaveWithinEpochs(checkpoint, minutes, epochs))
    around = [end.before, *own, end.between, *callbacks, wait, *written]
    return {
        **found,
        "callbacks": around,
        "initial_epoch": start,
        "checkpoint": checkpoint,
    }


def _start(
    search,
    checkpoint,
    config,
    output_dir,
    *,
    epochs,
    resume_from,
    overwritten,
):
    """The epoch to begin with, of a run that is the same one or is removed."""
    earlier = output_dir / "config.json"
    if overwritten is not None:
        if many_workers.workers_of(search).is_chief:
            remove_run(overwritten)
    elif earlier.exists():
        saved = json.loads(earlier.read_text("utf-8"))
        check_same(comparable(saved), comparable(config))
    return 0 if resume_from is None else checkpoint.restore(epochs=epochs)


def _writers(search, checkpoint, config, *, wait, end):
    """What writes a run; of several workers the chief alone has it."""
    if not many_workers.workers_of(search).is_chief:
        return []
    folder = checkpoint.folder.parent
    directory = RunDirectory(
        folder,
        config=config,
        checkpoint=checkpoint,
        rows=checkpoint.rows,
        files=search.modality.files(),
        end=end,
    )
    return [directory, ArchitectureBoard(folder / "tensorboard", wait, config)]
