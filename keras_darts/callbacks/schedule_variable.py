"""A number of the search that changes from epoch to epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
from keras import ops

from keras_darts.callbacks.base import SearchCallback
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Logs


@keras.saving.register_keras_serializable(package="keras_darts")
class ScheduleVariable(SearchCallback):
    """Sets a variable at the start of each epoch.

    Nothing is traced again, and a resumed run continues with the value of its
    epoch.

    Args:
        name: String, the name of a non-trainable variable of the search, such
            as `"temperature"` of a relaxation or `"beta_decay_weight"` of a
            regularizer. Where variables of several layers have this name, or
            one that ends with it after an underscore, all are set.
        schedule: Function of an epoch, counted from zero, and the epochs of
            the run; from `kd.schedules`, `Linear`, `Cosine` or `Piecewise`.

    Raises:
        TypeError: if `schedule` can't be called.
        ValueError: when the training begins, if no variable has that name.

    Example:

    >>> schedule = kd.schedules.Linear(10.0, 0.1)
    >>> strategy = kd.SearchStrategy(
    ...     callbacks=[kd.callbacks.ScheduleVariable("temperature", schedule)]
    ... )
    >>> strategy.callbacks[0].schedule(0, epochs=250)
    10.0
    """

    def __init__(
        self, name: str, schedule: Callable[[int, int], float]
    ) -> None:
        super().__init__()
        if not callable(schedule):
            raise TypeError(
                "`schedule` must be a function of an epoch and the epochs of "
                f"the run. Received: schedule={schedule!r}"
            )
        self.name = name
        self.schedule = schedule

    def on_train_begin(self, logs: Logs = None) -> None:
        if not self._variables():
            names = {v.name for v in self._candidates()}
            raise unknown_name("name", self.name, names)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        # Not in the epochs in which a discretizer decides: the last value
        # stays.
        epochs = self.params["epochs"] - self.model.extra_epochs
        value = self.schedule(min(epoch, epochs), epochs)
        for variable in self._variables():
            variable.assign(ops.full(variable.shape, value, variable.dtype))

    def get_config(self) -> Config:
        schedule = keras.saving.serialize_keras_object(self.schedule)
        return {"name": self.name, "schedule": schedule}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        schedule = keras.saving.deserialize_keras_object(config["schedule"])
        return cls(config["name"], schedule)

    def _candidates(self):
        terms = self.model.strategy.regularizers
        variables = [
            *self.model.supernet.non_trainable_variables,
            *(v for term in terms for v in term.variables),
        ]
        return [v for v in variables if v.dtype.startswith("float")]

    def _variables(self):
        return [
            v
            for v in self._candidates()
            if v.name == self.name or v.name.endswith(f"_{self.name}")
        ]
