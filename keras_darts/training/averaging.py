"""When to average, what to keep, and what to do when training diverges."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

import keras
import tensorflow as tf
from keras import ops

from keras_darts.training.optimizers import CoupledSGD
from keras_darts.utils import private_api

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from keras_darts.utils.typing import Logs

# No training has that many steps.
_NEVER = 2**62


@keras.saving.register_keras_serializable(package="keras_darts")
class AveragedSGD(CoupledSGD):
    """SGD that keeps the mean of all iterates from `start_averaging` on.

    The averages take no part in the updates. Before `start_averaging` they
    are the variables themselves, as the last step left them.

    `torch.optim.ASGD(lr, lambd=0, t0=0)`, which DARTS switches to, differs in
    two ways. Its mean leaves out the first iterate: after n > 1 steps it is
    that of the steps 2 to n, here it is that of the steps 1 to n. And it
    applies a new learning rate one step late.

    Its arguments are those of `keras.optimizers.SGD`.

    Example:

    >>> weight = keras.Variable([1.0])
    >>> optimizer = AveragedSGD(0.5)
    >>> optimizer.start_averaging()
    >>> optimizer.apply([np.ones(1)], [weight])  # to 0.5
    >>> optimizer.apply([np.ones(1)], [weight])  # to 0.0
    >>> float(optimizer.averages[0][0])
    0.25
    >>> optimizer.swap()
    >>> float(weight[0])
    0.25

    Reference: Polyak and Juditsky, 1992, Acceleration of stochastic
    approximation by averaging; Merity et al., 2018, section 3.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The step from which on iterates are averaged.
        self._start = self.add_variable(
            shape=(),
            initializer=keras.initializers.Constant(_NEVER),
            dtype="int64",
            aggregation="only_first_replica",
            name="averaging_start",
        )
        self.averages: list[keras.Variable] = []

    def build(self, variables: Sequence[keras.Variable]) -> None:
        if self.built:
            return
        super().build(variables)
        self.averages = self.add_optimizer_variables(variables, "average")

    @property
    def averaging(self) -> bool:
        """Whether `start_averaging` was called."""
        return int(self._start) != _NEVER

    def start_averaging(self) -> None:
        """The next step's iterate is the first of the mean."""
        self._start.assign(ops.cast(self.iterations, "int64"))

    def swap(self) -> None:
        """Exchanges the variables and their averages."""
        for variable, average in self._pairs():
            value = tf.identity(variable.value)
            variable.assign(average)
            average.assign(value)

    def take_averages(self) -> None:
        """The variables become their averages."""
        for variable, average in self._pairs():
            variable.assign(average)

    def update_step(
        self,
        gradient: tf.Tensor,
        variable: keras.Variable,
        learning_rate: tf.Tensor,
    ) -> None:
        super().update_step(gradient, variable, learning_rate)
        average = self.averages[private_api.variable_index(self, variable)]
        count = ops.cast(self.iterations, "int64") - self._start + 1
        # One and not zero while nothing is averaged: no second case.
        share = 1 / ops.cast(ops.maximum(count, 1), variable.dtype)
        self.assign_add(average, (variable - average) * share)

    def _pairs(self):
        if not self.built:
            raise ValueError(
                "There are averages once the optimizer is built. Received: "
                f"{self.name}, which has no variables yet"
            )
        return zip(
            private_api.optimized_variables(self), self.averages, strict=True
        )


_LOG = logging.getLogger("keras_darts")


