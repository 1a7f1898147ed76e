"""The course of a training, from its first epoch or from where it was cut."""

import contextlib
import importlib.metadata
import json
import logging

import keras

from keras_darts import seals
from keras_darts.errors import non_negative
from keras_darts.errors import positive_integer
from keras_darts.messages import shown
from keras_darts.running.callback_checks import as_list
from keras_darts.running.callback_checks import check_monitored
from keras_darts.running.end_state import EndState
from keras_darts.running.failures import explained
from keras_darts.running.first_step import announce
from keras_darts.running.folders import add_rows
from keras_darts.running.folders import made
from keras_darts.running.folders import run_folders
from keras_darts.running.overwriting import remove_run
from keras_darts.running.plan import Plan
from keras_darts.running.settings import check_same
from keras_darts.running.within_epoch import CallbacksFromStep
from keras_darts.running.within_epoch import SaveWithinEpochs
from keras_darts.running.within_epoch import batches_from
from keras_darts.schedules import make_settable
from keras_darts.training.accumulation import set_accumulation
from keras_darts.training.board import Board
from keras_darts.training.checkpoint import TrainingCheckpoint
from keras_darts.training.input_wait import InputWait
from keras_darts.training.run_folder import TrainingRun
from keras_darts.training.time_left import with_time_left
from keras_darts.training.watch import TrainingWatch
from keras_darts.version import __version__

_LOG = logging.getLogger("keras_darts")


def run(
    recipe,
    network,
    batches,
    *,
    own,
    epochs=None,
    output_dir=None,
    resume_from=None,
    overwrite=False,
    guarded=True,
    verbose="auto",
    **options,
):
    """Trains a compiled network by a recipe.

    Args:
        recipe: `BaseRecipe`.
        network: Keras model.
        batches: Function of an epoch and a step, the data from there on.
        own: List of the recipe's callbacks, which come before the user's.
        epochs: Integer. Defaults to `None`: the recipe's.
        output_dir: Folder of the run, or `None`.
        resume_from: Folder of a run to resume, or `None`.
        overwrite: Boolean, whether an earlier run in `output_dir` is removed.
            Defaults to `False`.
        guarded: Boolean, whether a loss that is not finite ends the training.
            Defaults to `True`.
        verbose: As in Keras. Defaults to `"auto"`.
        **options: `validation_data`, `steps_per_epoch`, `callbacks`,
            `accumulation_steps`; `checkpoint_minutes`, `config` and
            `vocabulary` of the run; further arguments of `keras.Model.fit`.

    Returns:
        The `keras.callbacks.History`.
    """
    epochs = recipe.epochs if epochs is None else epochs
    epochs = positive_integer("epochs", epochs)
    with contextlib.ExitStack() as stack:
        stack.enter_context(shown(verbose))
        folders = run_folders(
            *(output_dir, resume_from, epochs),
            kind="network",
            overwrite=overwrite,
        )
        finished = folders.pop("finished")
        stack.enter_context(made(folders["output_dir"]))
        watch = stack.enter_context(
            explained(TrainingWatch(folders["output_dir"], network, guarded))
        )
        plan, options = _planned(
            *(recipe, network, batches, own),
            **{"epochs": epochs, "verbose": verbose},
            **folders,
            **options,
        )
        if finished and plan.checkpoint.finished:
            return _loaded(network, plan)
        history = _fit(network, plan, watch, verbose=verbose, **options)
        if plan.checkpoint is not None:
            seals.finish(plan.checkpoint.folder)
    return history


def _loaded(network, plan):
    """The history of a training that was finished before."""
    folder = plan.checkpoint.folder.parent
    history = keras.callbacks.History()
    history.set_model(network)
    add_rows(history, folder / "history.csv", plan.checkpoint.rows)
    _LOG.info("finished: loaded from %s", folder)
    return history


