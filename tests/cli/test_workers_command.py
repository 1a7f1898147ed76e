"""`--workers`, and the examples for clusters, with commands that only note."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from keras_darts.cli import workers
from keras_darts.cli.main import main
from keras_darts.cli.main import program
from keras_darts.runs import shutdown_timeout

CLUSTER = pathlib.Path(__file__).parents[2] / "examples" / "cluster"
NOTE = 'echo "$TF_CONFIG" >> configs; echo "$@" >> commands; '


def executable(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def launched(here, monkeypatch):
    """Launches two stand-ins for workers; exit code, and what they noted."""
    monkeypatch.delenv("TF_CONFIG", raising=False)

    def launch(text):
        stand_in = executable(here / "bin" / "python", NOTE + text)
        monkeypatch.setattr(sys, "executable", str(stand_in))
        with pytest.raises(SystemExit) as ended:
            main(["search", "--output_dir=a b", "--workers=2", "--seed=3"])
        return ended.value.code, noted(here)

    return launch


def noted(folder):
    configs = (folder / "configs").read_text().splitlines()
    configs = sorted(map(json.loads, configs), key=lambda c: c["task"]["index"])
    return configs, (folder / "commands").read_text().splitlines()


def test_workers_run_the_same_command_and_know_each_other(launched):
    code, (configs, commands) = launched("exit 0")
    assert code == 0
    assert [c["task"] for c in configs] == [
        {"type": "worker", "index": index} for index in (0, 1)
    ]
    (hosts,) = {tuple(c["cluster"]["worker"]) for c in configs}
    assert len(set(hosts)) == 2
    (command,) = set(commands)
    assert command == "-m keras_darts search --seed=3 --output_dir=a b"


def test_a_failure_ends_the_others_and_is_the_exit_code(launched, monkeypatch):
    monkeypatch.setattr(workers, "_GRACE", 0.5)
    begin = time.monotonic()
    code, _ = launched(
        'case "$TF_CONFIG" in *\'"index": 1}\'*) exit 3;; esac; exec sleep 60'
    )
    assert time.monotonic() - begin < 30
    # The one that was killed is the chief, whose own code says less.
    assert code == 3


def test_signals_reach_the_workers(here, environment):
    stand_in = executable(
        here / "bin" / "python",
        f"{NOTE} trap 'echo got >> signals; exit 7' TERM; "
        "touch ready-$$; while true; do sleep 0.1; done",
    )
    script = (
        "import sys; from keras_darts.cli.main import main; "
        f"sys.executable = {str(stand_in)!r}; "
        "main(['search', '--output_dir=a', '--workers=2'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], env=environment, cwd=here
    )
    try:
        end = time.monotonic() + 60
        while len(list(here.glob("ready-*"))) < 2:
            assert time.monotonic() < end and process.poll() is None
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 7
    finally:
        process.kill()
    assert (here / "signals").read_text().split() == ["got", "got"]


def test_a_cluster_and_a_launcher_exclude_each_other(here, monkeypatch, capsys):
    monkeypatch.setenv("TF_CONFIG", "{}")
    assert main(["search", "--output_dir=a", "--workers=2"]) == 1
    assert "Received: workers=2" in capsys.readouterr().err
    monkeypatch.setenv("TF_CONFIG", '{"cluster": 3}')
    assert main(["search", "--output_dir=a"]) == 1
    assert "Received: TF_CONFIG='{\"cluster\": 3}'" in capsys.readouterr().err


WORKER = """
import ctypes
from keras_darts.cli.main import program
from keras_darts.runs import shutdown_timeout
libc = ctypes.CDLL(None)
shutdown_timeout.SECONDS = 1
if {hangs}:
    libc.__cxa_atexit(libc.pause, None, None)
program(["search", "--nonsense"])
"""


@pytest.mark.parametrize(
    ("hangs", "code"), [(False, 2), (True, -signal.SIGALRM)]
)
def test_a_worker_that_fails_ends_even_if_its_shutdown_hangs(
    environment, hangs, code
):
    done = subprocess.run(
        [sys.executable, "-c", WORKER.format(hangs=hangs)],
        env={**environment, "TF_CONFIG": "{}"},
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    assert "keras-darts search: error: Unknown" in done.stderr
    assert done.returncode == code


@pytest.mark.parametrize(
    ("config", "arguments"), [("", ["--nonsense"]), ("{}", ["--version"])]
)
def test_no_other_process_is_hurried(monkeypatch, config, arguments):
    hurried = []
    monkeypatch.setattr(
        shutdown_timeout, "set_shutdown_timeout", lambda: hurried.append(True)
    )
    monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(SystemExit):
        program(arguments)
    assert not hurried


def test_the_chief_is_the_first_of_the_workers(monkeypatch):
    cluster = {"worker": ["a:1", "b:1"], "chief": ["c:1"]}
    for task_type, index, expected in (
        ("chief", 0, 0),
        ("worker", 0, 1),
        ("worker", 1, 2),
    ):
        task = {"type": task_type, "index": index}
        config = json.dumps({"cluster": cluster, "task": task})
        monkeypatch.setenv("TF_CONFIG", config)
        assert workers.this_worker() == (3, expected)
    monkeypatch.delenv("TF_CONFIG")
    assert workers.this_worker() == (1, 0)


@pytest.mark.parametrize("resumed", [False, True])
@pytest.mark.parametrize("cluster", ["slurm", "kubernetes"])
def test_the_examples_tell_each_worker_its_place(here, cluster, resumed):
    executable(here / "bin" / "keras-darts", NOTE)
    executable(here / "bin" / "scontrol", "echo search-0; echo search-1")
    executable(
        here / "bin" / "srun",
        'shift; for i in 0 1; do SLURM_PROCID=$i "$@"; done',
    )
    environment = {
        **os.environ,
        "PATH": f"{here / 'bin'}:{os.environ['PATH']}",
        "RUN": "a run",
    }
    if resumed:
        (here / "a run" / "checkpoints").mkdir(parents=True)
        (here / "a run" / "checkpoints" / "ckpt-1.json").touch()
    for index in (0, 1) if cluster == "kubernetes" else (0,):
        done = subprocess.run(
            ["bash", "-euc", commands_of(cluster)],
            env={**environment, "JOB_COMPLETION_INDEX": str(index)}
            | {"SLURM_JOB_NODELIST": "search-[0-1]"},
        )
        assert done.returncode == 0
    configs, commands = noted(here)
    assert [c["task"]["index"] for c in configs] == [0, 1]
    names = [host.split(":")[0] for host in configs[0]["cluster"]["worker"]]
    assert [name.split(".")[0] for name in names] == ["search-0", "search-1"]
    (command,) = set(commands)
    assert "--output_dir=a run" in command
    assert ("--resume" in command) == resumed
    assert ("--dataset" in command) != resumed


def commands_of(cluster):
    if cluster == "slurm":
        return (CLUSTER / "slurm.sh").read_text()
    text = (CLUSTER / "kubernetes.yaml").read_text()
    script = re.search(r"args:\n +- \|\n((?: {14}.*\n)+)", text)[1]
    return textwrap.dedent(script)
