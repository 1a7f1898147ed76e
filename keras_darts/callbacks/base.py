"""Base classes of the callbacks of a search."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import keras
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from collections.abc import Mapping
    from typing import Any
    from typing import Self

    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Logs


def search_callbacks(
    callbacks: Iterable[SearchCallback],
) -> tuple[SearchCallback, ...]:
    """The callbacks of a strategy as a tuple.

    Raises:
        TypeError: for one that is no `SearchCallback`.
    """
    for callback in callbacks:
        if not isinstance(callback, SearchCallback):
            raise TypeError(
                "`callbacks` of a strategy must be objects of a subclass of "
                "kd.callbacks.SearchCallback, whose state a run remembers; "
                "`fit` takes others. Received: "
                f"{callback!r} of type {type(callback).__name__}"
            )
    return tuple(callbacks)


def serialized(callbacks: Iterable[SearchCallback]) -> list[Config]:
    """The configs of callbacks that are registered with Keras."""
    return [keras.saving.serialize_keras_object(c) for c in callbacks]


def with_callbacks(config: Mapping[str, Any]) -> Config:
    """A config whose `callbacks`, if there are any, are objects again."""
    configs = config.get("callbacks", ())
    objects = [keras.saving.deserialize_keras_object(c) for c in configs]
    return {**config, "callbacks": objects}


class SearchCallback(keras.callbacks.Callback):
    """Abstract: a callback with a config, whose state a run remembers.

    `DartsSearch.fit` calls `reset` before a run begins, and keeps `get_state()`
    in each checkpoint, so that `set_state` finds it when the run is resumed
    or rolled back. A callback holds no variables before it has a model, since
    strategies are copied with their callbacks.

    Attributes:
        stop_reason: String, why the callback has ended the search, or `None`.
        roll_back_to: Integer, the epoch after whose end `fit` shall begin
            again, or `None`. It is set together with `model.stop_training`.
        history_epochs: Integer, of how many epochs, the present one included,
            checkpoints must be there for that. Defaults to `0`.
        added_logs: Tuple of strings, what it adds to the logs of an epoch.
            Defaults to none.
        ends_search: Boolean, whether it may end a search before its last
            epoch. Defaults to `False`.
        second_derivatives: Boolean, whether it differentiates gradients in
            the alphas, whose bits differ from run to run. Defaults to `False`.

    Example:

    >>> class Count(SearchCallback):
    ...     def reset(self):
    ...         self.epochs = 0
    ...
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         self.epochs += 1
    ...
    ...     def get_state(self):
    ...         return {"epochs": self.epochs}
    ...
    ...     def set_state(self, state):
    ...         self.epochs = state["epochs"]
    >>> Count().get_state()
    {'epochs': 0}
    """

    stop_reason: str | None = None
    roll_back_to: int | None = None
    history_epochs = 0
    added_logs: tuple[str, ...] = ()
    ends_search = False
    second_derivatives = False

    def __init__(self) -> None:
        super().__init__()
        self.reset()

    @property
    def run_epochs(self) -> int:
        """The epochs of the run, or of the stage, that the user asked for.

        Those in which a discretizer decides come after them.
        """
        return self.params["epochs"] - self.model.extra_epochs

    def reset(self) -> None:
        """Forgets an earlier run."""

    def arch_steps(self, epochs: int, steps_per_epoch: int) -> int:
        """In how many steps of a run the callback lets the alphas move.

        Args:
            epochs: Integer, of the run or of the stage.
            steps_per_epoch: Integer.
        """
        return epochs * steps_per_epoch

    def get_state(self) -> dict[str, Any]:
        """What a run must remember, as plain data."""
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes over what `state` gave."""

    def roll_back(self, restore: Callable[[int], None]) -> None:
        """Goes back to `roll_back_to`, and changes what shall be different.

        Args:
            restore: Function of a number of epochs; restores the search and
                all callbacks as they were after so many.
        """
        restore(self.roll_back_to + 1)

    def check_strategy(self, strategy: Any) -> None:
        """Raises a `ValueError` for pieces that can't go with this one.

        Args:
            strategy: `SearchStrategy` of which it is a piece.
        """
        relaxation, name = strategy.relaxation, type(self).__name__
        if self.second_derivatives and relaxation.samples_architectures:
            raise ValueError(
                f"`callbacks` must go without {name} for "
                f"{type(relaxation).__name__}: the loss of what was drawn "
                "doesn't bend in the alphas. Received: "
                f"callbacks={list(strategy.callbacks)}"
            )

    def get_config(self) -> Config:
        return {}

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**config)


