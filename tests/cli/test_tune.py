"""`keras-darts tune`: refused early, cut, gone on with, and read."""

import json
import re
import signal
import types

import pytest

from keras_darts import genotypes
from keras_darts import training
from keras_darts.cli import genotype as genotype_flag
from keras_darts.cli import tune
from keras_darts.cli import tune as hyperparameters
from keras_darts.cli.main import main
from keras_darts.cli.options import parse
from keras_darts.search import DartsSearch
from keras_darts.tuner import DartsTuner
from keras_darts.tuner import objectives
from keras_darts.utils.files import write_json

TINY = [
    *["tune", "--output_dir=a", "--dataset=digits", "--search_space=tiny"],
    *["--max_examples=64", "--batch_size=16", "--search_epochs=2"],
    "--train_epochs=1",
]
OTHERS = [
    *["--oracle=grid", "--tune=filters=2,4", "--random_baseline=1"],
    "--objective=val_accuracy,parameters",
]


def test_a_tuning_that_is_terminated_goes_on_with_the_same_command(
    here, monkeypatch, capfd
):
    begun = []

    def terminate(self, batch, logs=None):
        begun.append(isinstance(self.model, DartsSearch))
        # The first trial is a search of two epochs and a training.
        if begun.count(True) > 3:
            signal.raise_signal(signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(training.ETALogger, "on_epoch_begin", terminate)
        assert main([*TINY, *OTHERS]) == 143
    output = capfd.readouterr()
    assert "trials differ by: filters (2, 4)" in output.out
    assert "1 trial left, " in output.out
    assert "resume:      keras-darts tune --output_dir=a --resume" in output.out
    first = (here / "a" / "trial_0" / "results.json").read_text()
    assert not (here / "a" / "trial_1" / "results.json").exists()
    page = (here / "a" / "results.html").read_text("utf-8")
    assert "Trials: 1 completed" in page

    assert main([*TINY, *OTHERS, "--seed=1"]) == 1
    assert "where seed was 0 and is 1 now" in capfd.readouterr().err
    assert main([*TINY, *OTHERS]) == 0
    output = capfd.readouterr().out
    assert "resuming in epoch 2 of 2" in output
    assert (here / "a" / "trial_0" / "results.json").read_text() == first
    check_what_was_tuned(output, here / "a", capfd)


def check_what_was_tuned(output, folder, capfd):
    table = output[output.index("\ntrial  val_accuracy  parameters") :]
    rows = [line.split() for line in table.splitlines()]
    assert rows[1][3:] == ["score", "filters"]
    # By KerasTuner's score, in which parameters outweigh all.
    assert [(row[0], row[-1]) for row in rows[2:4]] == [
        *[("0", "2"), ("1", "4")],
    ]
    for line in (
        "Beaten by no other trial in val_accuracy, parameters together:",
        "Searched, 2 networks: val_accuracy ",
        "Random baseline, 1 network: parameters ",
        "one of them: trial ",
        "genotype:    a/trial_",
        "all results: a/results.html",
        " --dataset=digits --output_dir=a-trained",
    ):
        assert line in output
    page = (folder / "results.html").read_text("utf-8")
    assert "Trials: 2 completed" in page and "random-0" in page
    assert main(["plot", "--run=a/trial_1"]) == 0
    genotype = genotypes.load(folder / "trial_1" / "genotype.json")
    assert capfd.readouterr().out.startswith(genotype.to_text())
    assert main(["tune", "--output_dir=a", "--resume", "--overwrite"]) == 1
    assert "`overwrite` must be left out" in capfd.readouterr().err


def test_running_text_is_tuned_by_its_loss_and_seeds(
    corpus, here, monkeypatch, capfd
):
    command = [
        *["tune", "--search_space=tiny_rnn", f"--dataset={corpus}"],
        *["--batch_size=4", "--search_epochs=1", "--train_epochs=1"],
        *["--max_trials=1", "--output_dir=a"],
    ]
    assert main(command) == 0
    output = capfd.readouterr().out
    assert "trials differ by: seed" in output
    (row,) = re.findall(
        r"^trial  val_loss\n +0 +([\d.]+)$", output, re.MULTILINE
    )
    results = json.loads((here / "a" / "trial_0" / "results.json").read_text())
    figures = results["executions"][0]["figures"]
    assert float(row) == pytest.approx(figures["val_loss"], abs=1e-3)
    genotype = genotypes.load(here / "a" / "trial_0" / "genotype.json")
    assert f"best trial:  0\n{genotype.to_text()}\n" in output
    assert f"train --run=a/trial_0 --dataset={corpus}" in output

    assert main([*command, "--tune=hidden_size=2,4"]) == 1
    assert "where tune was None" in capfd.readouterr().err
    monkeypatch.setattr(DartsTuner, "search", interrupt)
    assert main([*command, "--tune=hidden_size=2,4", "--overwrite"]) == 130
    assert "trials differ by: hidden_size (2, 4)" in capfd.readouterr().out
    assert [path.name for path in (here / "a").iterdir()] == ["command.json"]


def interrupt(*args, **kwargs):
    raise KeyboardInterrupt


def test_the_objectives_of_the_flag_are_those_that_can_be_had():
    options = parse(tune, ["--objective=val_accuracy"])
    (names,) = re.findall("one or more of (.*), with", message(options))
    result = objectives.directions(names.split(", "))
    assert len(result) == len(names.split(", ")) == 7


def message(options):
    with pytest.raises(Exception, match="with commas between") as error:
        options.objective = ["none"]
    return str(error.value)


def test_the_genotype_of_a_trial_is_one_for_the_data_of_its_search(tmp_path):
    # Of sentences, though no primitive tells.
    same = [("skip_connect", 0), ("skip_connect", 1)]
    genotype = genotypes.Genotype(
        normal=same, normal_concat=[2], reduce=same, reduce_concat=[2]
    )
    genotypes.save(genotype, tmp_path / "genotype.json")
    space = {"search_space": "tiny_text"}
    write_json(tmp_path / "search" / "config.json", {"search": space})
    options = types.SimpleNamespace(run=str(tmp_path))
    assert genotype_flag.task(options, genotype).name == "text_classification"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("filters=4,8", {"filters": [4, 8]}),
        ("learning_rate=0.1,0.2", {"learning_rate": [0.1, 0.2]}),
        ("learning_rate=1e-3..1e-1", {"learning_rate": (0.001, 0.1)}),
        ("strategy=darts,pc_darts", {"strategy": ["darts", "pc_darts"]}),
    ],
)
def test_choices_are_lists_and_ranges_are_tuples(text, values):
    options = parse(tune, [f"--tune={text}"])
    assert hyperparameters.tuned(options) == values
    ranged = ".." in text
    assert hyperparameters.grid_size(options) == (None if ranged else 2)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--tune=filter=2,4", "with a NAME of filters, hidden_size"),
        ("--tune=filters", "must be NAME=VALUE"),
        ("--tune=filters=4", "two or more different ones"),
        ("--tune=filters=4,4,8", "two or more different ones"),
        ("--tune=filters=4,x", "must be made of the type int"),
        ("--tune=filters=4..8", "must be made of the type int"),
        ("--tune=learning_rate=0.1..0.01", "must go upwards"),
        ("--tune=learning_rate=0,1", "must be positive"),
        ("--tune=filters=2,4 --tune=filters=4,6", "must come once"),
        ("--objective=val_acc", "latency, with commas between"),
        ("--oracle=best", "--oracle=best"),
        ("--random_baseline=some", "a number or same_time"),
        ("--max_trials=0", "--max_trials=0"),
        ("--epochs=2", "epochs"),
    ],
)
def test_a_wrong_flag_exits_with_2(flags, message, capsys, here):
    assert main(["tune", *flags.split()]) == 2
    shown = capsys.readouterr()
    assert message in shown.err and not shown.out


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--oracle=grid", "`tune` must be given for --oracle=grid"),
        ("--oracle=hyperband --max_trials=3", "`max_trials` must be left out"),
        ("--objective=val_perplexity", "for images. Received: objective=val_"),
        ("--tune=hidden_size=2,4", "`hidden_size` must be left out for images"),
        ("--strategy=darts --tune=strategy=darts,gdas", "with --tune=strate"),
        ("--resume", "must hold a tuning for --resume"),
        ("--tune=filters=2,3", "`filters` must be even"),
        ("--tune=strategy=darts,drats", "Did you mean darts"),
    ],
)
def test_what_means_nothing_is_told_before_any_trial(
    flags, message, capsys, here
):
    assert main([*TINY, *flags.split()]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not (here / "a" / "command.json").exists()


def test_a_folder_of_something_else_is_left_alone(here, capsys):
    (here / "a").mkdir()
    (here / "a" / "mine").write_text("")
    for flag in ((), ("--overwrite",)):
        assert main([*TINY, *flag]) == 1
        assert "a new or empty folder" in capsys.readouterr().err
    assert (here / "a" / "mine").exists()


def test_several_processes_overwrite_nothing(here, monkeypatch, capsys):
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    assert main([*TINY, "--overwrite"]) == 1
    assert "`overwrite` must be left out where" in capsys.readouterr().err
