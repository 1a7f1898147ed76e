"""The course of a training, from its first epoch or from where it was cut."""

import importlib.metadata
import json
import logging

import keras

from keras_darts import seals
from keras_darts.errors import non_negative
from keras_darts.errors import positive_integer
from keras_darts.running.failures import explained
from keras_darts.running.folders import run_folders
from keras_darts.running.plan import Plan
from keras_darts.running.settings import check_same
from keras_darts.running.within_epoch import SaveWithinEpochs
from keras_darts.running.within_epoch import from_step
from keras_darts.training.checkpoint import TrainingCheckpoint
from keras_darts.training.run_folder import TrainingRun
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
    guarded=True,
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
        resume_from: Folder of a run to go on with, or `None`.
        guarded: Boolean, whether a loss that is not finite ends the training.
            Defaults to `True`.
        **options: `validation_data`, `steps_per_epoch`, `callbacks`,
            `checkpoint_minutes`, `config` and `vocabulary` of the run, and
            further arguments of `keras.Model.fit`.

    Returns:
        The `keras.callbacks.History`.
    """
    epochs = recipe.epochs if epochs is None else epochs
    epochs = positive_integer("epochs", epochs)
    folders = run_folders(output_dir, resume_from, epochs, kind="network")
    with explained(
        TrainingWatch(folders["output_dir"], network, guarded)
    ) as watch:
        plan, options = _planned(
            recipe, network, batches, own, epochs=epochs, **folders, **options
        )
        history = _fit(network, plan, watch, **options)
        if plan.checkpoint is not None:
            seals.finish(plan.checkpoint.folder)
    return history


def _planned(
    recipe,
    network,
    batches,
    own,
    *,
    epochs,
    steps_per_epoch,
    validation_data,
    output_dir,
    resume_from,
    callbacks=(),
    checkpoint_minutes=10,
    initial_epoch=0,
    config=None,
    vocabulary=None,
    **options,
):
    """The `Plan`, and what is left of the options."""
    non_negative("checkpoint_minutes", checkpoint_minutes)
    callbacks, checkpoint = [*own, *(callbacks or ())], None
    if output_dir is not None:
        if initial_epoch:
            raise ValueError(
                "`initial_epoch` must be left out with `output_dir`, whose "
                "run knows where it goes on. Received: "
                f"initial_epoch={initial_epoch}"
            )
        settings = {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
        config = {**_config(recipe, network, settings), **(config or {})}
        checkpoint = TrainingCheckpoint(
            network, output_dir / "checkpoints", callbacks
        )
        _check_same(output_dir / "config.json", config)
        if resume_from is not None:
            initial_epoch = checkpoint.restore()
        callbacks += [
            TrainingRun(
                output_dir,
                config=config,
                recipe=recipe,
                vocabulary=vocabulary,
                checkpoint=checkpoint,
            ),
            SaveWithinEpochs(checkpoint, checkpoint_minutes, epochs),
        ]
    return Plan(
        batches,
        validation_data=validation_data,
        epochs=epochs,
        divided_epochs=epochs,
        initial_epoch=initial_epoch,
        steps_per_epoch=steps_per_epoch,
        callbacks=callbacks,
        checkpoint=checkpoint,
    ), options


def _fit(network, plan, watch, *, verbose="auto", **options):
    start = plan.initial_epoch
    step = plan.checkpoint.step if plan.checkpoint else 0
    if step or 0 < start < plan.epochs:
        _LOG.info(
            "going on in epoch %d of %d, after %d of %d steps",
            start + 1,
            plan.epochs,
            step,
            plan.steps_per_epoch,
        )
    batches, callbacks = from_step(
        network,
        plan,
        [watch, *plan.callbacks],
        # Where there is nothing left to do, Keras still looks at the data.
        epoch=min(start, plan.epochs - 1),
        step=step,
        verbose=verbose,
    )
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


def _config(recipe, network, settings):
    """What `config.json` says of a training."""
    return {
        "network": {
            "name": type(network).__name__,
            "config": network.get_config(),
        },
        "recipe": recipe.get_config(),
        "fit": settings,
        "precision": network.dtype_policy.name,
        "versions": {
            "keras_darts": __version__,
            "keras": keras.__version__,
            "tensorflow": importlib.metadata.version("tensorflow"),
        },
    }


def _check_same(path, config):
    if path.exists():
        saved = json.loads(path.read_text("utf-8"))
        check_same(_comparable(saved), _comparable(config))


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
