"""The settings of a run, as `config.json` keeps them."""

import importlib.metadata
import json

import keras

from keras_darts.datasets import augmentation as augmentations
from keras_darts.version import __version__

# Settings with which a run goes on as it would have with others: a longer
# one, or one for less memory.
_FREE = ("epochs", "name", "rematerialize")


def run_config(search, data, *, epochs, augment, steps, pace):
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
    if pace is not None and pace.as_published:
        settings["published_rates"] = True
    if search.stages:
        # None can be made longer without a change of the ones that follow.
        settings["stage_epochs"] = epochs
    return {
        "search": search.get_config(),
        "task": {
            "kind": search.task.kind,
            "num_outputs": search.task.num_outputs,
            "description": search.task.description,
        },
        **search.modality.config(),
        "fit": settings,
        "strategy": search.strategy_in_words(),
        "alphas": pace and pace.get_config(),
        "optimizer": keras.optimizers.serialize(search.optimizer),
        "arch_optimizer": keras.optimizers.serialize(search.arch_optimizer),
        "versions": {
            "keras_darts": __version__,
            "keras": keras.__version__,
            "tensorflow": importlib.metadata.version("tensorflow"),
        },
    }


def comparable(config):
    """The settings with which a run goes on only as it began."""
    config = json.loads(json.dumps(config))
    # Not in which words the labels were read.
    task = {k: v for k, v in config["task"].items() if k != "description"}
    settings = {
        "dtype": "float32",
        **config["search"],
        **config["fit"],
        "task": task,
    }
    return {k: v for k, v in settings.items() if k not in _FREE}
