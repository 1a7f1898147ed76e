"""Genotypes in texts, logs and source files of research code."""

import pytest

from keras_darts import genotypes

DARTS = genotypes.get("darts_v2")
FAIR = genotypes.get("fair_darts_a")
RECURRENT = genotypes.get("rnn_darts_v1")
STRING = genotypes.NasBench201Genotype.from_text(
    "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|"
)
FORMS = {
    "cells": DARTS,
    "triples": FAIR,
    "recurrent": RECURRENT,
    "string": STRING,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "  {}\n",
        "NAME = {}",
        "01/02 12:00:01 PM genotype = {}\n01/02 12:00:02 PM valid_acc (88.1)\n",
        "[('sep_conv_3x3', 1)] alphas (normal): {} ) and more (",
        "Structure(4 nodes with {})",
    ],
)
def test_a_genotype_is_found_in_what_stands_around_it(form, around):
    text = around.format(FORMS[form].to_text())
    assert genotypes.from_text(text) == FORMS[form]


def test_line_breaks_within_a_genotype_do_not_matter():
    text = DARTS.to_text().replace(", ", ",\n    ")
    assert genotypes.from_text(f"import x\nDARTS = {text}\n") == DARTS


@pytest.mark.parametrize("form", FORMS)
def test_the_last_of_a_log_counts(form):
    others = [DARTS.to_text(), STRING.to_text(), RECURRENT.to_text()]
    log = "\n".join(f"epoch {e} {text}" for e, text in enumerate(others))
    log += f"\nepoch 9 {FORMS[form].to_text()}\nepoch 10 Genotype(normal=[('s"
    assert genotypes.from_text(log) == FORMS[form]


@pytest.mark.parametrize(
    "text", ["", "nothing", "Genotype", "Genotype(normal=[", "|none~0|", "()"]
)
def test_a_text_without_a_genotype(text):
    with pytest.raises(ValueError, match="`text` must have a genotype in it"):
        genotypes.from_text(text)


def test_a_last_genotype_that_is_none_is_said():
    with pytest.raises(ValueError, match="`text` must"):
        genotypes.from_text(f"{DARTS.to_text()}\nGenotype(normal=[f()])")


@pytest.mark.parametrize("name", ["log.txt", "train.log", "genotypes.py"])
@pytest.mark.parametrize("form", FORMS)
def test_files_of_text_are_loaded(form, name, tmp_path):
    path = tmp_path / name
    path.write_text(f"{DARTS.to_text()}\nthen {FORMS[form].to_text()}\n")
    assert genotypes.load(path) == FORMS[form]


def test_a_file_without_a_genotype_is_named(tmp_path):
    (tmp_path / "a.log").write_text("epoch 1")
    with pytest.raises(ValueError, match=r"a\.log.*have a genotype in it"):
        genotypes.load(tmp_path / "a.log")
