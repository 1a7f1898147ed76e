"""Every example runs, as a user would run it."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

# Where examples leave the network that they have exported.
EXPORTS = {
    "classify_text": "sentences/saved_model/1",
    "demo": "demo/digits/1",
    "search_ptb": "ptb/saved_model/1",
}

# Whose graphs are worth their making: the whole course of `make demo`, and a
# loop over the words of a text.
TRACED = ("demo", "search_ptb")

# Runs some of them one after the other, since to import TensorFlow takes
# longer than most of them, and says after each how it ended.
RUNNER = """
import json, runpy, sys
import keras
compiled = keras.Model.run_eagerly
eager = property(lambda model: True, lambda model, value: None)
for line in sys.stdin:
    traced, path, *sys.argv[1:] = json.loads(line)
    keras.Model.run_eagerly = compiled if traced else eager
    sys.argv[0] = path
    code = 0
    try:
        runpy.run_path(path, run_name="__main__")
    except SystemExit as end:
        code = end.code
    print("exit", code, "of", path, flush=True)
"""


def test_the_demo_runs(tmp_path):
    pytest.importorskip("ai_edge_litert", reason="the demo runs LiteRT files")
    check(run_all(["demo"], tmp_path), ["demo"], tmp_path)


def test_the_other_examples_run(tmp_path):
    names = [path.stem for path in EXAMPLES if path.stem != "demo"]
    assert len(names) == 6
    check(run_all(names, tmp_path), names, tmp_path)


def check(done, names, folder):
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("Done in") == len(names)
    for name in names:
        assert f"exit 0 of {ROOT / 'examples' / name}.py" in done.stdout
        if name in EXPORTS:
            assert (folder / "runs" / EXPORTS[name]).is_dir()


def test_examples_on_text_say_what_they_need(tmp_path):
    names = ["classify_text", "search_ptb"]
    done = run_all(names, tmp_path, flags=())
    assert done.stdout.count("exit 2 of") == 2
    count = done.stderr.count("--data_dir or --smoke must be given")
    assert count == 2


def run_all(names, folder, flags=("--smoke",)):
    lines = [
        json.dumps(
            [name in TRACED, str(ROOT / "examples" / f"{name}.py"), *flags]
        )
        for name in names
    ]
    return subprocess.run(
        [sys.executable, "-c", RUNNER],
        input="\n".join(lines),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=900,
    )