_LOG = logging.getLogger("keras_darts")


class ArchitectureEarlyStopping(SearchCallback):
    """Abstract: stops a search, and says why and what is returned.

    A subclass calls `remember` at the end of epochs whose architecture may be
    asked for, and `stop` when its criterion is met. When the training ends,
    the alphas and betas of the returned epoch are put back, so that
    `search.genotype()`, `genotype.json` and the drawn cells are those of that
    epoch; the weights stay. If several guards stand together, the first that
    stops the search decides. Epochs are counted from zero, as in history.csv.

    Attributes:
        stop_reason: String, also `search.stop_reason`; `None` as long as the
            search continues.
        restored_epoch: Integer, or `None`.
        architectures: Dictionary from epochs to arrays, what is remembered.

    Example:

    >>> kd.callbacks.StopOnSkipConnects().stop_reason is None
    True
    """

    ends_search = True

    def reset(self) -> None:
        self.stop_reason = self.restored_epoch = None
        self.architectures: dict[int, list[np.ndarray]] = {}

    def remember(self, epoch: int, epochs: int = 1) -> None:
        """Keeps the architecture of this epoch and of those shortly before.

        Args:
            epoch: Integer, the present one.
            epochs: Integer, how far back what is kept may lie.
        """
        self.architectures[epoch] = [
            np.array(v.numpy()) for v in self.model.arch_variables
        ]
        self.architectures = {
            e: values
            for e, values in self.architectures.items()
            if epoch - epochs <= e <= epoch
        }

    def stop(self, epoch: int, restored_epoch: int, reason: str) -> None:
        """Ends the search after this epoch; another guard's stop goes first."""
        if self.model.stop_reason is not None:
            return
        self.restored_epoch: int | None = restored_epoch
        self.stop_reason = self.model.stop_reason = (
            f"{reason}: stopped after epoch {epoch}, with the architecture of "
            f"epoch {restored_epoch} (counted from 0)"
        )
        self.model.stop_training = True
        _LOG.warning("%s", self.stop_reason)

    def on_train_begin(self, logs: Logs = None) -> None:
        if self.stop_reason is not None:
            self.model.stop_reason = self.stop_reason

    def on_train_end(self, logs: Logs = None) -> None:
        if self.stop_reason is None:
            return
        values = self.architectures[self.restored_epoch]
        for variable, value in zip(
            self.model.arch_variables, values, strict=True
        ):
            variable.assign(value)

    def get_state(self) -> dict[str, Any]:
        return {
            "stop_reason": self.stop_reason,
            "restored_epoch": self.restored_epoch,
            "architectures": {
                epoch: [value.tolist() for value in values]
                for epoch, values in self.architectures.items()
            },
        }

    def set_state(self, state: dict[str, Any]) -> None:
        self.stop_reason = state["stop_reason"]
        self.restored_epoch = state["restored_epoch"]
        # JSON has made strings of the epochs.
        self.architectures = {
            int(epoch): [np.array(value) for value in values]
            for epoch, values in state["architectures"].items()
        }


def stateful_callbacks(callbacks: Iterable[Any]) -> list[SearchCallback]:
    """Those of the callbacks that a run has to remember the state of."""
    return [c for c in callbacks if isinstance(c, SearchCallback)]
