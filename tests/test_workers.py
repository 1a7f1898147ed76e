"""A search on two workers moves as on one, resumes, and ends if one is lost."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from movements import assert_same_movement

TESTS = pathlib.Path(__file__).parent
SCRIPT = str(TESTS / "search_on_workers.py")
LIMIT = 400
SEARCHES = ("first order", "second order", "traced", "text", "resumed")


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for s in sockets:
            s.bind(("localhost", 0))
        return [s.getsockname()[1] for s in sockets]


@contextlib.contextmanager
def workers(count, folder, *searches):
    """The processes, which are ended with the test at the latest."""
    hosts = [f"localhost:{port}" for port in free_ports(count)]
    processes = []
    for index in range(count):
        own = folder / f"worker-{index}"
        own.mkdir(parents=True, exist_ok=True)
        task = {"type": "worker", "index": index}
        config = {"cluster": {"worker": hosts}, "task": task}
        environment = {**os.environ, "PYTHONPATH": str(TESTS.parent)}
        if count > 1:
            environment["TF_CONFIG"] = json.dumps(config)
        path = str(folder / f"{index}.json")
        with (own / "errors").open("w") as errors:
            processes.append(
                subprocess.Popen(
                    [sys.executable, SCRIPT, str(count), path, *searches],
                    stderr=errors,
                    env=environment,
                )
            )
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def errors_of(folder, index):
    return (folder / f"worker-{index}" / "errors").read_text()


def found(count, folder):
    """What each worker saw."""
    with workers(count, folder, *SEARCHES) as processes:
        for index, process in enumerate(processes):
            code = process.wait(LIMIT)
            assert code == 0, errors_of(folder, index)
    return [
        json.loads((folder / f"{index}.json").read_text())
        for index in range(count)
    ]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Folder and findings of one worker, and of two."""
    folders = [tmp_path_factory.mktemp(f"of-{count}") for count in (1, 2)]
    return [
        (folder, found(count, folder))
        for count, folder in enumerate(folders, start=1)
    ]


def test_two_workers_move_and_judge_as_one(runs):
    """One test, since others would each start the processes again."""
    (_, (one,)), (_, both) = runs
    for name, worker in ((n, w) for n in SEARCHES for w in both):
        assert_moved_alike(worker[name]["moved"], one[name]["moved"], name)
        figures = one[name].get("history", {})
        assert worker[name].get("history", {}).keys() == figures.keys()
        for figure, values in figures.items():
            np.testing.assert_allclose(
                worker[name]["history"][figure],
                values,
                rtol=1e-5,
                err_msg=f"{figure} of {name}",
            )
    assert "val_accuracy" in one["first order"]["history"]


def assert_moved_alike(values, expected, name):
    for group, which in enumerate(("alphas", "weights")):
        two, one = (
            np.array([step[group] for step in steps])
            for steps in (values, expected)
        )
        what = f"{which} of {name}"
        assert_same_movement(two, one, what)


def test_a_resumed_search_goes_on_where_it_was(runs):
    (_, (one,)), (_, both) = runs
    for found_by in (one, *both):
        whole = np.array([s[0] for s in found_by["second order"]["moved"]])
        last = np.array([s[0] for s in found_by["resumed"]["moved"]])
        size = np.abs(np.diff(whole, axis=0)).max()
        np.testing.assert_allclose(last, whole[2:], atol=1e-3 * size)


def test_the_chief_alone_writes_the_run(runs):
    (alone, _), (folder, _) = runs
    names = [
        sorted(
            str(p.relative_to(f / "resumed"))
            for p in (f / "resumed").rglob("*")
            if p.is_file() and "tfevents" not in p.name
        )
        for f in (alone, folder)
    ]
    assert names[0] == names[1]
    assert "checkpoints/ckpt-2.index" in names[1]
    boards = list((folder / "resumed" / "tensorboard").iterdir())
    # One for each part of the run.
    assert len(boards) == 2
    rows = [
        (f / "resumed" / "history.csv").read_text().splitlines()
        for f in (alone, folder)
    ]
    assert len(rows[0]) == len(rows[1]) == 3


@pytest.mark.parametrize("lost", [0, 1])
def test_when_a_worker_is_killed_the_other_says_so_and_ends(lost, tmp_path):
    begin = tmp_path / "endless" / "checkpoints" / "ckpt-1.index"
    with workers(2, tmp_path, "endless") as processes:
        wait_for(begin, processes)
        processes[lost].send_signal(signal.SIGKILL)
        other = 1 - lost
        assert processes[other].wait(60) == 1, errors_of(tmp_path, other)
    said = errors_of(tmp_path, other)
    assert f"RuntimeError: worker {other} of 2 lost another one" in said
    assert "start all workers again with resume_from=" in said


def wait_for(path, processes):
    end = time.monotonic() + LIMIT
    while not path.exists():
        assert time.monotonic() < end, f"no {path.name} in time"
        assert all(p.poll() is None for p in processes)
        time.sleep(0.2)
