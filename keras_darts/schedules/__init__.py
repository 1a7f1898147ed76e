"""Numbers that change on the way, by the step or by the epoch."""

from keras_darts import surroundings  # noqa: F401
from keras_darts.schedules.by_epoch import Cosine
from keras_darts.schedules.by_epoch import DropoutDecay
from keras_darts.schedules.by_epoch import EpochSchedule
from keras_darts.schedules.by_epoch import Linear
from keras_darts.schedules.by_epoch import Piecewise
from keras_darts.schedules.by_step import CosineByEpoch
from keras_darts.schedules.by_step import ExponentialByEpoch
from keras_darts.schedules.by_step import scaled_learning_rate
from keras_darts.schedules.settable import SettableRate
from keras_darts.schedules.settable import hand_over_rate
from keras_darts.schedules.settable import make_settable
from keras_darts.schedules.settable import set_rates
from keras_darts.schedules.spans import checked_span
from keras_darts.schedules.spans import epochs_of

__all__ = [
    "Cosine",
    "CosineByEpoch",
    "DropoutDecay",
    "EpochSchedule",
    "ExponentialByEpoch",
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
