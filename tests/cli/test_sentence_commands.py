"""What each subcommand leaves and says of sentences, on a few of them."""

import csv
import json
import re
import shutil

import pytest

from keras_darts import export
from keras_darts import training
from keras_darts.cli.main import main
from keras_darts.datasets import Vocabulary


def history(folder):
    with (folder / "history.csv").open() as file:
        return list(csv.DictReader(file))


def test_a_search_leaves_its_vocabulary_too(sentence_runs):
    names = {entry.name for entry in sentence_runs.search.iterdir()}
    assert {"genotype.json", "history.csv", "vocabulary.json"} < names
    assert len(history(sentence_runs.search)) == 1


def test_a_search_says_what_it_does_and_what_comes_next(
    sentences, here, capsys
):
    command = [
        *["search", "--search_space=tiny_text", f"--dataset={sentences}"],
        *["--max_vocabulary=9", "--sequence_length=4", "--max_examples=16"],
        *["--batch_size=4", "--epochs=1", "--output_dir=a"],
    ]
    assert main(command) == 0
    text = capsys.readouterr().out
    for pattern in (
        "search: darts in tiny_text, epochs: 1, seed: 0",
        r"48 for train, 16 for valid, 8 for test, 2 classes, 9 words known",
        "of these 16 are used for training",
        r"2 cells of 2 filters, [\d,]+ weights, 12 alphas",
        "8 for the weights, 8 for the architecture",
        "--max_vocabulary=9 --sequence_length=4 --output_dir=a-trained",
    ):
        assert re.search(pattern, text), (pattern, text)


def test_resume_goes_on(sentence_runs, here):
    shutil.copytree(sentence_runs.search, "a")
    assert main(["search", "--output_dir=a", "--resume", "--epochs=2"]) == 0
    before, after = history(sentence_runs.search), history(here / "a")
    assert [row["loss"] for row in after][:1] == [before[0]["loss"]]
    assert len(after) == 2


def test_training_leaves_a_whole_run_chosen_by_the_valid_part(sentence_runs):
    rows = history(sentence_runs.train)
    assert {"accuracy", "val_accuracy"} < set(rows[0])
    config = json.loads((sentence_runs.train / "config.json").read_text())
    assert config["recipe"]["name"] == "sentences"
    assert config["data"]["task"] == "text_classification"
    assert config["data"]["label_names"] == ["bad", "good"]
    network = training.load_network(sentence_runs.train)
    assert network.filters == 2
    kept = Vocabulary.load(sentence_runs.train / "vocabulary.json")
    assert len(kept) == network.vocabulary_size
    figures = json.loads((sentence_runs.train / "evaluation.json").read_text())
    assert figures["num_examples"] == 8


def test_exports_say_the_same_as_the_run(sentence_runs, sentences):
    trained = json.loads((sentence_runs.train / "evaluation.json").read_text())
    assert main(["evaluate", f"--run={sentence_runs.train}"]) == 0
    again = json.loads((sentence_runs.train / "evaluation.json").read_text())
    assert again == trained
    for name, written in (
        ("films", "films/1/assets.extra/evaluation.json"),
        ("films.tflite", "films.evaluation.json"),
        ("films.onnx", "films.evaluation.json"),
    ):
        model = f"--model={sentence_runs.exports / name}"
        assert main(["evaluate", model, f"--dataset={sentences}"]) == 0
        figures = json.loads((sentence_runs.exports / written).read_text())
        assert figures["loss"] == pytest.approx(trained["loss"], rel=1e-4)
    assert (sentence_runs.exports / "films_int8.tflite").exists()


def test_raw_sentences_go_into_an_export_that_says_so(
    sentence_runs, sentences, here
):
    pytest.importorskip("tensorflow_text", reason="the export splits words")
    command = ["export", f"--run={sentence_runs.train}", "--name=raw"]
    assert main([*command, "--raw_text", "--format=saved_model"]) == 0
    outputs = export.load("saved_models/raw")(["a fine film"])
    assert outputs["probabilities"].shape == (1, 2)
    model = "--model=saved_models/raw"
    assert main(["evaluate", model, f"--dataset={sentences}"]) == 0
    written = here / "saved_models" / "raw" / "1" / "assets.extra"
    figures = json.loads((written / "evaluation.json").read_text())
    trained = json.loads((sentence_runs.train / "evaluation.json").read_text())
    assert figures["loss"] == pytest.approx(trained["loss"], rel=1e-4)


@pytest.mark.parametrize(
    ("flag", "model"), [("run", "train"), ("model", "exports/films")]
)
def test_sentences_of_other_classes_are_refused(
    flag, model, sentence_runs, here, capsys
):
    for part in ("train", "test"):
        lines = "\n".join(f"{label} so it is" for label in "abc")
        (here / f"{part}.txt").write_text(lines)
    path = sentence_runs.train.parent / model
    assert main(["evaluate", f"--{flag}={path}", f"--dataset={here}"]) == 1
    assert "the 2 classes of the model" in capsys.readouterr().err


def test_the_genotype_tells_what_it_is_for(sentence_runs, here, capsys):
    command = ["train", "--output_dir=a", "--dataset=digits"]
    path = sentence_runs.search / "genotype.json"
    assert main([*command, f"--genotype={path}"]) == 1
    assert "`dataset` must be" in capsys.readouterr().err


def test_sentences_are_no_text_to_go_on_with(sentence_runs, capsys):
    for flag in (
        f"--run={sentence_runs.train}",
        f"--model={sentence_runs.exports / 'films'}",
    ):
        assert main(["generate", flag]) == 1
        assert "model" in capsys.readouterr().err
