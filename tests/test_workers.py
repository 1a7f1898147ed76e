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

from keras_darts.runs.manifest import is_finished

TESTS = pathlib.Path(__file__).parent
SCRIPT = str(TESTS / "search_on_workers.py")
LIMIT = 400
SEARCHES = ("drawn", "second order", "cut", "traced", "text")
COMMAND = str(TESTS / "command_on_workers.py")
FLAGS = (
    "--search_space=tiny",
    "--dataset=digits",
    "--max_examples=32",
    "--batch_size=8",
    "--epochs=4",
    "--workers=2",
)


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


def result(count, folder):
    """What each worker saw; the chief of two is killed afterwards."""
    with workers(count, folder, *SEARCHES) as processes:
        if count == 2:
            begun = folder / "endless" / "checkpoints" / "ckpt-1.json"
            wait_for(begun, processes, folder)
            processes[0].send_signal(signal.SIGKILL)
            # Its shutdown hangs, so that it can't have an exit code.
            ended = processes[1].wait(60)
            assert ended == -signal.SIGALRM, errors_of(folder, 1)
        else:
            assert processes[0].wait(LIMIT) == 0, errors_of(folder, 0)
    return [
        json.loads((folder / f"{index}.json").read_text())
        for index in range(count)
    ]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Folder and findings of one worker, and of two."""
    folders = [tmp_path_factory.mktemp(f"of-{count}") for count in (1, 2)]
    return [
        (folder, result(count, folder))
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
    assert "val_accuracy" in one["drawn"]["history"]


def assert_moved_alike(values, expected, name):
    for group, which in enumerate(("alphas", "weights")):
        two, one = (
            np.array([step[group] for step in steps])
            for steps in (values, expected)
        )
        what = f"{which} of {name}"
        assert_same_movement(two, one, what)


def test_the_chief_alone_writes_the_run(runs):
    (alone, _), (folder, _) = runs
    names = [
        sorted(
            str(p.relative_to(f / "written"))
            for p in (f / "written").rglob("*")
            if p.is_file() and "tfevents" not in p.name
        )
        for f in (alone, folder)
    ]
    assert names[0] == names[1]
    assert "checkpoints/ckpt-2.index" in names[1]
    events = folder / "written" / "tensorboard" / "search" / "train"
    assert len(list(events.iterdir())) == 1
    rows = [
        (f / "written" / "history.csv").read_text().splitlines()
        for f in (alone, folder)
    ]
    assert len(rows[0]) == len(rows[1]) == 3


def test_when_the_chief_is_killed_the_other_says_so_and_ends(runs):
    _, (folder, _) = runs
    output = errors_of(folder, 1)
    assert "RuntimeError: worker 1 of 2 lost worker 0 at localhost:" in output
    assert "start all workers again with resume_from=" in output


def test_a_signal_to_one_worker_stops_all_at_a_step_and_loses_nothing(runs):
    for folder, workers in runs:
        for worker in workers:
            cut, whole = worker["cut"], worker["second order"]
            assert "stopped in epoch 2, after 1 of 2 steps" in cut["said"]
            assert "the state after step 1 of epoch 2" in cut["said"]
            assert cut["moved"][-1] == whole["moved"][-1]
        table, whole = (
            (folder / name / "history.csv").read_text()
            for name in ("cut", "written")
        )
        assert table == whole


def wait_for(path, processes, folder):
    end = time.monotonic() + LIMIT
    while not path.exists():
        assert time.monotonic() < end, f"no {path.name} in time"
        for index, process in enumerate(processes):
            assert process.poll() is None, errors_of(folder, index)
        time.sleep(0.1)


@contextlib.contextmanager
def command(folder, *flags):
    """The launcher of two workers, which note their ids in a folder."""
    stand_in = folder / "run"
    # The arguments begin with `-m keras_darts`.
    stand_in.write_text(
        f'#!/bin/bash\necho "$$ $TF_CONFIG" >> {folder}/ids\nshift 2\n'
        f'exec {sys.executable} {COMMAND} "$@"\n'
    )
    stand_in.chmod(0o755)
    environment = {k: v for k, v in os.environ.items() if k != "TF_CONFIG"}
    process = subprocess.Popen(
        [sys.executable, COMMAND, folder, "search", *flags],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**environment, "PYTHONPATH": str(TESTS.parent)},
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def ids(folder):
    """Of the processes of the workers that were started last."""
    lines = (folder / "ids").read_text().splitlines()[-2:]
    pairs = [line.split(" ", 1) for line in lines]
    return {json.loads(config)["task"]["index"]: int(i) for i, config in pairs}


def test_a_run_whose_worker_hung_goes_on_to_the_alphas_it_would_have_had(
    tmp_path,
):
    """By the command, each time in fresh processes."""
    whole, cut = (tmp_path / name for name in ("whole", "cut"))
    with command(tmp_path, *FLAGS, f"--output_dir={whole}") as process:
        output, _ = process.communicate(timeout=LIMIT)
        assert process.returncode == 0, output
    with command(tmp_path, *FLAGS, f"--output_dir={cut}") as process:
        end = time.monotonic() + LIMIT
        while not (cut / "checkpoints" / "ckpt-1.json").exists():
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.01)
        os.kill(ids(tmp_path)[1], signal.SIGSTOP)
        output, _ = process.communicate(timeout=60)
        # The last resort ends it where TensorFlow's shutdown hangs.
        assert process.returncode in (1, 128 + signal.SIGALRM), output
    assert "worker 0 of 2 lost worker 1 at localhost:" in output
    assert not is_finished(cut)
    resume = (f"--output_dir={cut}", "--resume", "--workers=2")
    with command(tmp_path, *resume) as process:
        output, _ = process.communicate(timeout=LIMIT)
        assert process.returncode == 0, output
    assert "Epoch 1/4" not in output and "Epoch 4/4" in output
    alphas = [np.load(folder / "alphas.npz") for folder in (whole, cut)]
    for name in alphas[0].files:
        assert np.abs(np.diff(alphas[0][name], axis=0)).max() > 1e-5
        np.testing.assert_array_equal(alphas[1][name], alphas[0][name], name)
