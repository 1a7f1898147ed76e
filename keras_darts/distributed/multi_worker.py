"""Keras' `fit` on several machines, which Keras 3.15 itself can't do.

Every machine, called a worker, runs the same program. Each one reads the
whole stream of data and takes its part of every batch, so that all parts
together are the batch of a search on one machine. What one of them decides by
its clock or a signal, they decide together, so that none waits.
"""

from __future__ import annotations

import contextlib
import functools
import re
import signal
import time
import typing
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_darts.runs import shutdown_timeout
from keras_darts.utils import private_api
from keras_darts.utils.tf_config import prefetched
from keras_darts.utils.typing import Dataset
from keras_darts.utils.typing import DistributionStrategy
from keras_darts.utils.typing import Logs
from keras_darts.utils.typing import PathLike

if TYPE_CHECKING:
    from keras_darts.runs.monitor import GracefulShutdown


WORKER_LOST: tuple[type[Exception], ...] = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.UnavailableError,
)
# What TensorFlow says of a worker: one that never came, one whose heartbeats
# have stopped, one at the other end of a broken connection.
_MISSING = (
    r"timed out task names:((?:\s+/job:\S+)+)",
    r"stopped sending heartbeats\):((?:\s+/job:\S+)+)",
    r"remote target (/job:\S+)",
)


def connect_workers(minutes: float) -> DistributionStrategy:
    """The `tf.distribute.MultiWorkerMirroredStrategy` of `TF_CONFIG`.

    To be called before TensorFlow computes anything. A worker whose process
    hangs or can't be reached is found out by itself, within ten seconds.

    Args:
        minutes: Float, how long workers wait for one that has not started
            yet, and for one that does not get as far as they.

    Raises:
        RuntimeError: if not all workers come in this time.
    """
    cluster = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    cluster = cluster.cluster_spec()
    _limit_gathering(cluster, minutes)
    options = tf.distribute.experimental.CommunicationOptions(
        timeout_seconds=60 * minutes
    )
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(
            communication_options=options
        )
    except WORKER_LOST as error:
        shutdown_timeout.set_shutdown_timeout()
        raise RuntimeError(
            f"{missing(error, cluster) or 'Another worker'} did not come "
            f"within {minutes:g} minutes: start all workers again, within "
            "this time of each other (--worker_timeout_minutes), at addresses "
            "that all of them can reach"
        ) from error


def missing(error: Exception, cluster: Any) -> str | None:
    """The workers that TensorFlow misses, as text, or `None` if unknown.

    Args:
        error: The error that it raised, one of `WORKER_LOST`.
        cluster: `tf.train.ClusterSpec`.
    """
    text = str(error)
    matches = filter(None, (re.search(p, text) for p in _MISSING))
    tasks = re.findall(r"/job:(\w+)\S*/task:(\d+)", next(matches, [""])[0])
    if not tasks and "CoordinationService/" in text:
        # Only the first worker is asked for this service.
        tasks = [(_leader(cluster), 0)]
    names = [
        f"worker {_number(cluster, job, int(task))} at "
        f"{cluster.task_address(job, int(task))}"
        for job, task in tasks
    ]
    return ", ".join(names) or None


def _number(cluster, job, task):
    later = job != "chief" and "chief" in cluster.jobs
    return task + (cluster.num_tasks("chief") if later else 0)


def _leader(cluster):
    return "chief" if "chief" in cluster.jobs else "worker"


def _limit_gathering(cluster, minutes):
    config = tf.compat.v1.ConfigProto().experimental.coordination_config
    for job in cluster.jobs:
        config.coordinated_job_list.add(
            name=job, num_tasks=cluster.num_tasks(job)
        )
    private_api.configure_coordination(
        _leader(cluster),
        list(config.coordinated_job_list),
        int(60_000 * minutes),
    )


class Workers(typing.NamedTuple):
    """How many workers there are, and which one this process is.

    Only the chief, number 0, writes a run.
    """

    count: int
    index: int

    @property
    def is_chief(self) -> bool:
        return self.index == 0


def workers_of(model: keras.Model) -> Workers:
    """The `Workers` that a model was built for."""
    strategy = model.distribute_strategy
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return Workers(1, 0)
    resolver = strategy.cluster_resolver
    cluster = resolver.cluster_spec()
    tasks = [
        (job, task)
        for job in cluster.jobs
        for task in cluster.task_indices(job)
    ]
    tasks.sort(key=lambda task: (task[0] != "chief", task))
    place = (resolver.task_type, resolver.task_id)
    return Workers(max(1, len(tasks)), tasks.index(place) if tasks else 0)


