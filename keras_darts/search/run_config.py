"""The settings of a run, as `config.json` keeps them."""

import importlib.metadata
import json

import keras

from keras_darts.datasets import augmentation as augmentations
from keras_darts.version import __version__

# Settings with which a run goes on as it would have with others: a longer
# one, or one for less memory.
_FREE = ("epochs", "name", "rematerialize")


def run_config(search, data, *, epochs, augment, steps):
    """What `config.json` says of a run."""
    settings = {
        "batch_size": data.batch_size,
        "steps_per_epoch": steps,
        "data": data.description,
        "augmentation": augment and augmentations.serialize(augment),
        "epochs": epochs,
    }
    if search.accumulation_steps > 1:
        settings["accumulation_steps"] = search.accumulation_steps
    if search.stages:
        # None can be made longer without a change of the ones that follow.
        settings["stage_epochs"] = epochs
    return {
        "search": search.get_config(),
        "task": {
            "kind": search.task.kind,
            "num_outputs": search.task.num_outputs,
        },
        **search.modality.config(),
        "fit": settings,
        "optimizer": keras.optimizers.serialize(search.optimizer),
        "arch_optimizer": keras.optimizers.serialize(search.arch_optimizer),
        "versions": {
            "keras_darts": __version__,
            "keras": keras.__version__,
            "tensorflow": importlib.metadata.version("tensorflow"),
        },
    }


def check_same(saved, present):
    """A run goes on only with the settings it began with."""
    saved, present = (_comparable(config) for config in (saved, present))
    different = [
        f"{name}: {saved.get(name)!r} in the run, {present.get(name)!r} now"
        for name in sorted({*saved, *present})
        if saved.get(name) != present.get(name)
    ]
    if different:
        raise ValueError(
            "`resume_from`, or an unfinished run in `output_dir`, must be a "
            "run of the same configuration. "
            f"Received: {'; '.join(different)}"
        )


def check_epochs(path, epochs):
    """A run that goes on by itself has the length that it began with.

    Args:
        path: Path of its `config.json`, which may be missing.
        epochs: Integer, what is asked for now.
    """
    settings = json.loads(path.read_text())["fit"] if path.exists() else {}
    began = settings.get("epochs", epochs)
    # In stages those of the whole run stand elsewhere.
    if "stage_epochs" not in settings and began != epochs:
        raise ValueError(
            "`epochs` must be that of the unfinished run in `output_dir`; by "
            f"`resume_from` a run is made longer. Received: epochs={epochs}, "
            f"{began} in the run"
        )


def _comparable(config):
    config = json.loads(json.dumps(config))
    settings = {
        "dtype": "float32",
        **config["search"],
        **config["fit"],
        "task": config["task"],
    }
    return {k: v for k, v in settings.items() if k not in _FREE}
