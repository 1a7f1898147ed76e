"""What each subcommand leaves and says of running text, on a tiny corpus."""

import csv
import json
import re
import shutil

import pytest

from keras_darts import export
from keras_darts import training
from keras_darts.cli.main import main
from keras_darts.datasets import Vocabulary
from keras_darts.datasets import load_corpus


def history(folder):
    with (folder / "history.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_search_leaves_its_vocabulary_too(language_runs, corpus):
    names = {entry.name for entry in language_runs.search.iterdir()}
    assert names == {
        "alphas.npz",
        "cells",
        "checkpoints",
        "command.json",
        "config.json",
        "decisions.json",
        "genotype.json",
        "history.csv",
        "mixing_weights.npz",
        "tensorboard",
        "vocabulary.json",
    }
    kept = Vocabulary.load(language_runs.search / "vocabulary.json")
    assert kept == load_corpus(corpus).vocabulary
    assert "val_perplexity" in history(language_runs.search)[0]
    config = json.loads((language_runs.search / "config.json").read_text())
    rate = config["optimizer"]["config"]["learning_rate"]["config"]
    schedule = rate["schedule"]["config"]
    assert schedule["initial"] == schedule["minimum"] == 3.0


def test_a_search_says_what_it_does_and_what_comes_next(corpus, here, capsys):
    command = [
        *["search", "--search_space=tiny_rnn", f"--dataset={corpus}"],
        *["--level=character", "--hidden_size=6", "--max_tokens=500"],
        *["--strategy=gdas", "--batch_size=4", "--epochs=1"],
        "--output_dir=a",
    ]
    assert main(command) == 0
    text = capsys.readouterr().out
    for pattern in (
        "search: gdas in tiny_rnn, epochs: 1, seed: 0",
        r"data: corpus\d*: 1,760 characters for training",
        "500 are used for training and 500 for validation",
        r"a recurrent cell of 2 nodes with 6 units, [\d,]+ weights, 15 alphas",
        "device: .",
        "Genotype\\(recurrent=",
        "train --run=a --dataset=.* --level=character --output_dir=a-tr",
    ):
        assert re.search(pattern, text), (pattern, text)


def test_resume_goes_on_with_the_vocabulary_of_the_run(
    language_runs, here, capsys
):
    shutil.copytree(language_runs.search, "a")
    assert main(["search", "--output_dir=a", "--resume", "--epochs=2"]) == 0
    before, after = history(language_runs.search), history(here / "a")
    assert len(after) == 2
    assert after[0]["loss"] == before[0]["loss"]
    for part in ("train", "valid", "test"):
        (here / f"{part}.txt").write_text("quite other words\n" * 40)
    command = ["search", "--output_dir=a", "--resume", f"--dataset={here}"]
    assert main(command) == 1
    assert "`vocabulary` must know the tokens" in capsys.readouterr().err


def test_training_leaves_a_whole_run(language_runs, corpus):
    names = {entry.name for entry in language_runs.train.iterdir()}
    assert names == {
        "checkpoints",
        "command.json",
        "config.json",
        "evaluation.json",
        "genotype.json",
        "history.csv",
        "model.keras",
        "tensorboard",
        "vocabulary.json",
    }
    rows = history(language_runs.train)
    assert {"perplexity", "val_perplexity"} < set(rows[0])
    config = json.loads((language_runs.train / "config.json").read_text())
    assert config["recipe"]["name"] == "small_text"
    assert config["data"]["task"] == "language_modeling"
    assert config["network"]["config"]["hidden_size"] == 8
    model = training.load_network(language_runs.train)
    figures = training.evaluate_language_model(model, load_corpus(corpus).test)
    written = json.loads((language_runs.train / "evaluation.json").read_text())
    assert written["perplexity"] == pytest.approx(figures["perplexity"])


def test_the_seed_decides_a_training(language_runs, corpus, here):
    losses = [history(language_runs.train)[0]["loss"]]
    for seed in (0, 1):
        command = [
            *["train", f"--run={language_runs.search}", "--epochs=1"],
            *[f"--dataset={corpus}", "--hidden_size=8", "--batch_size=4"],
            *[f"--output_dir=a{seed}", f"--seed={seed}"],
        ]
        assert main(command) == 0
        losses.append(history(here / f"a{seed}")[0]["loss"])
    assert losses[0] == losses[1] != losses[2]


def test_a_run_is_evaluated_token_after_token(language_runs, capsys):
    path = language_runs.train / "evaluation.json"
    trained = json.loads(path.read_text())
    assert main(["evaluate", f"--run={language_runs.train}"]) == 0
    again = json.loads(path.read_text())
    assert again["perplexity"] == pytest.approx(trained["perplexity"])
    assert "perplexity" in capsys.readouterr().out


def test_another_text_must_be_one_of_the_vocabulary(
    language_runs, here, capsys
):
    for part in ("train", "valid", "test"):
        (here / f"{part}.txt").write_text("quite other words\n" * 4)
    command = ["evaluate", f"--run={language_runs.train}"]
    assert main([*command, f"--dataset={here}"]) == 1
    assert "`vocabulary` must know the tokens" in capsys.readouterr().err


def test_a_run_draws_its_cell_and_its_alphas(language_runs, here):
    command = ["plot", f"--run={language_runs.search}", "--alphas"]
    assert main([*command, "--output_dir=."]) == 0
    assert {entry.name for entry in here.iterdir()} == {
        "search_recurrent.svg",
        "search_alphas_recurrent.svg",
    }
    drawn = (here / "search_alphas_recurrent.svg").read_text()
    assert all(name in drawn for name in ("tanh", "sigmoid", "identity"))


def test_exports_have_the_vocabulary_and_say_the_same(language_runs, corpus):
    trained = json.loads((language_runs.train / "evaluation.json").read_text())
    for name, written in (
        ("text", "text/1/assets.extra/evaluation.json"),
        ("text.tflite", "text.evaluation.json"),
        ("text.onnx", "text.evaluation.json"),
        ("text.keras", "text.evaluation.json"),
    ):
        path = language_runs.exports / name
        assert main(["evaluate", f"--model={path}", f"--dataset={corpus}"]) == 0
        figures = json.loads((language_runs.exports / written).read_text())
        assert figures["num_tokens"] == trained["num_tokens"]
        assert figures["perplexity"] == pytest.approx(
            trained["perplexity"], rel=1e-4
        )


def test_an_export_in_eight_bits_says_nearly_the_same(language_runs, corpus):
    path = language_runs.exports / "text_int8.tflite"
    assert main(["evaluate", f"--model={path}", f"--dataset={corpus}"]) == 0
    figures = json.loads(path.with_suffix(".evaluation.json").read_text())
    trained = json.loads((language_runs.train / "evaluation.json").read_text())
    assert figures["loss"] == pytest.approx(trained["loss"], rel=0.05)


def test_raw_text_goes_into_an_export_that_says_so(language_runs, here, capsys):
    pytest.importorskip("tensorflow_text", reason="the export splits words")
    command = ["export", f"--run={language_runs.train}", "--name=raw"]
    assert main([*command, "--raw_text", "--format=saved_model"]) == 0
    scores = export.load("saved_models/raw").score(["the cat saw the dog"])
    assert scores["perplexity"].shape == (1,)


def test_a_text_goes_on_the_same_from_a_run_and_from_its_exports(
    language_runs, capsys
):
    texts = []
    for flag in (
        f"--run={language_runs.train}",
        f"--model={language_runs.exports / 'text'}",
        f"--model={language_runs.exports / 'text.tflite'}",
        f"--model={language_runs.exports / 'text.onnx'}",
        f"--model={language_runs.exports / 'text.keras'}",
    ):
        command = ["generate", flag, "--prompt=the cat"]
        command += ["--num_tokens=12", "--temperature=0.8", "--top_k=4"]
        capsys.readouterr()
        assert main([*command, "--seed=1"]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0].startswith("the cat ")
    assert set(texts) == {texts[0]}
    kept = Vocabulary.load(language_runs.train / "vocabulary.json")
    assert len(kept.encode(texts[0], end=False)) in (14, 15)


def test_a_prompt_of_unknown_words_is_an_error(language_runs, capsys):
    command = ["generate", f"--run={language_runs.train}"]
    assert main([*command, "--prompt=the elephant"]) == 1
    assert "'elephant'" in capsys.readouterr().err


def test_a_search_generates_nothing(language_runs, capsys):
    assert main(["generate", f"--run={language_runs.search}"]) == 1
    assert "`keras-darts train` makes one" in capsys.readouterr().err
