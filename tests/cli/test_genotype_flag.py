"""What `--genotype` and `--run` take, for every command that has them."""

import re

import pytest

from keras_darts import genotypes
from keras_darts.cli import genotype
from keras_darts.cli import plot
from keras_darts.cli import tasks
from keras_darts.cli.main import main
from keras_darts.cli.options import parse

FOUND = genotypes.get("p_darts")
RECURRENT = genotypes.get("rnn_darts_v2")
STRING = genotypes.NasBench201Genotype(["none", "skip_connect", "none"])


def options(flag):
    return parse(plot, [flag])


def in_log(expected, here):
    lines = [genotypes.get("darts_v1").to_text(), expected.to_text()]
    (here / "log.txt").write_text("\n".join(f"genotype = {x}" for x in lines))
    return "--genotype=log.txt"


def in_run(expected, here):
    genotypes.save(expected, here / "run" / "genotype.json")
    return "--run=run"


def in_file(expected, here):
    genotypes.save(expected, here / "a.json")
    return "--genotype=a.json"


def as_text(expected, here):
    return f"--genotype={expected.to_text()}"


@pytest.mark.parametrize("form", [in_log, in_run, in_file, as_text])
@pytest.mark.parametrize(
    ("expected", "task"),
    [
        (FOUND, "image_classification"),
        (RECURRENT, "language_modeling"),
        (STRING, "image_classification"),
    ],
)
def test_each_form_gives_the_genotype_and_its_data(form, expected, task, here):
    flags = options(form(expected, here))
    assert genotype.find(flags)[0] == expected
    assert genotype.task(flags, expected).name == task


def test_the_last_of_a_log_is_said(here, capsys):
    assert main(["plot", in_log(FOUND, here)]) == 0
    output = capsys.readouterr().out
    assert output.startswith("genotype: the last of 2 in log.txt\n")
    assert FOUND.to_text() in output


def test_a_text_is_drawn(here):
    assert main(["plot", f"--genotype={FOUND.to_text()}"]) == 0
    assert (here / "genotype_normal.svg").is_file()


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--genotype=p_dart", "Did you mean p_darts"),
        (
            "--genotype=Genotype(normal=[('sep_conv_3x3', 0)",
            "have a genotype in it",
        ),
        ("--genotype=Genotype(normal=[f()])", "`text` must be Genotype"),
        ("--genotype=|none", "have a genotype in it"),
        ("--run=tuning", "a trial of the tuning, trial_0, trial_1"),
        ("--run=empty", "a folder with a genotype.json. Received"),
        ("--genotype=empty/log.txt", "does not exist"),
    ],
)
def test_what_is_no_genotype(flag, message, here, capsys):
    (here / "empty").mkdir()
    for trial in ("trial_1", "trial_0"):
        genotypes.save(FOUND, here / "tuning" / trial / "genotype.json")
    assert main(["plot", flag]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert re.search(message, line), line


def test_genotypes_of_each_space_have_its_data():
    for name in ("darts_cnn", "darts_rnn", "text_cnn", "nas_bench_201"):
        flags = parse(plot, ["--genotype=random:3", f"--search_space={name}"])
        loaded = genotype.find(flags)[0]
        of_space = tasks.of_space(name)
        assert genotype.task(flags, loaded) is of_space
        assert tasks.of_genotype(loaded) is of_space
