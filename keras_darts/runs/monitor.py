"""The monitor of a run: where it is, and what ends it with its work intact."""

from __future__ import annotations

import abc
import contextlib
import logging
import math
import os
import pathlib
import signal
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any
from typing import Self

import keras

from keras_darts.utils.typing import Logs

if TYPE_CHECKING:
    from keras_darts.runs.folder import Plan


_LOG = logging.getLogger("keras_darts")

# Measured on a CPU with two cores; a variable is some operations of the graph
# and of its gradient.
_SECONDS = 3.0
_SECONDS_A_VARIABLE = 0.3
_WORTH_A_LINE = 10.0


def announce(model: keras.Model, variables: Sequence[keras.Variable]) -> None:
    """Says that the first step is about to be built, if that takes long.

    Args:
        model: Compiled Keras model; what was traced before is not built again.
        variables: List of those that are trained.
    """
    if model.run_eagerly or model.train_function is not None:
        return
    seconds = _SECONDS + _SECONDS_A_VARIABLE * len(variables)
    if seconds >= _WORTH_A_LINE:
        _LOG.info(
            "building and compiling the first step, which takes about %s",
            _in_words(seconds),
        )


def _in_words(seconds):
    if seconds < 20:
        return "a quarter of a minute"
    if seconds < 45:
        return "half a minute"
    if seconds < 90:
        return "a minute"
    return f"{round(seconds / 60)} minutes"


# Reading a number waits for the device: seldom enough to cost nothing.
_SECONDS_BETWEEN_LOOKS = 1.0


class NonFiniteLossDetector:
    """Notes the sum of the losses after each step, and seldom looks at it.

    A sum that is not finite stays so for the rest of its epoch: it is enough
    to look at the last one, and to search the others if that is bad. Until
    then they stay on the device, and no step waits.

    Args:
        total: Function that returns the sum over the steps of the epoch.
    """

    def __init__(self, total: Callable[[], Any]) -> None:
        self._total = total
        self._noted = []
        self._looked = time.monotonic()

    def note(self, steps_done: int, look: bool | None = None) -> int | None:
        """Keeps the sum after so many steps of the epoch.

        Args:
            steps_done: Integer.
            look: Boolean, whether to look at it. Defaults to `None`: by the
                time since the last look.

        Returns:
            Integer, the first step known to be bad, or `None`.
        """
        self._noted.append((steps_done, self._total()))
        if look is None:
            waited = time.monotonic() - self._looked
            look = waited >= _SECONDS_BETWEEN_LOOKS
        return self.look() if look else None

    def look(self) -> int | None:
        """The first step that is bad among those noted since the last look."""
        noted, self._noted = self._noted, []
        first = None
        if noted and not math.isfinite(noted[-1][1]):
            bad = (step for step, total in noted if not math.isfinite(total))
            first = next(bad)
        self._looked = time.monotonic()
        return first


_STDERR = 2
_NOTE = (
    "\nkeras_darts: {}: the step is finished and what can be kept is saved; "
    "a second one stops at once.\n"
)


class Terminated(SystemExit):
    """What SIGTERM ends a process with that catches it: exit code 143."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code: str | int | None = 128 + signal.SIGTERM


_ERRORS = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated}


class GracefulShutdown:
    """Inside, the first SIGINT or SIGTERM only sets `received`.

    What was there before handles the second one, and all of them afterwards.
    A handler that the program has set itself stays, and so does a signal that
    is ignored. Python allows handlers in the main thread alone: elsewhere
    nothing changes.

    Attributes:
        received: `signal.Signals`, the first one that came, or `None`.
        waited: Float, the seconds since then.

    Example:

    >>> with GracefulShutdown() as requests:
    ...     signal.raise_signal(signal.SIGINT)
    >>> requests.received.name
    'SIGINT'
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None
        self._before, self._came = {}, None

    @property
    def waited(self) -> float:
        return 0.0 if self._came is None else time.monotonic() - self._came

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _ERRORS:
                handler = signal.getsignal(number)
                if handler in (signal.SIG_DFL, signal.default_int_handler):
                    self._before[number] = handler
                    signal.signal(number, self._receive)
        return self

    def __exit__(self, *error: Any) -> None:
        self._put_back()

    def error(self, message: str) -> BaseException:
        """The exception with which Python users expect the signal to end."""
        return _ERRORS[self.received](message)

    def _receive(self, number, frame):
        self.received, self._came = signal.Signals(number), time.monotonic()
        self._put_back()
        # Not through Python's streams, in whose midst a signal may come.
        with contextlib.suppress(OSError):
            os.write(_STDERR, _NOTE.format(self.received.name).encode())

    def _put_back(self):
        while self._before:
            signal.signal(*self._before.popitem())


# A validation that is over in this time is not cut by a signal.
_SECONDS_TO_VALIDATE = 5.0
_SIZES = ("filters", "num_cells", "hidden_size", "embedding_size")


