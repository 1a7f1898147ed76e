"""What the card beside an export says."""

import keras
import numpy as np
import pytest

import keras_darts as kd
from keras_darts import export


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    network = kd.networks.NasBench201Network(
        "|skip_connect~0|+|none~0|skip_connect~1|"
        "+|none~0|none~1|nor_conv_1x1~2|",
        num_classes=2,
        filters=2,
        num_cells=1,
        input_shape=(8, 8, 1),
    )
    network.compile("sgd", "mse", metrics=["mae"])
    x, y = np.zeros((4, 8, 8, 1)), np.zeros((4, 2))
    network.fit(x, y, epochs=2, verbose=0)
    folder = tmp_path_factory.mktemp("card")
    path = export.saved_model(network, folder, labels=["even", "odd"])
    return export.model_card(path), network


def test_it_describes_the_network(card):
    card, network = card
    assert card["network"] == "NasBench201Network"
    assert card["parameters"] == kd.analysis.count_parameters(network)
    assert card["genotype"] == network.genotype.to_text()
    assert card["labels"] == ["even", "odd"]
    signature = card["signatures"]["serving_default"]
    assert signature["inputs"] == {"image": [None, 8, 8, 1]}
    assert signature["outputs"]["logits"] == [None, 2]
    assert card["made_by"]["keras"] == keras.__version__


def test_it_has_the_last_epoch_of_the_training(card):
    card, network = card
    training = card["training"]
    assert training["epochs"] == 2
    assert training["mae"] == network.history.history["mae"][-1]


def test_figures_that_are_given_go_first(linear, tmp_path):
    figures = {"dataset": "digits", "accuracy": 0.98, "seeds": [0, 1]}
    path = export.saved_model(linear(), tmp_path, training=figures)
    assert export.model_card(path)["training"] == figures


@pytest.mark.parametrize("training", [{"a": object()}, {"a": np.nan}, [1]])
def test_figures_that_json_lacks_are_refused(linear, tmp_path, training):
    with pytest.raises(TypeError, match="`training` must be a dict"):
        export.saved_model(linear(), tmp_path / "net", training=training)
    assert not (tmp_path / "net").exists()


def test_an_export_without_a_card_is_named(tmp_path):
    with pytest.raises(ValueError, match="`path`.*model_card.json is missing"):
        export.model_card(tmp_path)
