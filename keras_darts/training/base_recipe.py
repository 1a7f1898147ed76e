"""What all recipes have in common."""

import dataclasses
import numbers

import keras

_COUNTS = ("epochs", "batch_size", "segment_length", "eval_batch_size")


class BaseRecipe:
    """Base of the dataclasses that say how to train, with an `optimizer`."""

    def __post_init__(self):
        for field in dataclasses.fields(self):
            if field.name in _COUNTS:
                check_count(field.name, getattr(self, field.name))

    def new_optimizer(self):
        """A fresh copy of the optimizer, for one network."""
        return type(self.optimizer).from_config(self.optimizer.get_config())

    def model_to_keep(self, network):
        """What a run saves of a network: here, the network itself."""
        return network

    def get_config(self):
        """Plain values that say everything there is to know."""
        config = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
        }
        config["optimizer"] = keras.optimizers.serialize(self.optimizer)
        return config


def check_count(name, number):
    """Refuses what is no positive integer."""
    if not isinstance(number, numbers.Integral) or number < 1:
        raise ValueError(
            f"`{name}` must be a positive integer. Received: {name}={number!r}"
        )
