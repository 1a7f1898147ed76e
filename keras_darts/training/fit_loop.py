"""The fit of a training, from its first epoch or from where it was cut."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING

import keras

from keras_darts.networks.gradient_accumulation import TrainedInParts
from keras_darts.networks.gradient_accumulation import check_divides
from keras_darts.runs import manifest
from keras_darts.runs.callbacks import as_list
from keras_darts.runs.callbacks import check_monitored
from keras_darts.runs.checkpoint import RunCheckpoint
from keras_darts.runs.errors import explained
from keras_darts.runs.folder import Plan
from keras_darts.runs.folder import made
from keras_darts.runs.folder import run_folders
from keras_darts.runs.monitor import RunMonitor
from keras_darts.runs.monitor import announce
from keras_darts.runs.monitor import sizes_in_words
from keras_darts.runs.resume import MidEpochState
from keras_darts.runs.resume import ResumedCallbackList
from keras_darts.runs.resume import batches_from
from keras_darts.runs.writer import add_loaded
from keras_darts.runs.writer import versions
from keras_darts.runs.writer import written
from keras_darts.schedules import make_settable
from keras_darts.schedules import set_rates
from keras_darts.training.callbacks import DataWaitMonitor
from keras_darts.training.callbacks import with_eta
from keras_darts.training.run_folder import TrainingRun
from keras_darts.training.tensorboard import Board
from keras_darts.utils import private_api
from keras_darts.utils.errors import non_negative
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.messages import shown

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence
    from typing import Any

    from keras_darts.training.recipe import BaseRecipe
    from keras_darts.utils.typing import Dataset
    from keras_darts.utils.typing import PathLike


def set_accumulation(network: keras.Model, batch_size: int, steps: int) -> None:
    """Lets the training steps of a network take batches in so many parts.

    Raises:
        ValueError: if the network or the batch can't be taken in parts.
    """
    positive_integer("gradient_accumulation_steps", steps)
    if not isinstance(network, TrainedInParts):
        if steps > 1:
            raise ValueError(
                "`gradient_accumulation_steps` must be 1 for language, whose "
                "loss has a penalty on all rows together, and for networks of "
                "your own: a smaller batch_size saves as much. "
                f"Received: gradient_accumulation_steps={steps}"
            )
        return
    replicas = network.distribute_strategy.num_replicas_in_sync
    check_divides(steps, batch_size, replicas)
    if network.gradient_accumulation_steps != steps:
        network.gradient_accumulation_steps = steps
        # What was traced before takes batches in other parts.
        network.train_function = None


class TrainingMonitor(RunMonitor):
    """Ends a training at a signal or a loss that is not finite.

    Args:
        folder: Of the run, as the user gave it, or `None`.
        network: Keras model.
        guarded: Boolean, whether a loss that is not finite ends it: where a
            callback goes back by itself it does not. Defaults to `True`.
    """

    noun = "training"
    data = "train"
    remedies = (
        "Try a lower `learning_rate` of the recipe, full precision (float32), "
        "and look for NaN in the data"
    )

    def __init__(
        self,
        folder: PathLike | None,
        network: keras.Model,
        guarded: bool = True,
    ) -> None:
        super().__init__(folder)
        self._network = network
        self._guarded = guarded
        if not guarded:
            self.losses: tuple[str, ...] = ()

    def total(self) -> Any:
        if not self._guarded:
            return 0.0
        return private_api.loss_tracker(self._network).total + 0

    def smaller(self) -> str:
        ways = ["a smaller `batch_size`", sizes_in_words(self._network)]
        if isinstance(self._network, TrainedInParts):
            now = self._network.gradient_accumulation_steps
            ways.append(f"more `gradient_accumulation_steps` (now {now})")
        return ", ".join(filter(None, ways))


# What may differ where a run is resumed.
FREE = ("versions", "fit.epochs", "data.data_dir")


def run(
    recipe: BaseRecipe,
    network: keras.Model,
    batches: Callable[..., Dataset],
    *,
    own: Sequence[keras.callbacks.Callback],
    epochs: int | None = None,
    output_dir: PathLike | None = None,
    resume_from: PathLike | None = None,
    overwrite: bool = False,
    guarded: bool = True,
    verbose: int | str = "auto",
    **options: Any,
) -> keras.callbacks.History:
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
            `gradient_accumulation_steps`; `checkpoint_minutes`, `config` and
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
            run_type="network",
            overwrite=overwrite,
        )
        finished = folders.pop("finished")
        stack.enter_context(made(folders["output_dir"]))
        watch = stack.enter_context(
            explained(TrainingMonitor(folders["output_dir"], network, guarded))
        )
        plan, options = _planned(
            *(recipe, network, batches, own),
            **{"epochs": epochs, "verbose": verbose},
            **folders,
            **options,
        )
        if finished and plan.checkpoint.finished:
            history = keras.callbacks.History()
            add_loaded(plan, network, history)
            return history
        history = _fit(network, plan, watch, verbose=verbose, **options)
        if plan.checkpoint is not None:
            manifest.finish(plan.checkpoint.folder)
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
    gradient_accumulation_steps=1,
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
    set_accumulation(network, recipe.batch_size, gradient_accumulation_steps)
    with network.distribute_strategy.scope():
        make_settable(network.optimizer)
    callbacks = with_eta(as_list(callbacks), verbose)
    check_monitored(
        [*own, *callbacks], network, validates=validation_data is not None
    )
    plan = Plan(
        batches,
        validation_data=validation_data,
        epochs=epochs,
        resumable_epochs=epochs,
        initial_epoch=initial_epoch,
        steps_per_epoch=steps_per_epoch,
        callbacks=[*own, *callbacks],
        checkpoint=None,
    )
    if output_dir is None:
        return plan, options
    if initial_epoch:
        raise ValueError(
            "`initial_epoch` must be left out with `output_dir`, whose run "
            "knows where it continues. "
            f"Received: initial_epoch={initial_epoch}"
        )
    return written(
        plan,
        _checkpoint(network, output_dir / "checkpoints", plan.callbacks),
        {**_config(recipe, network, plan), **(config or {})},
        writers=functools.partial(_writers, plan, vocabulary),
        own=own,
        callbacks=callbacks,
        free=FREE,
        within=checkpoint_minutes,
        resume_from=resume_from,
        overwritten=output_dir if overwrite else None,
    ), options


def _checkpoint(network, folder, callbacks):
    """The `RunCheckpoint` of a network and of its optimizer."""
    return RunCheckpoint(
        folder,
        {
            "network": network.variables,
            "optimizer": network.optimizer.variables,
            "learning_rates": set_rates(network.optimizer),
        },
        MidEpochState(network, lambda: getattr(network, "state_variables", [])),
        noun="training",
        callbacks=callbacks,
    )


def _writers(plan, vocabulary, folder, *, config, **options):
    """The files of a run and its board, which shows how long steps wait."""
    run = TrainingRun(folder, config=config, vocabulary=vocabulary, **options)
    waits = [c for c in plan.callbacks if isinstance(c, DataWaitMonitor)]
    own = [] if waits else [DataWaitMonitor()]
    (wait,) = (waits or own)[:1]
    return [run, *own, Board(folder / "tensorboard", wait, config)]


def _fit(network, plan, watch, *, verbose, **options):
    start = plan.initial_epoch
    step = plan.checkpoint.step if plan.checkpoint else 0
    plan.say_where(start, step)
    callbacks = ResumedCallbackList(
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
            "gradient_accumulation_steps": getattr(
                network, "gradient_accumulation_steps", 1
            ),
        },
        "dtype": network.dtype_policy.name,
        "versions": versions(),
    }
