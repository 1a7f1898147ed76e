"""The benchmarks of a step measure what they say, at a tiny size."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
TINY = {
    "step_time": {
        "filters": 2,
        "num_cells": 3,
        "batch_size": 2,
        "image_size": 8,
    },
    "recurrent_step_time": {
        "hidden_size": 4,
        "vocabulary_size": 9,
        "segment_length": 3,
        "batch_size": 2,
    },
}
ORIGINALS = {
    "step_time": ["original, channels_first", "original, channels_last"],
    "recurrent_step_time": ["original"],
}


def run(script, **flags):
    flags = [f"--{name}={value}" for name, value in flags.items()]
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return subprocess.run(
        [sys.executable, ROOT / "benchmarks" / f"{script}.py", *flags],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        capture_output=True,
        text=True,
        timeout=300,
    )


def figures(script, tmp_path, **flags):
    """The printed text, and what was written to the file."""
    output = tmp_path / "figures.json"
    done = run(script, **TINY[script], steps=2, output=output, **flags)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(output.read_text())


@pytest.fixture(scope="module")
def original():
    """A checkout of quark0/darts with PyTorch, or a skip."""
    folder = os.environ.get("KERAS_DARTS_TEST_ORIGINAL")
    if not folder:
        pytest.skip(
            "set KERAS_DARTS_TEST_ORIGINAL to a checkout of quark0/darts"
        )
    pytest.importorskip("torch")
    return folder


@pytest.mark.parametrize("script", TINY)
def test_a_step_is_timed_and_its_graph_and_memory_measured(script, tmp_path):
    text, report = figures(script, tmp_path, kinds="first_order")
    (found,) = report["results"]
    assert (found["kind"], found["code"]) == ("first_order", "keras_darts")
    assert len(found["seconds"]) == len(found["cpu_seconds"]) == 2
    assert min(found["seconds"]) > 0
    # The import of TensorFlow alone takes more than this.
    assert found["first_step_seconds"] > 1
    assert found["peak_bytes"] > 1e8
    assert found["operations"] > 1000
    assert f"{found['operations']:,}" in text
    assert "| first_order | keras_darts |" in text
    assert report["versions"]["tensorflow"] in text


@pytest.mark.parametrize("script", TINY)
@pytest.mark.parametrize("kind", ["weight", "first_order", "second_order"])
def test_the_original_code_takes_turns_and_is_compared(
    original, tmp_path, kind, script
):
    text, report = figures(script, tmp_path, kinds=kind, original=original)
    ours, *theirs = report["results"]
    assert ours["code"] == "keras_darts"
    for code, found in zip(ORIGINALS[script], theirs, strict=True):
        assert found["code"] == code
        assert len(found["seconds"]) == len(ours["seconds"]) == 2
        assert found["operations"] is None
        assert f"| {kind} | {code} / keras_darts |" in text
    assert original not in json.dumps(report)


@pytest.mark.parametrize(
    ("script", "flags", "message"),
    [
        ("step_time", {"kinds": "weight,third_order"}, "third_order"),
        ("step_time", {"layouts": "channels_lost"}, "channels_lost"),
        ("step_time", {"steps": 0}, "--steps"),
        ("step_time", {"original": "nowhere"}, "nowhere/cnn/architect.py"),
        (
            "recurrent_step_time",
            {"original": "nowhere"},
            "nowhere/rnn/architect.py",
        ),
    ],
)
def test_a_wrong_flag_is_refused_before_anything_is_measured(
    script, flags, message
):
    done = run(script, **flags)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_worker_that_dies_is_named():
    sizes = {**TINY["step_time"], "image_size": 9}
    done = run("step_time", **sizes, kinds="weight", steps=1)
    assert done.returncode == 1
    assert "The weight step of keras_darts ended" in done.stderr