class RunMonitor(keras.callbacks.Callback, abc.ABC):
    """Ends a run at a signal or a loss that is not finite.

    It comes before all other callbacks, so that an epoch that has gone wrong
    is written nowhere. A subclass has the words in which it says so.

    Args:
        folder: Of the run, as the user gave it, or `None`.

    Attributes:
        noun: String, what is run.
        data: String, the argument with its data.
        losses: Tuple, the logs of an epoch that must be finite.
        remedies: String, what helps against losses that are not.
        epoch: Integer, the present one, counted from one; 0 before the first.
        step: Integer, how many steps of it were done.
    """

    noun = "run"
    data = "x"
    losses: tuple[str, ...] = ("loss",)
    remedies = ""

    epoch: int
    step: int

    def __init__(self, folder: pathlib.Path | None) -> None:
        super().__init__()
        self.folder = folder
        self.epoch = self.step = 0
        self._cut = False
        self._plan = None
        self._requests = self._losses = None

    @abc.abstractmethod
    def total(self) -> Any:
        """The sum of the losses over the steps of the epoch, on the device."""

    @abc.abstractmethod
    def smaller(self) -> str:
        """What shrinks the run, as text."""

    @contextlib.contextmanager
    def over(self, plan: Plan) -> Iterator[None]:
        """Inside, Keras' `fit` runs a plan."""
        self._plan = plan
        with GracefulShutdown() as self._requests:
            yield
            self._meet()
        self._stop_if_asked()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        # All callbacks are through with the epoch before.
        self._stop_if_asked()
        self.epoch, self.step = epoch + 1, 0
        self._cut = False
        self._losses = NonFiniteLossDetector(self.total)

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self.step = batch
        agreement = self._plan.agreement
        if batch:
            look = agreement.asks(batch) if agreement else None
            self._end_if_bad(self._losses.note(batch, look))
        saves = agreement and agreement.before_step(batch, self._requests)
        if saves or self._signal() is not None:
            self._save_within_epoch()
        self._stop_if_asked()

    def on_test_begin(self, logs: Logs = None) -> None:
        if self._plan.checkpoint and self._plan.agreement is None:
            # The validation forgets it.
            self._plan.checkpoint.running.collect(within=True)

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        # Workers wait for its end: they agree before steps alone.
        if self._requests.received is None or self._plan.agreement is not None:
            return
        divided = self.epoch <= self._plan.resumable_epochs
        if divided and self._requests.waited >= _SECONDS_TO_VALIDATE:
            # Callbacks are told of its end, and put back what they changed.
            self._cut = self.model.stop_evaluating = True

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._end_if_bad(self._losses.look())
        self.step = self._plan.steps_per_epoch
        if self._cut:
            self._save_within_epoch(collect=False)
            self._stop_if_asked()
        logs = logs or {}
        for name in self.losses:
            if not math.isfinite(logs.get(name, 0.0)):
                self._end_if_bad(self.step)
        if self.losses and not math.isfinite(logs.get("val_loss", 0.0)):
            self._end("the loss of the validation")

    def where(self) -> str:
        """The place of the run, as text."""
        if not self.epoch:
            return "before the first epoch"
        return (
            f"in epoch {self.epoch}, after {self.step} of "
            f"{self._plan.steps_per_epoch} steps"
        )

    def kept(self) -> str:
        """What is left of the run, and how to resume, as text."""
        if self.folder is None:
            return "Nothing is kept on disk without `output_dir`"
        if newest := self._newest():
            state = f"the state after epoch {newest.epochs_done}"
            if newest.step:
                state = f"the state after step {newest.step} of epoch "
                state += str(newest.epochs_done + 1)
        elif any(self.folder.rglob("checkpoints/ckpt-*.json")):
            state = "what was finished before"
        else:
            return (
                f"No epoch was finished, so output_dir={str(self.folder)!r} "
                "holds nothing to resume"
            )
        return (
            f"output_dir={str(self.folder)!r} holds {state}: "
            f"`fit(resume_from={str(self.folder)!r})` continues there"
        )

    def _newest(self):
        checkpoint = self._plan and self._plan.checkpoint
        return checkpoint.newest() if checkpoint else None

    def _save_within_epoch(self, **options):
        """Where that is possible, as in `SaveWithinEpochs`."""
        checkpoint = self._plan.checkpoint
        within = self.step and self.epoch <= self._plan.resumable_epochs
        if checkpoint and within:
            self._end_if_bad(self._losses.look())
            checkpoint.save(self.epoch - 1, self.step, **options)

    def _signal(self):
        """What has come; on several workers, what all of them know of."""
        return (self._plan.agreement or self._requests).received

    def _meet(self):
        if self._plan.agreement is not None:
            self._plan.agreement.meet(self._requests)

    def _stop_if_asked(self):
        if self._signal() is None:
            return
        # What they save has been written then.
        self._meet()
        message = (
            f"{self._signal().name}: the {self.noun} has stopped "
            f"{self.where()}. {self.kept()}"
        )
        error = self._requests.error(message)
        if isinstance(error, SystemExit):
            # Nobody else shows what it says.
            _LOG.warning("%s", message)
        raise error

    def _end_if_bad(self, step):
        if step is not None:
            self.step = step
            self._end("a loss")

    def _end(self, what):
        good = ""
        if self._newest():
            self._plan.checkpoint.restore()
            good = f", which the {self.noun} has been put back to"
        raise FloatingPointError(
            f"The losses of a {self.noun} must be finite: {what} was NaN or "
            f"infinite in epoch {self.epoch}, step {self.step} of "
            f"{self._plan.steps_per_epoch}. {self.remedies}. {self.kept()}"
            f"{good}"
        )


def sizes_in_words(owner: object) -> str:
    """The sizes that a network has as attributes, or what describes it."""
    return ", ".join(
        f"`{name}` (now {getattr(owner, name)})"
        for name in _SIZES
        if getattr(owner, name, None)
    )
