"""What a tuning says of its trials while one waits."""

import re

from tiny_tuning import FIT
from tiny_tuning import X
from tiny_tuning import Y
from tiny_tuning import make


def said(tmp_path, capsys, **options):
    tuner = make(tmp_path, max_trials=2, **options)
    tuner.search(X, Y, **{**FIT, "verbose": 2})
    return tuner, capsys.readouterr().out


def test_trials_are_named_as_their_folders_are(tmp_path, capsys):
    tuner, words = said(tmp_path, capsys, objective="val_loss")
    ids = sorted(trial.trial_id for trial in tuner.completed_trials())
    assert re.findall(r"^trial (\d+) of 2: ", words, re.M) == ids
    assert re.findall(r"^trial (\d+) in .*: val_loss ", words, re.M) == ids
    folders = {f"trial_{name}" for name in ids}
    assert folders <= {path.name for path in (tmp_path / "a").iterdir()}
    best = tuner.completed_trials()[0]
    last = re.findall(r"^best so far: trial (\d+), val_loss", words, re.M)[-1]
    assert last == best.trial_id
    for of_keras_tuner in ("Trial #", "Best val_loss So Far"):
        assert of_keras_tuner not in words


def test_several_objectives_are_named_and_never_added_up(tmp_path, capsys):
    tuner, words = said(tmp_path, capsys, objective=["val_loss", "parameters"])
    assert "multi_objective" not in words
    unbeaten = [row["trial"] for row in tuner.get_pareto()]
    last = re.findall(r"^beaten by no other so far: (.*)$", words, re.M)[-1]
    assert last.split(", ") == unbeaten
    assert re.search(r"^trial 0 in .*: val_loss .*, parameters \d", words, re.M)


def test_random_genotypes_are_trained_under_a_heading(tmp_path, capsys):
    _, words = said(tmp_path, capsys, objective="val_loss", random_baseline=2)
    heading = words.index("random baseline: 2 random genotypes")
    for seed in (0, 1):
        line = re.search(
            rf"^random genotype {seed}: .*val_loss .*$", words, re.M
        )
        assert line.start() > heading


def test_a_quiet_tuning_says_nothing(tmp_path, capsys):
    tuner = make(tmp_path, objective="val_loss", random_baseline=1)
    tuner.search(X, Y, **FIT)
    assert capsys.readouterr().out == ""
