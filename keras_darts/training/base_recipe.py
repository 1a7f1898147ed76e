"""What all recipes have in common."""

import dataclasses

import keras

from keras_darts.devices import check_batch_size
from keras_darts.errors import positive_integer
from keras_darts.training.synchronization import synchronize

_COUNTS = ("epochs", "batch_size", "segment_length", "eval_batch_size")


class BaseRecipe:
    """Base of the dataclasses that say how to train, with an `optimizer`."""

    sync_batch_norm = False

    def __post_init__(self):
        for field in dataclasses.fields(self):
            if field.name in _COUNTS:
                positive_integer(field.name, getattr(self, field.name))

    def new_optimizer(self):
        """A fresh copy of the optimizer, for one network."""
        return type(self.optimizer).from_config(self.optimizer.get_config())

    def _compile(self, network, **losses_and_metrics):
        check_batch_size(self.batch_size, network.distribute_strategy)
        synchronize(network, self.sync_batch_norm)
        with network.distribute_strategy.scope():
            network.compile(
                optimizer=self.new_optimizer(), **losses_and_metrics
            )
            # Variables that the first step had to make would have it traced
            # twice.
            network.optimizer.build(network.trainable_variables)
        network.optimizer.made_by_recipe = True

    def get_config(self):
        """Plain values that say everything there is to know."""
        config = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name != "make"
        }
        # Runs from before there was a choice go on.
        if not self.sync_batch_norm:
            config.pop("sync_batch_norm", None)
        if self.optimizer is not None:
            config["optimizer"] = keras.optimizers.serialize(self.optimizer)
        return config


def compiled_by_recipe(network):
    """Whether a recipe compiled the network last, and not its user."""
    return getattr(network.optimizer, "made_by_recipe", False)
