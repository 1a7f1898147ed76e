"""Architectures of NAS-Bench-201 on the command line."""

import json

import keras
import numpy as np

from keras_darts import genotypes
from keras_darts.cli.main import main

TEXT = "|nor_conv_3x3~0|+|none~0|skip_connect~1|"


def test_a_string_is_trained_by_the_recipe_of_the_benchmark(here, capsys):
    command = [
        *["train", f"--genotype={TEXT}", "--dataset=digits"],
        *["--output_dir=a", "--max_examples=32", "--batch_size=16"],
        *["--epochs=1", "--filters=2", "--num_cells=1"],
        "--recipe=nas_bench_201",
    ]
    assert main(command) == 0
    assert "three stages of 1 cells of 2 filters" in capsys.readouterr().out
    config = json.loads((here / "a" / "config.json").read_text())
    assert config["network"]["name"] == "NasBench201Network"
    assert config["recipe"]["optimizer"]["config"]["nesterov"]
    saved = genotypes.load(here / "a" / "genotype.json")
    assert saved.to_text() == TEXT
    model = keras.models.load_model(here / "a" / "model.keras")
    assert model(np.zeros((1, 8, 8, 1), "float32")).shape == (1, 10)


def test_a_string_and_a_drawn_one_are_drawn(here):
    for architecture, name in ((TEXT, "genotype"), ("random:3", "random_3")):
        command = ["plot", f"--genotype={architecture}"]
        assert main([*command, "--search_space=nas_bench_201"]) == 0
        assert (here / f"{name}_cell.svg").exists()


def test_a_string_that_is_none_is_explained(here, capsys):
    assert main(["plot", "--genotype=|nor_conv_3x3~1|"]) == 1
    assert "`text` must have a genotype in it" in capsys.readouterr().err


def test_an_auxiliary_head_is_refused(here, capsys):
    command = [
        *["train", f"--genotype={TEXT}", "--dataset=digits", "--auxiliary"],
        *["--output_dir=a", "--max_examples=32", "--batch_size=16"],
    ]
    assert main(command) == 1
    assert "`auxiliary` must be left out" in capsys.readouterr().err
