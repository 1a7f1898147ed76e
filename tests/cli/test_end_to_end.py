"""From a data set to a served architecture, the training its own process."""

import json
import subprocess
import sys

import pytest

from keras_darts import export
from keras_darts.cli.main import main


def test_digits_from_search_to_export(here, environment, capsys):
    def run(*arguments):
        assert main([*arguments]) == 0
        return capsys.readouterr().out

    small = ["--dataset=digits", "--filters=8", "--num_cells=2"]
    search = [*small, "--search_space=tiny_convolutions", "--epochs=1"]
    search += ["--max_examples=128"]
    assert "Genotype(" in run("search", "--output_dir=a", *search)
    train = ["train", "--run=a", "--output_dir=b", "--epochs=12", *small]
    done = subprocess.run(
        [sys.executable, "-m", "keras_darts", *train],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert "test images" in done.stdout
    trained = json.loads((here / "b" / "evaluation.json").read_text())
    assert trained["accuracy"] > 0.8
    run("export", "--run=b", "--quantization=none,int8")
    assert (here / "saved_models" / "digits.tflite").is_file()
    card = export.model_card(here / "saved_models" / "digits_int8.tflite")
    assert card["parity"]["samples"] == card["accuracy"]["inputs"] == 359
    assert card["parity"]["top1_agreement"] >= 0.97
    assert card["accuracy"]["network"] == pytest.approx(trained["accuracy"])
    assert card["accuracy"]["export"] > trained["accuracy"] - 0.03
    assert card["calibration"]["classes"] == 10
    output = run("evaluate", "--model=saved_models/digits", "--dataset=digits")
    accuracy = float(output.split("accuracy ")[1].split("%")[0]) / 100
    assert accuracy == pytest.approx(trained["accuracy"], abs=0.001)
    run("plot", "--run=a", "--alphas", "--format=svg,png")
    assert len([*(here / "a" / "cells").iterdir()]) == 8
