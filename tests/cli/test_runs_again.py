"""Commands whose `--output_dir` holds a run already."""

import json
import shutil

import pytest

from keras_darts.cli.main import main

SEARCH = [
    *["search", "--search_space=tiny", "--dataset=digits"],
    *["--max_examples=64", "--batch_size=16", "--epochs=2"],
]
TRAIN = [
    *["train", "--filters=2", "--num_cells=2", "--dataset=digits"],
    *["--max_examples=64", "--epochs=2"],
]


def command(run_type, runs):
    """The one that has made the run of the fixture."""
    return SEARCH if run_type == "search" else [*TRAIN, f"--run={runs.search}"]


def content(folder, name="history.csv"):
    return (folder / name).read_bytes()


@pytest.fixture(params=["search", "train"])
def earlier(request, runs, here):
    """(its command, the folder of a copy, the file with what was learned)."""
    folder = getattr(runs, request.param)
    shutil.copytree(folder, here / "a")
    learned = "alphas.npz" if request.param == "search" else "model.keras"
    return command(request.param, runs), here / "a", learned


def test_a_finished_run_is_loaded_and_left_alone(earlier, capsys):
    line, folder, learned = earlier
    before = content(folder), content(folder, learned)
    assert main([*line, f"--output_dir={folder}"]) == 0
    output = capsys.readouterr().out
    assert "finished: loaded" in output
    assert "Epoch" not in output
    assert "next: " in output
    assert (content(folder), content(folder, learned)) == before


def test_other_flags_are_refused_and_leave_the_run(earlier, capsys):
    line, folder, learned = earlier
    before = content(folder, "command.json"), content(folder, learned)
    assert main([*line, f"--output_dir={folder}", "--seed=3"]) == 1
    assert "seed" in capsys.readouterr().err
    assert (content(folder, "command.json"), content(folder, learned)) == before


def test_a_run_is_written_over_if_asked(earlier, capsys):
    line, folder, learned = earlier
    (folder / "mine.txt").write_text("notes")
    before = content(folder)
    again = [*line, f"--output_dir={folder}", "--overwrite", "--seed=3"]
    assert main(again) == 0
    assert "finished: loaded" not in capsys.readouterr().out
    assert content(folder) != before
    assert json.loads((folder / "command.json").read_text())["seed"] == 3
    assert (folder / "mine.txt").read_text() == "notes"


def test_what_is_no_such_run_is_not_written_over(runs, here, capsys):
    (here / "photos").mkdir()
    (here / "photos" / "a.txt").write_text("mine")
    shutil.copytree(runs.search, here / "found")
    for folder in ("photos", "found"):
        line = [*command("train", runs), f"--output_dir={folder}"]
        assert main([*line, "--overwrite"]) == 1
        assert "for overwrite=True" in capsys.readouterr().err
    assert (here / "photos" / "a.txt").exists()
    assert (here / "found" / "alphas.npz").exists()
    assert main([*SEARCH, "--output_dir=found", "--overwrite", "--resume"]) == 1
    assert "must be left out with --resume" in capsys.readouterr().err


def test_without_a_whole_checkpoint_nothing_says_to_resume(
    earlier, runs, capsys
):
    line, folder, _ = earlier
    for seal in (folder / "checkpoints").glob("ckpt-*.json"):
        seal.write_text("{")
    resumed = [line[0], f"--output_dir={folder}", "--resume"]
    assert main(resumed) == 1
    output = capsys.readouterr()
    assert "resume:" not in output.out
    assert "whose checkpoints are all damaged" in output.err
