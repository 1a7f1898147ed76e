"""The epochs after those of the user, in which a discretizer decides."""

import keras

from keras_darts.schedules import CosineByEpoch
from keras_darts.search import defaults


@keras.saving.register_keras_serializable(package="keras_darts")
class Consecutive(keras.optimizers.schedules.LearningRateSchedule):
    """One schedule, and after some steps another that begins anew.

    Args:
        first: `LearningRateSchedule`.
        second: `LearningRateSchedule`.
        steps: Integer, those of the first.

    Example:

    >>> high, low = (CosineByEpoch(rate, rate, 1, 1) for rate in (1.0, 0.5))
    >>> [float(Consecutive(high, low, 10)(step)) for step in (9, 10)]
    [1.0, 0.5]
    """

    def __init__(self, first, second, steps):
        super().__init__()
        self.first = first
        self.second = second
        self.steps = steps

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        return keras.ops.where(
            step < self.steps, self.first(step), self.second(step - self.steps)
        )

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            "first": serialize(self.first),
            "second": serialize(self.second),
            "steps": self.steps,
        }

    @classmethod
    def from_config(cls, config):
        deserialize = keras.saving.deserialize_keras_object
        first, second = (deserialize(config[k]) for k in ("first", "second"))
        return cls(first, second, config["steps"])


def extra_epochs(search, epochs):
    """How many epochs follow the `epochs` of the user."""
    rule = search.strategy.discretizer
    if not _decides(rule):
        return 0
    return rule.extra_epochs(search.search_space, epochs)


def schedule(search, epochs, steps_per_epoch):
    """The learning rate of the recipe, and that of the epochs that follow."""
    first = defaults.schedule(search.recipe, epochs, steps_per_epoch)
    more, rule = extra_epochs(search, epochs), search.strategy.discretizer
    if not more:
        return first
    rates = rule.learning_rates(search.recipe)
    second = CosineByEpoch(*rates, more, steps_per_epoch)
    return Consecutive(first, second, epochs * steps_per_epoch)


def callbacks(search):
    """What chooses or decides for the discretizer, where it needs data."""
    rule = search.strategy.discretizer
    if _decides(rule):
        # Nothing is left of an earlier run.
        search.supernet.arch.forget_decisions()
    return [rule.callback()] if hasattr(rule, "callback") else []


def _decides(discretizer):
    return hasattr(discretizer, "extra_epochs")
