"""The benchmarks of a step measure what they say, at a tiny size."""

import json

import pytest
from running import run

TINY = {
    "image": {
        "filters": 2,
        "num_cells": 3,
        "batch_size": 2,
        "image_size": 8,
    },
    "recurrent": {
        "hidden_size": 4,
        "vocabulary_size": 9,
        "segment_length": 3,
        "batch_size": 2,
    },
}
# What the original has no choice of.
SMALL_CELLS = {
    "image": {"num_cells": 2, "num_nodes": 1, "num_primitives": 5},
    "recurrent": {"num_nodes": 1},
}
ORIGINALS = {
    "image": ["original, channels_first", "original, channels_last"],
    "recurrent": ["original"],
}


def figures(search, tmp_path, *switches, **flags):
    """The printed text, and what was written to the file."""
    flags = {"search": search, "steps": 2, **TINY[search], **flags}
    output = tmp_path / "figures.json"
    done = run("step_time", *switches, output=output, **flags)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(output.read_text())


@pytest.mark.parametrize("search", TINY)
def test_a_step_is_timed_and_its_graph_and_memory_measured(search, tmp_path):
    text, report = figures(
        search,
        tmp_path,
        "--breakdown",
        step_types="first_order",
        **SMALL_CELLS[search],
    )
    (result,) = report["results"]
    assert (result["step_type"], result["code"]) == (
        "first_order",
        "keras_darts",
    )
    assert len(result["seconds"]) == len(result["cpu_seconds"]) == 2
    assert min(result["seconds"]) > 0
    # The import of TensorFlow alone takes more than this.
    assert result["first_step_seconds"] > 1
    assert result["peak_bytes"] > 1e8
    assert result["operations"] > 1000
    assert f"{result['operations']:,}" in text
    assert "| first_order | keras_darts |" in text
    assert report["versions"]["tensorflow"] in text
    assert 0 < report["peak_gflops"]["one_thread"] < 1e5
    assert_broken_down(result, report["machine"]["cores"], text)


def assert_broken_down(result, threads, text):
    """Operations don't hold each other, so that none counts twice."""
    step = result["breakdown"]
    spent = {name: seconds for name, seconds, _ in step["operations"]}
    assert sum(spent.values()) <= step["seconds"] * threads
    assert all(calls >= 1 for *_, calls in step["operations"])
    assert {"Mul", "MatMul"} < set(spent)
    assert max(spent, key=spent.get) in text


def test_a_step_is_as_many_products_as_its_layers_and_gradients(
    in_threads, tmp_path
):
    _, report = figures(
        "recurrent",
        tmp_path,
        step_types="weight,exact",
        num_nodes=1,
        segment_length=2,
    )
    weight, exact = report["results"]
    # Two for the input and the state, and one an edge, from 4 units to 8;
    # and 9 words from 4 units; of 2 words in 2 texts, forward and for the
    # gradients of either factor.
    products = (2 + 1) * 4 * 8 + 4 * 9
    assert weight["flop"] == 2 * 3 * products * 2 * 2
    assert (exact["step_type"], exact["code"]) == ("exact", "keras_darts")
    assert exact["flop"] > 3 * weight["flop"]


@pytest.mark.parametrize("search", TINY)
@pytest.mark.parametrize("step_type", ["weight", "first_order", "second_order"])
def test_the_original_code_takes_turns_and_is_compared(
    original, tmp_path, step_type, search
):
    text, report = figures(
        search, tmp_path, step_types=step_type, original=original
    )
    ours, *theirs = report["results"]
    assert ours["code"] == "keras_darts"
    for code, result in zip(ORIGINALS[search], theirs, strict=True):
        assert result["code"] == code
        assert len(result["seconds"]) == len(ours["seconds"]) == 2
        assert "operations" not in result
        assert f"| {step_type} | {code} / keras_darts |" in text
    assert original not in json.dumps(report)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"step_types": "weight,third_order"}, "third_order"),
        ({"search": "fast"}, "fast"),
        ({"layouts": "channels_lost"}, "channels_lost"),
        ({"search": "recurrent", "layouts": "channels_last"}, "--layouts"),
        ({"steps": 0}, "--steps"),
        ({"original": "nowhere"}, "nowhere/cnn/architect.py"),
        (
            {"search": "recurrent", "original": "nowhere"},
            "nowhere/rnn/architect.py",
        ),
        ({"num_nodes": 2, "original": "nowhere"}, "--num_nodes"),
    ],
)
def test_a_wrong_flag_is_refused_before_anything_is_measured(flags, message):
    done = run("step_time", **flags)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_worker_that_dies_is_named():
    sizes = {**TINY["image"], **SMALL_CELLS["image"], "image_size": 9}
    done = run("step_time", **sizes, step_types="weight", steps=1)
    assert done.returncode == 1
    assert "The weight step of keras_darts ended" in done.stderr