def _planned(
    recipe,
    network,
    batches,
    own,
    *,
    epochs,
    verbose,
    steps_per_epoch,
    validation_data,
    callbacks=(),
    accumulation_steps=1,
    initial_epoch=0,
    output_dir,
    resume_from,
    overwrite,
    checkpoint_minutes=10,
    config=None,
    vocabulary=None,
    **options,
):
    """The `Plan`, and what is left of the options."""
    non_negative("checkpoint_minutes", checkpoint_minutes)
    set_accumulation(network, recipe.batch_size, accumulation_steps)
    with network.distribute_strategy.scope():
        make_settable(network.optimizer)
    callbacks = with_time_left(as_list(callbacks), verbose)
    check_monitored(
        [*own, *callbacks], network, validates=validation_data is not None
    )
    plan = Plan(
        batches,
        validation_data=validation_data,
        epochs=epochs,
        divided_epochs=epochs,
        initial_epoch=initial_epoch,
        steps_per_epoch=steps_per_epoch,
        callbacks=[*own, *callbacks],
        checkpoint=None,
    )
    if output_dir is not None:
        checkpoint = TrainingCheckpoint(
            network, output_dir / "checkpoints", plan.callbacks
        )
        end = EndState(checkpoint)
        run = TrainingRun(
            output_dir,
            config={**_config(recipe, network, plan), **(config or {})},
            vocabulary=vocabulary,
            checkpoint=checkpoint,
            end=end,
        )
        plan = plan._replace(
            callbacks=[end.before, *own, end.between, *callbacks]
        )
        plan = _written(plan, run, resume_from, overwrite, checkpoint_minutes)
    return plan, options


def _written(plan, run, resume_from, overwrite, checkpoint_minutes):
    """The plan of a training that is written, and where it starts."""
    start = plan.initial_epoch
    if start:
        raise ValueError(
            "`initial_epoch` must be left out with `output_dir`, whose run "
            f"knows where it goes on. Received: initial_epoch={start}"
        )
    earlier = run.folder / "config.json"
    if overwrite:
        remove_run(run.folder)
    elif earlier.exists():
        saved = json.loads(earlier.read_text("utf-8"))
        check_same(_comparable(saved), _comparable(run.config))
    if resume_from is not None:
        start = run.checkpoint.restore(epochs=plan.epochs)
    within = SaveWithinEpochs(run.checkpoint, checkpoint_minutes, plan.epochs)
    return plan._replace(
        initial_epoch=start,
        callbacks=[*plan.callbacks, run, *_drawing(plan, run), within],
        checkpoint=run.checkpoint,
    )


def _drawing(plan, run):
    """The board of a run, with the callback that measures its steps."""
    waits = [c for c in plan.callbacks if isinstance(c, InputWait)]
    own = [] if waits else [InputWait()]
    (wait,) = (waits or own)[:1]
    return [*own, Board(run.folder / "tensorboard", wait, run.config)]


def _fit(network, plan, watch, *, verbose, **options):
    start = plan.initial_epoch
    step = plan.checkpoint.step if plan.checkpoint else 0
    plan.say_where(start, step)
    callbacks = CallbacksFromStep(
        [watch, *plan.callbacks],
        plan.checkpoint and plan.checkpoint.running,
        add_progbar=verbose != 0,
        verbose=verbose,
        epochs=plan.epochs,
        steps=plan.steps_per_epoch,
        model=network,
    )
    announce(network, network.trainable_variables)
    # Where there is nothing left to do, Keras still looks at the data.
    epoch = min(start, plan.epochs - 1)
    batches = batches_from(plan, epoch, step, callbacks)
    with watch.over(plan):
        return network.fit(
            batches,
            validation_data=plan.validation_data,
            epochs=plan.epochs,
            initial_epoch=start,
            steps_per_epoch=plan.steps_per_epoch,
            callbacks=callbacks,
            shuffle=False,
            verbose=verbose,
            **options,
        )


def _config(recipe, network, plan):
    """What `config.json` says of a training."""
    return {
        "network": {
            "name": type(network).__name__,
            "config": network.get_config(),
        },
        "recipe": recipe.get_config(),
        "fit": {
            "epochs": plan.epochs,
            "steps_per_epoch": plan.steps_per_epoch,
            "accumulation_steps": getattr(network, "accumulation_steps", 1),
        },
        "precision": network.dtype_policy.name,
        "versions": {
            "keras_darts": __version__,
            "keras": keras.__version__,
            "tensorflow": importlib.metadata.version("tensorflow"),
        },
    }


def _comparable(config):
    """The settings with which a training goes on only as it began."""
    flat = dict(_flat(json.loads(json.dumps(config))))
    free = ("versions.", "fit.epochs", "data.data_dir")
    return {
        name: value
        for name, value in flat.items()
        # Keras numbers the names of what a process makes.
        if not name.startswith(free) and not name.endswith("config.name")
    }


def _flat(config, prefix=""):
    for name, value in config.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
