"""`keras-darts estimate` estimates a search and runs none."""

import re

import pytest

from keras_darts.cli import step_times
from keras_darts.cli.main import main
from keras_darts.search import memory

PLAN = [
    *["estimate", "--dataset=digits", "--search_space=tiny", "--epochs=3"],
    *["--max_examples=40", "--batch_size=8", "--num_cells=6"],
]


def test_a_plan_has_the_steps_the_memory_and_what_needs_less(here, capsys):
    assert main([*PLAN, "--notime"]) == 0
    text = capsys.readouterr().out
    assert "time:" not in text
    assert "search: darts in tiny, epochs: 3" in text
    assert "steps: 2 an epoch, 6 in all" in text
    estimated = float(
        re.search(r"estimated peak memory: (.*) GB, batch 8", text)[1]
    )
    assert 0.5 < estimated < 1.5
    changes = re.findall(r"^ +[\d.]+ GB  (.*)$", text, re.MULTILINE)
    assert changes == [
        *["rematerialize=True", "gradient_accumulation_steps=2"],
        *["gradient_accumulation_steps=4", 'dtype="mixed_bfloat16"'],
        *["batch_size=4", "batch_size=2"],
    ]
    assert not list(here.iterdir())


def test_a_plan_leaves_out_what_is_chosen(here, capsys):
    chosen = ["--dtype=mixed_bfloat16", "--gradient_accumulation_steps=2"]
    assert main([*PLAN, "--rematerialize", "--notime", *chosen]) == 0
    text = capsys.readouterr().out
    for change in (
        "rematerialize=True",
        "gradient_accumulation_steps=2",
        "dtype",
    ):
        assert change not in text
    assert "gradient_accumulation_steps=4" in text
    assert main([*PLAN, "--gradient_accumulation_steps=3"]) == 1
    assert (
        "`gradient_accumulation_steps` must divide" in capsys.readouterr().err
    )


def test_a_plan_says_where_memory_is_too_little(here, capsys, monkeypatch):
    monkeypatch.setattr(memory, "memory_limit", lambda: 10**8)
    assert main(PLAN) == 0
    output = capsys.readouterr().out
    assert "memory to be had: 0.1 GB, TOO LITTLE" in output
    assert "time: not measured, since memory does not suffice" in output


def test_a_plan_of_a_recurrent_search_is_refused(here, capsys):
    command = ["estimate", "--dataset=x", "--search_space=tiny_rnn"]
    assert main(command) == 1
    assert "`search_space` must be one of images" in capsys.readouterr().err


@pytest.mark.parametrize("strategy", ["pc_darts", "darts_pt"])
def test_a_plan_says_how_long_the_search_takes(strategy, here, capsys):
    assert main([*PLAN, f"--strategy={strategy}", "--filters=4"]) == 0
    output = capsys.readouterr().out
    match = re.search(
        r"^time: about (\S+ \w+).* on this machine: .* to the first step, "
        r"then (\d+) epochs of .* \((\d+) steps of (\S+) s",
        output,
        re.MULTILINE,
    )
    assert match, output
    assert int(match[3]) == 2 and float(match[4]) > 0
    # Its discretizer decides in epochs of its own.
    assert (int(match[2]) > 3) == (strategy == "darts_pt")
    less = "less where the weights are trained alone at first"
    assert (less in output) == (strategy == "pc_darts")
    assert not list(here.iterdir())


def test_time_is_the_sum_of_what_was_measured():
    result = step_times.StepTimes(start=30.0, step=0.5, judged_batch=0.25)
    assert result.epoch(steps=100, judged_batches=40) == 60.0
    words = result.in_words(epochs=50, steps=100, judged_batches=40)
    assert words.startswith("about 51 min on this machine: 30 s to the first")
    assert "100 steps of 0.5 s and 10 s of validation" in words