class EndEpochTogether(keras.callbacks.Callback):
    """Lets all workers wait until the chief has written an epoch down.

    One of them might want to read it again.
    """

    def on_train_begin(self, logs: Logs = None) -> None:
        strategy = self.model.distribute_strategy

        def meet():
            one = strategy.run(lambda: tf.constant(1.0))
            return strategy.reduce("SUM", one, axis=None)

        self._meet = tf.function(meet, autograph=False)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._meet()


@contextlib.contextmanager
def report_lost_worker(model: keras.Model, folder: PathLike) -> Iterator[None]:
    """Says in plain words that a worker was lost, and how to resume.

    The process of a worker that fails, by this or otherwise, does not outlive
    its end by more than half a minute.

    Args:
        model: The model that is trained inside.
        folder: Where its run is written, or `None`.

    Raises:
        RuntimeError: if a worker was lost.
    """
    try:
        yield
    except BaseException as error:
        workers = workers_of(model)
        if workers.count == 1:
            raise
        shutdown_timeout.set_shutdown_timeout()
        if not isinstance(error, WORKER_LOST):
            raise
        cluster = model.distribute_strategy.cluster_resolver.cluster_spec()
        which = missing(error, cluster)
        remedy = "without `output_dir` nothing of the search was kept"
        if folder is not None:
            remedy = (
                "start all workers again with "
                f"resume_from={str(folder)!r} (--resume), which continues from "
                "the last epoch that was written"
            )
        raise RuntimeError(
            f"worker {workers.index} of {workers.count} lost "
            f"{which or 'another one'}, which has ended, hangs or can't be "
            "reached, and ends too: "
            f"{remedy}. See what the other one said last"
        ) from error


def function_on_workers(
    model: keras.Model, step_function: Callable[[Any], Any]
) -> Callable[[Iterator[Any]], Any]:
    """What runs a step of a model on all workers, from an iterator.

    Raises:
        ValueError: for several steps in one execution.
    """
    strategy = model.distribute_strategy
    if model.steps_per_execution != 1:
        raise ValueError(
            "`steps_per_execution` must be 1 on several workers. Received: "
            f"steps_per_execution={model.steps_per_execution}"
        )

    def one_step(batch):
        logs = strategy.run(step_function, args=(batch,))
        # The same numbers everywhere, since callbacks decide by them.
        return keras.tree.map_structure(
            lambda value: strategy.reduce("MEAN", value, axis=None), logs
        )

    if not model.run_eagerly:
        one_step = tf.function(
            one_step,
            autograph=False,
            reduce_retracing=True,
            jit_compile=model.jit_compile,
        )
    return lambda iterator: one_step(next(iter(iterator)))


def distribute_batches(model: keras.Model, dataset: Dataset) -> Any:
    """Global batches as the parts that this worker's replicas get of each.

    Args:
        model: The model that is to be trained on them.
        dataset: `tf.data.Dataset` of batches, the same on every worker.

    Returns:
        Data for `fit`, without an end; the data set itself on one worker.
    """
    if workers_of(model).count == 1:
        return dataset

    def of_this_worker(context):
        replicas = context.num_replicas_in_sync
        local = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * local

        def parts(*batch):
            numbers = tf.data.Dataset.range(first, first + local)
            return numbers.map(lambda i: _part(batch, i, replicas))

        # Where there is an end, workers ask each other before every step.
        return prefetched(dataset.flat_map(parts).repeat())

    strategy = model.distribute_strategy
    return strategy.distribute_datasets_from_function(of_this_worker)


def evaluation_args(model: keras.Model, dataset: Dataset) -> dict[str, Any]:
    """What `fit` has to be given to judge a model on global batches."""
    if workers_of(model).count == 1:
        return {"validation_data": dataset}
    replicas = model.distribute_strategy.num_replicas_in_sync
    steps = int(dataset.cardinality())
    if steps < 0:
        steps = sum(1 for _ in dataset)
    last = dataset.skip(max(steps - 2, 0))
    sizes = [int(tf.shape(batch[0])[0]) for batch in last]
    if sizes[-1] < replicas and steps > 1:
        # No replica can do without an element: the last two batches are one.
        steps -= 1
        last = last.unbatch().batch(sum(sizes))
        dataset = dataset.take(steps - 1).concatenate(last)
    return {
        "validation_data": distribute_batches(model, dataset),
        "validation_steps": steps,
    }


