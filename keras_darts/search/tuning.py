"""The epochs after those of the user, in which a discretizer decides."""

import keras

from keras_darts.schedules import CosineByEpoch
from keras_darts.search import defaults
from keras_darts.search.trials import Trials


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


def extra_epochs(search):
    """How many epochs follow those of the user."""
    rule = search.strategy.discretizer
    return rule.extra_epochs(search.search_space) if _decides(rule) else 0


def schedule(search, epochs, steps_per_epoch):
    """The learning rate of the recipe, and that of the epochs that follow."""
    first = defaults.schedule(search.recipe, epochs, steps_per_epoch)
    more, rule = extra_epochs(search), search.strategy.discretizer
    if not more:
        return first
    rates = rule.learning_rates(search.recipe)
    second = CosineByEpoch(*rates, more, steps_per_epoch)
    return Consecutive(first, second, epochs * steps_per_epoch)


def callbacks(search, batches, steps_per_epoch):
    """What decides in the epochs that follow.

    Args:
        search: `DartsSearch`.
        batches: Function of an epoch, gives pairs of batches from it on.
        steps_per_epoch: Integer.
    """
    if not _decides(search.strategy.discretizer):
        return []

    def search_batches(epoch, count):
        pairs = batches(epoch).take(count or steps_per_epoch)
        return pairs.map(lambda train_batch, search_batch: search_batch)

    # Nothing is left of an earlier run.
    search.supernet.arch.forget_decisions()
    trials = Trials(search, search_batches)
    return [search.strategy.discretizer.callback(trials)]


def _decides(discretizer):
    return hasattr(discretizer, "extra_epochs")
