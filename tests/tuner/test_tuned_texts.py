"""Trials on sentences and on running text."""

import numpy as np
import pytest
from tiny_tuning import FIT

import keras_darts as kd

pytestmark = pytest.mark.usefixtures("quick")
SENTENCES = kd.search_spaces.text_cnn(
    2,
    1,
    num_nodes=1,
    primitives=("skip_connect", "max_pool_1d_3"),
    embedding_size=4,
)
CELL = kd.search_spaces.darts_rnn(num_nodes=2, hidden_size=4, embedding_size=4)
EAGER = {"run_eagerly": True, "metrics": []}


def tuned(space, directory, objective, **fit):
    tuner = kd.DartsTuner(
        kd.DartsHyperModel(space, compile=EAGER),
        objective,
        max_trials=1,
        train_epochs=1,
        directory=directory,
    )
    fit = {**FIT, "augmentation": "auto", **fit}
    tuner.search(**fit)
    return tuner


def test_sentences_are_tuned(tmp_path):
    ids = np.random.default_rng(0).integers(1, 9, (64, 8))
    tuner = tuned(SENTENCES, tmp_path, "val_accuracy", x=ids, y=ids[:, 0] % 2)
    assert 0 <= tuner.get_pareto()[0]["val_accuracy"] <= 1
    assert tuner.get_best_models()[0].predict(ids, verbose=0).shape == (64, 2)


def test_running_text_is_tuned(tmp_path):
    ids = np.random.default_rng(0).integers(0, 9, 600)
    tuner = tuned(
        CELL, tmp_path, "val_loss", x=ids, batch_size=4, steps_per_epoch=1
    )
    row = tuner.get_pareto("val_perplexity")[0]
    assert row["val_perplexity"] == pytest.approx(np.exp(row["val_loss"]), 1e-4)
    assert isinstance(tuner.get_best_genotypes()[0], kd.RecurrentGenotype)


def test_labels_of_running_text_are_refused(tmp_path):
    ids = np.arange(1200) % 9
    with pytest.raises(ValueError, match="`y` must be left out for language"):
        tuned(CELL, tmp_path, "val_loss", x=ids, y=ids, batch_size=4)