def _part(batch, index, count):
    def rows(tensor):
        size = tf.shape(tensor, "int64")[0]
        return tensor[size * index // count : size * (index + 1) // count]

    return tf.nest.map_structure(rows, batch)


# From one question to the next: seldom enough to cost nothing.
_SECONDS_BETWEEN_QUESTIONS = 1.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class WorkerCoordinator:
    """The steps at which all workers save a run, or stop at a signal.

    They ask each other before some steps, the same ones on every worker: the
    chief, by its clock, says how many to do until the next question and
    whether it is time to save, and each whether a signal has come.

    Args:
        model: The model that is trained.
        minutes: Float, from one checkpoint within an epoch to the next.

    Attributes:
        received: `signal.Signals` at which all stop, or `None`.
    """

    def __init__(self, model: keras.Model, minutes: float) -> None:
        self.received: signal.Signals | None = None
        self._workers = workers_of(model)
        self._total = _total(model.distribute_strategy, self._workers.count)
        self._seconds = 60 * minutes
        self._pause = 1
        self._next = self._asked_step = 0
        self._saved = self._asked = time.monotonic()

    def asks(self, step: int) -> bool:
        """Whether workers ask each other before a step of the epoch."""
        return not 0 < step < self._next

    def before_step(self, step: int, requests: GracefulShutdown) -> bool:
        """Whether the run is to be saved before a step; all workers call it.

        Args:
            step: Integer, the steps of the epoch that are done.
            requests: `GracefulShutdown` of this worker.
        """
        if not self.asks(step):
            return False
        due = self._is_due(step)
        due, pause = self._ask(due, self._steps_until_next(step), requests)
        self._pause, self._next = pause, step + pause
        return due

    def meet(self, requests: GracefulShutdown) -> None:
        """Waits for all, and settles whether a signal has come."""
        self._ask(False, self._pause, requests)

    def of_all(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The arrays of all workers, those of the first one first.

        Args:
            arrays: List, of the same shapes on every worker.
        """
        flat = [np.ravel(a).astype("float64") for a in arrays]
        rows = np.zeros((self._workers.count, sum(map(len, flat))))
        rows[self._workers.index] = np.concatenate(flat)
        sizes = np.cumsum([len(f) for f in flat])[:-1]
        return [
            part.reshape(a.shape).astype(a.dtype)
            for row in self._sum(rows)
            for part, a in zip(np.split(row, sizes), arrays, strict=True)
        ]

    def _ask(self, due, pause, requests):
        mine = [due, pause] if self._workers.is_chief else [0, 0]
        asked = [requests.received is number for number in _SIGNALS]
        due, pause, *asked = self._sum(np.array([*mine, *asked], "float64"))
        for number, count in zip(_SIGNALS, asked, strict=True):
            if count:
                self.received = requests.received = number
        return bool(due), int(pause)

    def _is_due(self, step):
        now = time.monotonic()
        # The end of an epoch is saved anyway.
        due = step > 0 and now - self._saved >= self._seconds
        if due or not step:
            self._saved = now
        return due

    def _steps_until_next(self, step):
        """By the time that the last steps took."""
        now = time.monotonic()
        steps, seconds = step - self._asked_step, now - self._asked
        self._asked_step, self._asked = step, now
        if steps <= 0:
            return self._pause
        wanted = min(self._seconds, _SECONDS_BETWEEN_QUESTIONS)
        pause = int(steps * wanted / max(seconds, 1e-9))
        # The first step is slower than any other.
        return max(1, min(pause, 2 * self._pause))

    def _sum(self, array):
        return self._total(tf.constant(array)).numpy()


def agreement_of(
    model: keras.Model, minutes: float
) -> WorkerCoordinator | None:
    """The `WorkerCoordinator` of a model's workers, `None` where it has but "
    "one."""
    if workers_of(model).count == 1:
        return None
    return WorkerCoordinator(model, minutes)


@functools.cache
def _total(strategy, workers):
    """The function that sums arrays over workers."""
    devices = strategy.num_replicas_in_sync // workers

    def of_worker(array):
        context = tf.distribute.get_replica_context()
        # One device of each worker speaks for it.
        speaks = context.replica_id_in_sync_group % devices == 0
        return tf.where(speaks, array, tf.zeros_like(array))

    def total(array):
        parts = strategy.run(of_worker, args=(array,))
        return strategy.reduce("SUM", parts, axis=None)

    return tf.function(total, autograph=False)
