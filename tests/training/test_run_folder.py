"""What a training leaves on disk, and what it measures."""

import csv
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts import genotypes
from keras_darts import networks
from keras_darts import training
from keras_darts.training import run_folder

GENOTYPE = genotypes.Genotype(
    normal=[("skip_connect", 0), ("sep_conv_3x3", 1)],
    normal_concat=[2],
    reduce=[("max_pool_3x3", 0), ("skip_connect", 1)],
    reduce_concat=[2],
)


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    return rng.integers(0, 255, (48, 8, 8, 1)).astype("uint8")


@pytest.fixture
def trained(images):
    network = networks.CifarNetwork(
        GENOTYPE, 3, 2, 2, auxiliary=False, input_shape=(8, 8, 1)
    )
    recipe = training.small_image_recipe(
        network, 48, mean=(127.0,), variance=(5000.0,), epochs=2, batch_size=24
    )
    network.run_eagerly = True
    train = tf.data.Dataset.from_tensor_slices((images, np.arange(48) % 3))

    def fit(folder, *callbacks):
        run = training.TrainingRun(folder, config={"seed": 0})
        recipe.fit(network, train, verbose=0, callbacks=[run, *callbacks])
        return network, recipe

    return fit


def test_every_file_is_there(trained, tmp_path):
    network, _ = trained(tmp_path / "run")
    folder = tmp_path / "run"
    assert json.loads((folder / "config.json").read_text()) == {"seed": 0}
    assert genotypes.load(folder / "genotype.json") == network.genotype
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1"]
    assert not [f for f in folder.iterdir() if f.name.startswith(".")]


def test_the_network_comes_back_with_its_scaling(trained, images, tmp_path):
    network, _ = trained(tmp_path)
    loaded = training.load_network(tmp_path)
    expected, actual = network(images), loaded(images)
    np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_the_network_is_written_in_a_long_training_too(
    trained, tmp_path, monkeypatch
):
    monkeypatch.setattr(run_folder, "_SECONDS_BETWEEN_MODELS", 0)

    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise InterruptedError

    with pytest.raises(InterruptedError):
        trained(tmp_path, Stop())
    assert training.load_network(tmp_path).count_params()


def test_no_network_is_an_error_with_the_path(tmp_path):
    with pytest.raises(ValueError, match="`path` must be the folder of a"):
        training.load_network(tmp_path)


def test_a_recipe_says_everything_as_plain_values(trained, tmp_path):
    _, recipe = trained(tmp_path)
    config = json.loads(json.dumps(recipe.get_config()))
    assert config["mean"] == [127.0]
    assert config["optimizer"]["class_name"] == "CoupledSGD"
    assert config["augmentation"]["name"] == "compose"
    network = networks.ImageNetNetwork(
        GENOTYPE, 3, 2, 2, auxiliary=False, input_shape=(64, 64, 3)
    )
    recipe = training.imagenet_recipe(network, 128)
    assert recipe.get_config()["resize"] == {"size": 64, "resize": 73}


def test_figures_are_those_of_keras():
    rng = np.random.default_rng(0)
    logits = 50 * rng.standard_normal((10, 4)).astype("float32")
    labels = rng.integers(0, 4, 10)
    batches = [(logits[:6], labels[:6]), (logits[6:], labels[6:, None])]
    figures = training.evaluate_classifier(lambda x: x, batches)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert figures["loss"] == pytest.approx(float(loss(labels, logits)), 1e-5)
    assert figures["accuracy"] == np.mean(logits.argmax(1) == labels)
    assert figures["num_examples"] == 10


def test_figures_of_nothing_are_refused():
    with pytest.raises(ValueError, match="`batches` must hold images"):
        training.evaluate_classifier(lambda x: x, [])
