"""Estimate the memory and the hours of a search, and what would need less.

Takes the flags of search that decide them. The hours are those of a few real
steps and batches of validation, timed on this machine after the first one,
which builds the graph; the machine should do nothing else meanwhile. --notime
leaves them out and needs seconds. The memory is for a CPU, where the system
ends a process that takes too much without a word.

  keras-darts plan --dataset=cifar10 --batch_size=64
  keras-darts plan --dataset=digits --strategy=pc_darts --filters=16
"""

import contextlib
import dataclasses
import itertools
import logging
import time

import keras
from absl import flags

from keras_darts.cli import backend
from keras_darts.cli import data
from keras_darts.cli import search as search_command
from keras_darts.training.callbacks import duration

_LOG = logging.getLogger("keras_darts")
# The first step and the first batch of a validation also build graphs.
_STEPS = 6
_BATCHES = 4
# More than two steps are for those that are quick.
_SECONDS = 20.0


@dataclasses.dataclass(frozen=True)
class Pace:
    """What takes how long, in seconds.

    Args:
        start: Float, to the end of the first step, which builds the graph.
        step: Float, a step of weights and architecture.
        judged_batch: Float, a batch of the validation at the end of an epoch.
    """

    start: float
    step: float
    judged_batch: float

    def epoch(self, steps, judged_batches):
        """Seconds of an epoch."""
        return steps * self.step + judged_batches * self.judged_batch

    def in_words(self, epochs, steps, judged_batches):
        """How long a search takes, and what that is made of."""
        epoch = self.epoch(steps, judged_batches)
        return (
            f"about {duration(self.start + epochs * epoch)} on this machine: "
            f"{duration(self.start)} to the first step, then {epochs} epochs "
            f"of {duration(epoch)} ({steps} steps of {self.step:.2g} s and "
            f"{duration(judged_batches * self.judged_batch)} of validation)"
        )


def measured(search, **arguments):
    """The `Pace` of a search, which has run a few steps afterwards.

    Args:
        search: `DartsSearch`.
        **arguments: Of its `fit`.
    """
    clock = _Clock()
    with contextlib.suppress(_EnoughError), _only_warnings():
        clock.begin = time.perf_counter()
        search.fit(**arguments, callbacks=[clock], verbose=0)
    return clock.pace()


class _EnoughError(Exception):
    """All is measured."""


class _Clock(keras.callbacks.Callback):
    """Times some steps and some batches of the first validation."""

    def __init__(self):
        super().__init__()
        self.begin = 0.0
        self._steps, self._batches = [], []

    def on_epoch_begin(self, epoch, logs=None):
        # A warm-up has steps of the weights alone, which say too little.
        self.model.freeze_architecture(False)

    def on_train_batch_end(self, batch, logs=None):
        self._steps.append(self._now())
        taken = self._steps[-1] - self._steps[0]
        few = len(self._steps) < 3
        if len(self._steps) > _STEPS or not few and taken > _SECONDS:
            # Goes on with the validation.
            self.model.stop_training = True

    def on_test_batch_end(self, batch, logs=None):
        self._batches.append(self._now())
        if len(self._batches) > _BATCHES:
            raise _EnoughError

    def on_epoch_end(self, epoch, logs=None):
        raise _EnoughError

    def pace(self):
        # Nothing to compare with but the first one where there is no other.
        steps = _gaps(self._steps) or [self._steps[0] - self.begin]
        batches = _gaps(self._batches) or [0.0]
        return Pace(
            start=self._steps[0] - self.begin,
            step=sum(steps) / len(steps),
            judged_batch=sum(batches) / len(batches),
        )

    def _now(self):
        # Waits for what a GPU still has to do.
        self.model.optimizer.iterations.numpy()
        return time.perf_counter()


def _gaps(times):
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def judged_batches(part):
    """Batches of a validation set, or 0 where their number is not known."""
    return max(0, int(part.cardinality()))


@contextlib.contextmanager
def _only_warnings():
    """Inside, a search does not say what it runs on: nobody waits for it."""
    level = _LOG.level
    _LOG.setLevel(logging.WARNING)
    try:
        yield
    finally:
        _LOG.setLevel(level)


def define(options):
    """Declares the flags."""
    data.define(options)
    data.define_subset(options)
    search_command.define_search(options)
    flags.DEFINE_bool(
        "time",
        True,
        "Time a few steps, which takes about as long as a search takes to its "
        "first ones.",
        flag_values=options,
    )


def run(options):
    """Prints the plan; `options` are the parsed flags."""
    modality = search_command.checked(options)
    if modality.name == "language":
        raise ValueError(
            "`search_space` must be one of images or sentences: the memory of "
            "a recurrent search is not foretold. Received: "
            f"search_space={options.search_space!r}"
        )
    backend.start(threads=modality.threads)
    found = modality.load(options)
    search = search_command.made_search(options, modality, found)
    given = modality.search_input(options, found, search.recipe)
    read = search.modality.read(given.pop("x"), None, None, **given)
    search.modality.take_sizes(**search.modality.check(read)[1])
    search.build_supernet()
    _take_parts(search, read.batch_size, options.gradient_accumulation_steps)
    print(search_command.introduction(options, search, modality, found))
    print("\n".join(_plan(options, search, read)), flush=True)
    if options.time and not _fits(search, read):
        print("time: not measured, since memory does not suffice")
    elif options.time:
        given = modality.search_input(options, found, search.recipe)
        _print_time(options, search, read, given)


def _fits(search, read):
    from keras_darts.search.memory import foretold
    from keras_darts.search.memory import memory_limit

    limit = memory_limit()
    return limit is None or foretold(search, read.batch_size) <= limit


def _print_time(options, search, read, given):

    print("timing a few steps; --notime leaves that out", flush=True)
    epochs = options.epochs or search.recipe.epochs
    found = measured(
        search,
        **given,
        epochs=epochs,
        gradient_accumulation_steps=options.gradient_accumulation_steps,
    )
    words = found.in_words(
        epochs + search.extra_epochs,
        search.modality.steps_per_epoch(read),
        judged_batches(search.modality.evaluation(read)),
    )
    print(f"time: {words}")
    if search.stages:
        print("      as if all stages were like the first one")
    waits = [c for c in search.strategy.callbacks if _is_warm_up(c)]
    if waits:
        print("      less where the weights are trained alone at first")


def _is_warm_up(callback):
    from keras_darts.callbacks import WeightWarmUp

    return isinstance(callback, WeightWarmUp)


def _take_parts(search, batch_size, steps):
    from keras_darts.search.gradient_accumulation import check_accumulation

    check_accumulation(search, batch_size, steps)
    search.gradient_accumulation_steps = steps


def _plan(options, search, read):
    from keras_darts.search.memory import foretold
    from keras_darts.search.memory import in_gigabytes
    from keras_darts.search.memory import memory_limit
    from keras_darts.search.memory import proposals

    peak, limit = foretold(search, read.batch_size), memory_limit()
    steps = search.modality.steps_per_epoch(read)
    epochs = options.epochs or search.recipe.epochs
    yield f"steps: {steps} an epoch, {steps * epochs} in all"
    yield f"memory foretold: {in_gigabytes(peak)}, batch {read.batch_size}"
    if limit is not None:
        verdict = "enough" if peak <= limit else "TOO LITTLE"
        yield f"memory to be had: {in_gigabytes(limit)}, {verdict}"
    found = proposals(search, read.batch_size)
    yield (
        "less memory, what changes the search least first:"
        if found
        else ("less memory: with fewer filters or cells")
    )
    for change in found:
        yield f"  {in_gigabytes(change.peak):>8}  {change.change}"
