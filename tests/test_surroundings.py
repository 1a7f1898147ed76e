"""Surroundings that are not TensorFlow on Linux: refused by name, or served."""

import os
import subprocess
import sys

# What another back end has nothing to do with.
LIGHT = {
    *("__version__", "Genotype", "NasBench201Genotype", "RecurrentGenotype"),
    *("configure_cpu", "genotypes"),
}

_NAMES = """
import keras_darts as kd
for name in kd.__all__:
    try:
        getattr(kd, name)
        print(name, "")
    except ImportError as error:
        print(name, error)
"""

# As Windows has it, or lacks it.
_WINDOWS = """
import os, signal, sys
for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[name] = None
for name in ("SIGALRM", "SIGKILL", "alarm", "pthread_sigmask"):
    delattr(signal, name)
for name in ("fork", "getuid", "sysconf"):
    delattr(os, name)
"""


def printed(program, **environment):
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )
    assert not done.returncode, done.stderr
    return done.stdout


def test_all_that_computes_refuses_another_backend_in_one_sentence():
    answers = dict(
        line.partition(" ")[::2]
        for line in printed(_NAMES, KERAS_BACKEND="torch").splitlines()
    )
    refused = {name for name, answer in answers.items() if answer}
    assert LIGHT & refused == set()
    assert {"DartsSearch", "DartsTuner", "ImageClassifier"} <= refused
    assert {"datasets", "export", "networks", "training"} <= refused
    for name in refused:
        assert "set KERAS_BACKEND=tensorflow" in answers[name]
        assert "'torch', by KERAS_BACKEND" in answers[name]


def test_a_backend_that_is_not_installed_is_refused_too(tmp_path):
    (tmp_path / "keras.json").write_text('{"backend": "jax"}')
    program = f'import os\nos.environ.pop("KERAS_BACKEND", None)\n{_NAMES}'
    answers = dict(
        line.partition(" ")[::2]
        for line in printed(program, KERAS_HOME=str(tmp_path)).splitlines()
    )
    refused = {name: answer for name, answer in answers.items() if answer}
    assert {"DartsSearch", "callbacks", "architects"} <= set(refused)
    for name, answer in refused.items():
        assert "set KERAS_BACKEND=tensorflow" in answer, name
        assert "'jax', by keras.json" in answer, name


def test_windows_has_every_public_name_and_the_tuner_its_locks(tmp_path):
    program = f"""{_WINDOWS}
import warnings
warnings.simplefilter("ignore")
import keras_darts as kd
for name in kd.__all__:
    getattr(kd, name)
from keras_darts.tuner.project import GenotypeCache
cache = GenotypeCache({str(tmp_path)!r})
figures = cache.trained({{"seed": 1}}, lambda folder: {{"loss": 0.5}})
print(figures, cache.is_free({{"seed": 1}}))
"""
    assert printed(program).strip() == "{'loss': 0.5} True"


def test_windows_has_the_help_of_every_command():
    program = f"""{_WINDOWS}
from keras_darts.cli import main
for name in main.COMMANDS:
    assert main.main([name, "--help"]) == 0
assert "tensorflow" not in sys.modules
"""
    assert printed(program).count("Usage: keras-darts") == 10
