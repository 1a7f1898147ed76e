"""Numbers that change on the way, by the step or by the epoch."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.schedules.epoch_schedules import Cosine
from keras_darts.schedules.epoch_schedules import DropoutDecay
from keras_darts.schedules.epoch_schedules import EpochSchedule
from keras_darts.schedules.epoch_schedules import Linear
from keras_darts.schedules.epoch_schedules import Piecewise
from keras_darts.schedules.epoch_schedules import checked_span
from keras_darts.schedules.epoch_schedules import epochs_of
from keras_darts.schedules.learning_rates import EpochCosineDecay
from keras_darts.schedules.learning_rates import EpochExponentialDecay
from keras_darts.schedules.learning_rates import SettableRate
from keras_darts.schedules.learning_rates import hand_over_rate
from keras_darts.schedules.learning_rates import make_settable
from keras_darts.schedules.learning_rates import scaled_learning_rate
from keras_darts.schedules.learning_rates import set_rates

__all__ = [
    "Cosine",
    "EpochCosineDecay",
    "DropoutDecay",
    "EpochSchedule",
    "EpochExponentialDecay",
    "Linear",
    "Piecewise",
    "SettableRate",
    "checked_span",
    "epochs_of",
    "hand_over_rate",
    "make_settable",
    "scaled_learning_rate",
    "set_rates",
]
