"""Several workers for one search: on this machine, or those of a cluster.

A cluster tells each process by `TF_CONFIG` who the others are. Nothing here
imports TensorFlow before it is needed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from absl import flags

from keras_darts.runs import shutdown_timeout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keras_darts.utils.typing import DistributionStrategy

_VARIABLE = "TF_CONFIG"
_FORWARDED = (signal.SIGINT, signal.SIGTERM)
# Seconds in which a worker finds out by itself that another one is lost, and
# in which it ends once it is asked to.
_GRACE = 60


def define(options: flags.FlagValues) -> None:
    """Declares the flags."""
    flags.DEFINE_integer(
        "workers",
        1,
        "Processes on this machine that share the search.",
        lower_bound=1,
        flag_values=options,
    )
    flags.DEFINE_float(
        "worker_timeout_minutes",
        30.0,
        "How long workers wait for one that has not started yet, and for one "
        "that runs but does not get as far as they. One that hangs or can't "
        "be reached any more is found out within seconds.",
        lower_bound=0.01,
        flag_values=options,
    )


def launch(name: str, options: flags.FlagValues) -> None:
    """Runs a command as several processes, and ends as they do.

    Only the chief's output is shown, and the errors of all. When one process
    fails, the others are ended, and its exit code is that of the command.

    Args:
        name: String, the command.
        options: Its parsed flags, with `--workers`.

    Raises:
        ValueError: if this process is a worker already.
        SystemExit: when all have ended.
    """
    if _VARIABLE in os.environ:
        raise ValueError(
            f"`workers` must be left out where {_VARIABLE} is set, since this "
            "process is one of a cluster's workers already. "
            f"Received: workers={options.workers}"
        )
    flags = [
        options[flag].serialize()
        for flag in options
        if options[flag].present and flag != "workers"
    ]
    command = [sys.executable, "-m", "keras_darts", name, *flags]
    processes = [
        subprocess.Popen(
            command,
            env={**os.environ, _VARIABLE: config},
            stdout=None if index == 0 else subprocess.DEVNULL,
            # Else a terminal's Ctrl-C would come twice.
            start_new_session=True,
        )
        for index, config in enumerate(_configs(options.workers))
    ]
    with _forwarding(processes):
        sys.exit(_exit_code(processes))


def refuse_several(command: str) -> None:
    """Raises a `ValueError` where a command would run once on each machine."""
    count, _ = this_worker()
    if count > 1:
        raise ValueError(
            f"`{_VARIABLE}` must name one worker alone, or be unset: "
            f"`{command}` runs on one machine. Received: {count} workers"
        )


def this_worker() -> tuple[int, int]:
    """(number of workers, index of this process) by `TF_CONFIG`.

    Raises:
        ValueError: if it is not what TensorFlow documents.
    """
    text = os.environ.get(_VARIABLE)
    if not text:
        return 1, 0
    try:
        config = json.loads(text)
        cluster, task = config["cluster"], config["task"]
        tasks = [
            (job, index)
            for job in ("chief", "worker")
            for index in range(len(cluster.get(job, ())))
        ]
        return len(tasks), tasks.index((task["type"], int(task["index"])))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{_VARIABLE} must be JSON with the addresses of all workers as "
            '"cluster" and this process as "task". '
            f"Received: {_VARIABLE}={text!r}"
        ) from error


@contextlib.contextmanager
def ending() -> Iterator[None]:
    """Inside, a process runs that ends, even if it fails as a worker."""
    try:
        yield
    except BaseException as error:
        done = isinstance(error, SystemExit) and not error.code
        if os.environ.get(_VARIABLE) and not done:
            shutdown_timeout.set_shutdown_timeout()
        raise


def strategy(options: flags.FlagValues) -> DistributionStrategy:
    """The `tf.distribute.Strategy` of a cluster, once all workers are there.

    To be called before TensorFlow computes anything.
    """
    from keras_darts.distributed.multi_worker import connect_workers

    return connect_workers(options.worker_timeout_minutes)


def _configs(count):
    """`TF_CONFIG` of each worker, on free ports of this machine."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for bound in sockets:
            bound.bind(("localhost", 0))
        hosts = [f"localhost:{bound.getsockname()[1]}" for bound in sockets]
    return [
        json.dumps(
            {
                "cluster": {"worker": hosts},
                "task": {"type": "worker", "index": index},
            }
        )
        for index in range(count)
    ]


@contextlib.contextmanager
def _forwarding(processes):
    """Inside, signals go to all processes, which decide what they mean."""

    def forward(number, frame):
        for process in processes:
            if process.poll() is None:
                process.send_signal(number)

    before = {number: signal.signal(number, forward) for number in _FORWARDED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for process in processes:
            process.kill()


def _exit_code(processes):
    """That of the first one to fail, when all have ended."""
    failed, end = None, None
    while any(process.poll() is None for process in processes):
        if failed is None:
            failed = next((p for p in processes if p.poll()), None)
            end = time.monotonic() + _GRACE
        elif time.monotonic() > end:
            for process in processes:
                process.kill()
        time.sleep(0.1)
    failed = failed or next((p for p in processes if p.returncode), None)
    code = failed.returncode if failed else 0
    # As shells give the death by a signal.
    return 128 - code if code < 0 else code
