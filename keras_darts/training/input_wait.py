"""How much of the time of an epoch's steps goes by in waiting for input."""

import logging
import time

import keras
import tensorflow as tf

_LOG = logging.getLogger("keras_darts")
_NAME = "input_wait_share"
# Less is nothing that anybody would do something about.
_WORTH_A_LINE = 0.05


class InputWait(keras.callbacks.Callback):
    """Measures the share of an epoch's steps that was spent waiting for input.

    The share is a number between 0 and 1: the seconds that steps stood still
    until their batch was there, divided by the seconds from the begin of the
    first step to the end of the last one. Validation does not count. It serves
    every `fit` on TensorFlow whose model runs one step an execution; in others
    nothing is measured. The log says so where it is 5 % or more.
    `DartsSearch.fit` adds this callback itself and writes
    the share to TensorBoard.

    Args:
        in_logs: Boolean, whether the share becomes the log `input_wait_share`
            of the epoch, seen by all callbacks that come later. Defaults to
            `False`, since histories with times in them never repeat.

    Attributes:
        share: Float, of the last epoch; `None` before the first one ends.
        seconds: Float, all that the steps of that epoch took, or `None`.
        steps: Integer, how many these were, or `None`.

    Example:

    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile(loss="mse")
    >>> x, y, wait = np.ones((96, 3)), np.ones((96, 1)), InputWait()
    >>> history = model.fit(x, y, verbose=0, callbacks=[wait])
    >>> 0 < wait.share < 1
    True
    """

    def __init__(self, in_logs=False):
        super().__init__()
        self.in_logs = in_logs
        self.added_logs = (_NAME,) if in_logs else ()
        self.share = self.seconds = self.steps = None
        self._clock = _Clock()

    def on_train_begin(self, logs=None):
        self.share = self.seconds = self.steps = None

    def on_epoch_begin(self, epoch, logs=None):
        self._clock = _Clock()

    def on_train_batch_begin(self, batch, logs=None):
        if self.model.steps_per_execution != 1:
            return
        # Asked each time: a callback may have the step made anew, or another
        # kind of step run.
        if not isinstance(self.model.train_function, _TimedSteps):
            self.model.train_function = _TimedSteps(
                self.model.train_function, self.model.run_eagerly
            )
        steps = self.model.train_function
        if batch > 0 or steps.clock.begin is not None:
            steps.clock = self._clock
        # Of two such callbacks the second one reads the clock of the first.
        self._clock = steps.clock

    def on_epoch_end(self, epoch, logs=None):
        if not self._clock.seconds:
            return
        self.seconds, self.steps = self._clock.seconds, self._clock.steps
        self.share = self._clock.waited / self.seconds
        if self.share >= _WORTH_A_LINE:
            _LOG.info(
                "epoch %d: %.0f %% of the time of its steps waited for input",
                epoch + 1,
                100 * self.share,
            )
        if self.in_logs and logs is not None:
            logs[_NAME] = self.share


class _Clock:
    """The seconds of an epoch."""

    def __init__(self):
        self.waited = self.seconds = 0.0
        self.steps = 0
        self.begin = None


class _TimedSteps:
    """Keras' train function, with batches pulled from outside of its graph.

    A hook for the end of batches would be simpler, but it makes Keras wait
    for the logs of each step. Here the pull can be timed; within the graph it
    is an operation among others.
    """

    def __init__(self, function, eager):
        self._function = function
        self._eager = eager
        self._spec = self._step = None
        self.clock = _Clock()

    def __call__(self, iterator):
        begin, clock = time.perf_counter(), self.clock
        if clock.begin is None:
            clock.begin = begin
        batch = next(iterator)
        clock.waited += time.perf_counter() - begin
        logs = self._step_for(iterator.element_spec)(batch)
        clock.seconds = time.perf_counter() - clock.begin
        clock.steps += 1
        return logs

    def _step_for(self, spec):
        if self._step is None or self._spec != spec:
            self._spec, self._step = spec, self._on_batch
            if not self._eager:
                # The spec of the iterator, since a batch itself has no open
                # dimension and each length of a text would be traced anew.
                self._step = tf.function(
                    self._on_batch, input_signature=(spec,), autograph=False
                )
        return self._step

    def _on_batch(self, batch):
        # Keras takes any iterable that is no iterator of TensorFlow.
        return self._function([batch])
