"""Training and prediction of derived networks are measured, at a tiny size."""

import json

import pytest
from running import run

TINY = {
    "image": {"filters": 2, "num_cells": 2, "batch_size": 2},
    "language": {
        "hidden_size": 4,
        "vocabulary_size": 9,
        "segment_length": 3,
        "batch_size": 2,
    },
}
ITEMS = {"image": 2, "language": 6}


def figures(network, tmp_path, **flags):
    output = tmp_path / "figures.json"
    flags = {"network": network, "steps": 1, **TINY[network], **flags}
    done = run("derived_step_time", "--breakdown", output=output, **flags)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(output.read_text())


@pytest.mark.parametrize("network", TINY)
def test_training_multiplies_three_times_as_often_as_prediction(
    network, in_threads, tmp_path
):
    text, report = figures(network, tmp_path)
    training, prediction = report["results"]
    assert training["step_type"] == "training"
    assert training["items"] == prediction["items"] == ITEMS[network]
    assert training["operations"] > prediction["operations"] > 0
    if network == "language":
        products = 2 + 8
        macs = 6 * (products * 4 * 8 + 9 * 4)
        assert prediction["flop"] == 2 * macs
        assert training["flop"] == 3 * prediction["flop"]
    else:
        # The auxiliary head is there in training only.
        assert training["flop"] > 3 * prediction["flop"]
    assert "training of keras_darts" in text
    assert "| prediction | keras_darts |" in text


@pytest.mark.parametrize("network", TINY)
def test_the_original_network_takes_turns(network, tmp_path, original):
    text, report = figures(network, tmp_path, original=original)
    codes = {"image": 3, "language": 2}[network]
    assert len(report["results"]) == 2 * codes
    assert "| training | original" in text
    assert original not in json.dumps(report)
