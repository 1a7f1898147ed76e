"""What a tuning says of its trials while one waits."""

import re

import pytest
from tiny_tuning import FIT
from tiny_tuning import X
from tiny_tuning import Y
from tiny_tuning import make

pytestmark = pytest.mark.usefixtures("quick")


def output(tmp_path, capsys, **options):
    tuner = make(tmp_path, **options)
    tuner.search(X, Y, **{**FIT, "verbose": 2})
    return tuner, capsys.readouterr().out


def test_trials_are_named_as_their_folders_are_and_none_is_added_up(
    tmp_path, capsys
):
    options = {
        "max_trials": 2,
        "objective": ["val_loss", "parameters"],
        "random_baseline": 1,
    }
    tuner, words = output(tmp_path, capsys, **options)
    ids = sorted(trial.trial_id for trial in tuner.completed_trials())
    figures = r"val_loss [\d.]+, parameters \d+"
    assert re.findall(r"^trial (\d+) of 2: ", words, re.M) == ids
    assert re.findall(rf"^trial (\d+) in .*: {figures}", words, re.M) == ids
    folders = {f"trial_{name}" for name in ids}
    assert folders <= {path.name for path in (tmp_path / "a").iterdir()}
    front = [row["trial"] for row in tuner.get_pareto()]
    last = re.findall(r"^beaten by no other so far: (.*)$", words, re.M)[-1]
    assert last.split(", ") == front
    for of_keras_tuner in ("Trial #", "So Far", "multi_objective"):
        assert of_keras_tuner not in words
    heading = words.index("random baseline: 1 random genotypes")
    line = re.search(r"^random genotype 0: .*val_loss .*$", words, re.M)
    assert line.start() > heading
    # What is there needs no search; a quiet one says nothing.
    again = make(tmp_path, **options)
    capsys.readouterr()
    again.search(X, Y, **FIT)
    assert capsys.readouterr().out == ""


def test_the_best_of_a_single_figure_is_told_with_it(tmp_path, capsys):
    tuner, words = output(tmp_path, capsys, objective="val_loss")
    (best,) = tuner.completed_trials()
    assert f"best so far: trial {best.trial_id}, val_loss" in words
