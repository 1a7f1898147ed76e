"""The stopping criterion of Robust DARTS, and its way back."""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING

import keras
import numpy as np

from keras_darts.callbacks.base import ArchitectureEarlyStopping
from keras_darts.schedules import checked_span
from keras_darts.schedules import epochs_of
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.utils.typing import Config
    from keras_darts.utils.typing import Logs


@dataclasses.dataclass(frozen=True)
class EigenvalueWindow:
    """Means of measurements around epochs, and how they grow.

    Args:
        every: Integer, epochs from one measurement to the next.
        window: Integer, odd, measurements of a mean; of fewer at the start of
            the search, since none lies before it.
        delta: Integer, measurements from one mean to the other.

    Raises:
        ValueError: if `window` is even, which has no centre.

    Example:

    >>> window = EigenvalueWindow(every=2, window=5, delta=4)
    >>> window.reach
    12
    >>> window.ratio({epoch: 1.1**epoch for epoch in range(0, 23, 2)}, 22)
    2.143...

    Reference: Zela et al., 2020, Understanding and robustifying
    differentiable architecture search, section 4.3, with the constants of the
    published code.
    """

    every: int
    window: int
    delta: int

    def __post_init__(self) -> None:
        if self.window % 2 == 0:
            raise ValueError(
                f"`window` must be odd. Received: window={self.window}"
            )

    @property
    def reach(self) -> int:
        """How many epochs ago the earlier mean is centred."""
        return self.every * (self.window // 2 + self.delta)

    def ratio(self, values: Mapping[int, float], epoch: int) -> float | None:
        """The newest mean that a measurement at `epoch` completes, divided by
        the earlier one; `None` where that is not known or not positive.

        Args:
            values: Dictionary from epochs to eigenvalues.
            epoch: Integer, a multiple of `every`.
        """
        newest = self._mean(values, epoch - self.every * (self.window // 2))
        earlier = self._mean(values, epoch - self.reach)
        if newest is None or earlier is None or not earlier > 0:
            return None
        return newest / earlier

    def _mean(self, values, centre):
        half = self.window // 2
        epochs = [centre + self.every * k for k in range(-half, half + 1)]
        window = [values[epoch] for epoch in epochs if epoch in values]
        return float(np.mean(window)) if len(window) > half else None


_LOG = logging.getLogger("keras_darts")
_MODES = ("stop", "adapt")
# The epochs of the published searches.
_PUBLISHED = 50


@keras.saving.register_keras_serializable(package="keras_darts")
class StopOnEigenvalue(ArchitectureEarlyStopping):
    """Watches the curvature of the search loss in the architecture.

    A search runs into sharp minima before its cells collapse. Every `every`
    epochs, and at the last one, the largest eigenvalue of the Hessian of the
    search loss in the alphas (and betas) is measured on one batch of the
    search part, in training mode, with the weight decay of the architecture's
    optimizer. Its mean over a window of measurements, centred `every *
    (window // 2)` epochs ago, is compared with the mean `delta` measurements
    before; the criterion is met when the ratio exceeds `factor`. By default,
    in a run of 50 epochs, at epoch e the mean around e - 4 is compared with
    that around e - 12, first at epoch 22, and the architecture is that of
    epoch e - 12. In shorter and longer runs all of this is in proportion: the
    same number of measurements, as long as there is an epoch for each. A run
    of 9 epochs or less is too short for the comparison, and is warned of.

    With `mode="stop"` the search then ends: R-DARTS' early stopping. With
    `mode="adapt"` the search goes back to epoch e - 12 with all its variables,
    the weight decay of the weights is multiplied, and training continues from
    there to the last epoch, maybe more than once: R-DARTS' adaptive
    regularisation. When the decay can grow no more, the criterion is left
    alone. What was measured on the abandoned way is forgotten; the original
    means to, but keeps it by an oversight.

    The log `eigenvalue` is the one measured last.

    Args:
        mode: `"stop"` or `"adapt"`. Defaults to `"stop"`.
        every: Integer > 0, epochs from one measurement to the next; or float
            in [0, 1), their share of the run's epochs, which is one epoch at
            least. Defaults to `0.04`: 2 of 50.
        window: Integer, odd, measurements of which the mean is taken. Defaults
            to `5`.
        delta: Integer, measurements between the two means. Defaults to `4`.
        factor: Float > 1. Defaults to `1.3`.
        start_epoch: Integer, the first epoch that may be returned; or float
            in [0, 1), as a share of the run's epochs. Defaults to `0.2`: 10 of
            50.
        extra_epochs: Integer, how much further back `"adapt"` goes. Defaults
            to `0`.
        decay_factor: Float > 1, what the weight decay is multiplied by.
            Defaults to `3.0`.
        max_weight_decay: Float, what it never exceeds. Defaults to `0.0243`.

    Attributes:
        eigenvalues: Dictionary from epochs to what was measured.
        weight_decay: Float, the present one of the weights' optimizer.

    Raises:
        ValueError: for an unknown mode or numbers out of range, and when the
            training begins, for `"adapt"` without a weight decay to multiply.

    Example:

    >>> strategy = kd.SearchStrategy(
    ...     callbacks=[kd.callbacks.StopOnEigenvalue(mode="adapt")]
    ... )
    >>> strategy.callbacks[0].history_epochs
    14

    Reference: Zela et al., 2020, Understanding and robustifying
    differentiable architecture search, sections 4.3 and 5.
    """

    roll_back_to: int | None

    weight_decay: float | None

    added_logs = ("eigenvalue",)
    second_derivatives = True

    def __init__(
        self,
        mode: str = "stop",
        *,
        every: float = 0.04,
        window: int = 5,
        delta: int = 4,
        factor: float = 1.3,
        start_epoch: float = 0.2,
        extra_epochs: int = 0,
        decay_factor: float = 3.0,
        max_weight_decay: float = 0.0243,
    ) -> None:
        super().__init__()
        if mode not in _MODES:
            raise unknown_name("mode", mode, _MODES)
        for name, value in (
            ("factor", factor),
            ("decay_factor", decay_factor),
        ):
            if not value > 1:
                raise ValueError(
                    f"`{name}` must be above 1. Received: {name}={value}"
                )
        self.mode = mode
        self.every: float = checked_span("every", every, least=1)
        self.window: int = positive_integer("window", window)
        self.delta: int = positive_integer("delta", delta)
        self.factor = factor
        self.start_epoch: float = checked_span("start_epoch", start_epoch)
        self.extra_epochs = extra_epochs
        self.decay_factor = decay_factor
        self.max_weight_decay = max_weight_decay
        # A window that has no centre raises here.
        self._course_of(_PUBLISHED)

    def reset(self) -> None:
        super().reset()
        self.eigenvalues: dict[int, float] = {}
        self.weight_decay = self.roll_back_to = None

    @property
    def history_epochs(self) -> int:
        if self.mode == "stop":
            return 0
        # As for a published run where none is known yet.
        epochs = self.run_epochs if self.params else _PUBLISHED
        return self._course_of(epochs).reach + self.extra_epochs + 2

    def on_train_begin(self, logs: Logs = None) -> None:
        super().on_train_begin(logs)
        self._course = self._course_of(self.run_epochs)
        self._start = epochs_of(self.start_epoch, self.run_epochs)
        first = self._start + self._course.reach
        if self.run_epochs <= first + 1:
            _LOG.warning(
                "StopOnEigenvalue can't compare before epoch %d (counted from "
                "0), which a run of %d epochs does not come to: it only "
                "measures",
                first,
                self.run_epochs,
            )
        if self.mode == "stop":
            return
        decay = self.model.optimizer.weight_decay
        if not decay:
            raise ValueError(
                "`optimizer` must have a weight decay that can be multiplied. "
                f"Received: weight_decay={decay}"
            )
        if self.weight_decay is None:
            self.weight_decay = decay
        if decay != self.weight_decay:
            self.model.optimizer.weight_decay = self.weight_decay
            self.model.renew_steps()

    def on_epoch_end(
        self, epoch: int, logs: dict[str, Any] | None = None
    ) -> None:
        last = epoch == self.params["epochs"] - 1
        due = epoch % self._course.every == 0 or last or not self.eigenvalues
        if due:
            batch = self.model.valid_batch(epoch)
            value = self.model.architecture_eigenvalue(batch)
            self.eigenvalues[epoch] = value
            self.remember(epoch, self._course.reach)
        if logs is not None:
            logs["eigenvalue"] = self.eigenvalues[max(self.eigenvalues)]
        if due and not last:
            self._consider(epoch)

    def roll_back(self, restore: Callable[[int], None]) -> None:
        decay = self.weight_decay * self.decay_factor
        restore(self.roll_back_to + 1)
        # Restored is what the decay was on the way that is left.
        self.weight_decay, self.roll_back_to = decay, None

    def get_state(self) -> dict[str, Any]:
        return {
            **super().get_state(),
            "eigenvalues": self.eigenvalues,
            "weight_decay": self.weight_decay,
            "roll_back_to": self.roll_back_to,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        items = state["eigenvalues"].items()
        self.eigenvalues = {int(epoch): value for epoch, value in items}
        self.weight_decay = state["weight_decay"]
        self.roll_back_to = state["roll_back_to"]

    def get_config(self) -> Config:
        return {
            "mode": self.mode,
            "every": self.every,
            "window": self.window,
            "delta": self.delta,
            "factor": self.factor,
            "start_epoch": self.start_epoch,
            "extra_epochs": self.extra_epochs,
            "decay_factor": self.decay_factor,
            "max_weight_decay": self.max_weight_decay,
        }

    def _consider(self, epoch):
        calm = epoch - self._course.reach
        ratio = self._course.ratio(self.eigenvalues, epoch)
        if calm < self._start or ratio is None or ratio <= self.factor:
            return
        reason = (
            f"the largest eigenvalue has grown by {ratio:.3g}, more than "
            f"{self.factor}, since epoch {calm}"
        )
        if self.mode == "stop":
            self.stop(epoch, calm, reason)
        elif self._decay_can_grow():
            self._go_back(epoch, calm - self.extra_epochs, reason)

    def _course_of(self, epochs):
        """The measurements of a run of `epochs`."""
        every = epochs_of(self.every, epochs, least=1)
        return EigenvalueWindow(every, self.window, self.delta)

    def _decay_can_grow(self):
        # Three times 0.0081 is a little more than 0.0243.
        bound = self.max_weight_decay * (1 + 1e-6)
        return self.weight_decay * self.decay_factor <= bound

    def _go_back(self, epoch, target, reason):
        if self.model.stop_reason is not None:
            return
        self.roll_back_to = max(target, 0)
        self.model.stop_training = True
        _LOG.warning(
            "%s: goes back from epoch %d to epoch %d (counted from 0), with "
            "a weight decay of %g",
            reason,
            epoch,
            self.roll_back_to,
            self.weight_decay * self.decay_factor,
        )