class NonMonotonicTrigger(keras.callbacks.Callback):
    """Turns averaging on when validation stalls, and keeps the best state.

    A check is an epoch with a validation. When its loss is above the best of
    all earlier checks but the last `patience`, and there are more than
    `patience` earlier ones, `AveragedSGD.start_averaging` is called. From then
    on `fit` validates the averages.

    At the end of training the weights are those of the best check: the
    averages, if they were what was validated. Keras does not call its
    callbacks after an exception, a `KeyboardInterrupt` among them; call
    `restore_best` yourself then.

    When the loss of a training batch or of a check is not finite, weights and
    optimizer go back to the best check, or to how they were before training;
    carried states are zeroed, and training continues. The rows of the history
    then tell of the batches since.

    The history gets a column `averaging`: 1 where the averages were validated,
    else 0.

    Args:
        patience: Integer, the last checks that are not looked at. Defaults to
            `5`.
        monitor: String, the column of the history. Defaults to `"val_loss"`.
        max_rollbacks: Integer, how often to go back to the same state before
            training stops. Defaults to `5`.

    Raises:
        TypeError: when training begins, if the optimizer is not `AveragedSGD`.
        ValueError: then too, if the model has no weights yet.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile(AveragedSGD(0.01), "mse")
    >>> x, y = np.eye(2), np.ones((2, 1))
    >>> history = model.fit(
    ...     x, y, epochs=2, validation_data=(x, y), verbose=0,
    ...     callbacks=[NonMonotonicTrigger()],
    ... )
    >>> history.history["averaging"]
    [0, 0]

    Reference: Merity et al., 2018, Regularizing and optimizing LSTM language
    models, algorithm 1.
    """

    added_logs: tuple[str, ...] = ("averaging",)

    def __init__(
        self,
        patience: int = 5,
        monitor: str = "val_loss",
        max_rollbacks: int = 5,
    ) -> None:
        super().__init__()
        for name, value in (
            ("patience", patience),
            ("max_rollbacks", max_rollbacks),
        ):
            if value < 1:
                raise ValueError(
                    f"`{name}` must be at least 1. Received: {name}={value}"
                )
        self.patience = patience
        self.monitor = monitor
        self.max_rollbacks = max_rollbacks
        self._state = self._resumed = None

    @property
    def optimizer(self) -> Any:
        """The `AveragedSGD`, also where Keras scales the loss around it."""
        optimizer = self.model.optimizer
        return getattr(optimizer, "inner_optimizer", optimizer)

    def on_train_begin(self, logs: Logs = None) -> None:
        self._check()
        if not self.model.optimizer.built:
            self.model.optimizer.build(self.model.trainable_variables)
        self.best: float = math.inf
        self._earlier = []
        self._rollbacks = 0
        self._swapped = False
        self._state = self._current_state()
        if self._resumed is not None:
            self.best = self._resumed["best"]
            self._earlier = self._resumed["earlier"]
            self._rollbacks = self._resumed["rollbacks"]
            self._state, self._resumed = self._resumed["best_state"], None

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._undone = False

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._undone = False
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            self._roll_back(f"the loss of a training batch is {loss}")

    def on_test_begin(self, logs: Logs = None) -> None:
        if self.optimizer.averaging:
            self.optimizer.swap()
            self._swapped = True

    def on_test_end(self, logs: Logs = None) -> None:
        if self._swapped:
            self.optimizer.swap()
            self._swapped = False

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        logs = {} if logs is None else logs
        if self._undone:
            # Keras has zero for the mean of nothing.
            nothing = {n for n in logs if not n.startswith("val_")}
            logs.update(dict.fromkeys(nothing, math.nan))
        logs["averaging"] = int(self.optimizer.averaging)
        if self.monitor in logs:
            self._after_check(float(logs[self.monitor]))

    def on_train_end(self, logs: Logs = None) -> None:
        if not self._earlier:
            _LOG.warning(
                "Nothing was averaged and no best state kept: the history "
                "has no finite `%s`",
                self.monitor,
            )
            return
        self.restore_best()
        _LOG.info(
            "the weights are those of the best of %d checks, `%s`: %.4g",
            len(self._earlier),
            self.monitor,
            self.best,
        )

    def restore_best(self) -> None:
        """Gives the model the weights of the best check.

        `fit` ends with it. After a training that was interrupted it is for
        you to call; before the first check it returns the first weights.
        """
        if self._state is None:
            return
        self._restore()
        if self.optimizer.averaging:
            self.optimizer.take_averages()

    def get_state(self) -> dict[str, Any]:
        """What a run must remember."""
        return {
            "best": self.best,
            "earlier": self._earlier,
            "rollbacks": self._rollbacks,
            "best_state": self._state,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes over what `get_state` gave, once training begins."""
        self._resumed = state

    def _after_check(self, loss):
        if not math.isfinite(loss):
            self._roll_back(f"`{self.monitor}` is {loss}")
            return
        if loss < self.best:
            self.best = loss
            self._rollbacks = 0
            self._state = self._current_state()
        reference = self._earlier[: -self.patience]
        if not self.optimizer.averaging and loss > min(
            reference, default=math.inf
        ):
            self.optimizer.start_averaging()
            _LOG.info("Averaging starts: validation has stalled")
        self._earlier.append(loss)

    def _roll_back(self, reason):
        if self.model.stop_training:
            return
        self._rollbacks += 1
        self._restore()
        self.model.reset_metrics()
        self._undone = True
        _LOG.warning("Back to the best state, since %s", reason)
        if self._rollbacks == self.max_rollbacks:
            self.model.stop_training = True
            _LOG.error(
                "Training stops: it diverged %d times from the same state. A "
                "smaller learning rate or clipping norm may help",
                self._rollbacks,
            )

    def _variables(self):
        return [
            *self.model.trainable_variables,
            *self.model.optimizer.variables,
        ]

    def _current_state(self):
        return [variable.numpy() for variable in self._variables()]

    def _restore(self):
        for variable, value in zip(self._variables(), self._state, strict=True):
            variable.assign(value)
        self._swapped = False

    def _check(self):
        if not isinstance(self.optimizer, AveragedSGD):
            raise TypeError(
                "NonMonotonicTrigger needs a model compiled with "
                "AveragedSGD. Received: an optimizer of type "
                f"{type(self.optimizer).__name__}"
            )
        if not self.model.trainable_variables:
            raise ValueError(
                "NonMonotonicTrigger needs a model that is built. Received: "
                f"{self.model.name}, which has no trainable variables yet"
            )
