"""A tuning that is killed, and one of several processes."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

import numpy as np
import pytest
from tiny_tuning import tuned

pytestmark = pytest.mark.usefixtures("quick")

SCRIPT = pathlib.Path(__file__).parent / "tiny_tuning.py"
TESTS = SCRIPT.parents[1]
PATH = os.pathsep.join([str(TESTS.parent), str(TESTS)])
SECONDS = 300


def started(*arguments, **variables):
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": PATH, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_tuning_that_was_killed_ends_as_one_that_was_not(tmp_path):
    whole = tuned(tmp_path / "whole", epochs=3, max_trials=2)
    killed = started(tmp_path / "cut", "1")
    output, _ = killed.communicate(timeout=SECONDS)
    assert killed.returncode == -signal.SIGKILL, output

    tuner = tuned(tmp_path / "cut", epochs=3, max_trials=2)
    # The first was finished, and of the second an epoch was saved.
    assert tuner.epochs == [("1", 1), ("1", 2)]
    for name in ("0", "1"):
        ours, theirs = (t.project.results(name) for t in (tuner, whole))
        assert ours["genotype"] == theirs["genotype"]
        assert ours["figures"] == pytest.approx(theirs["figures"], rel=1e-5)
        alphas = [
            np.load(t.project.search_folder(name, 0) / "alphas.npz")
            for t in (tuner, whole)
        ]
        for array in alphas[0].files:
            # Processors of two processes may round otherwise.
            np.testing.assert_allclose(*[a[array] for a in alphas], rtol=1e-4)
    assert tuner.remaining_trials == 0


def test_a_chief_and_two_workers_share_the_trials(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = {
        "KERASTUNER_ORACLE_IP": "127.0.0.1",
        "KERASTUNER_ORACLE_PORT": str(port),
    }
    processes = [
        started(tmp_path, **address, KERASTUNER_TUNER_ID=name)
        for name in ("chief", "tuner0", "tuner1")
    ]
    try:
        outputs = [p.communicate(timeout=SECONDS)[0] for p in processes]
    finally:
        for process in processes:
            process.kill()
    assert [p.returncode for p in processes] == [0, 0, 0], "\n".join(outputs)

    folder = tmp_path / "a"
    trials = [
        json.loads(path.read_text())
        for path in sorted(folder.glob("trial_*/trial.json"))
    ]
    assert [trial["status"] for trial in trials] == ["COMPLETED"] * 4
    seeds = [t["hyperparameters"]["values"]["seed"] for t in trials]
    assert len({*seeds}) == 4
    content = (folder / "results.html").read_text("utf-8")
    assert len(re.findall("<td[^>]*>completed</td>", content)) == 4
    # Each was run once.
    run = [line for text in outputs for line in text.splitlines()]
    epochs = sorted(line for line in run if line.startswith("epoch of "))
    assert epochs == [f"epoch of {number}: 0" for number in range(4)]
    by_worker = [text.count("epoch of ") for text in outputs]
    assert by_worker[0] == 0 and min(by_worker[1:]) > 0
