"""A training takes what a search takes, and reads the rest off it."""

import json
import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts import datasets
from keras_darts import training

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

CELL = [("max_pool_3x3", 0), ("skip_connect", 1)]
GENOTYPE = kd.Genotype(
    normal=CELL, normal_concat=[2], reduce=CELL, reduce_concat=[2]
)
LABELS = np.arange(16) % 2
IMAGES = np.random.default_rng(0).integers(0, 255, (16, 8, 8, 1), "uint8")
DATA = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS))


class Batches(keras.utils.PyDataset):
    def __init__(self):
        super().__init__()

    def __len__(self):
        return 4

    def __getitem__(self, index):
        part = slice(4 * index, 4 * index + 4)
        return IMAGES[part], LABELS[part]


def decoded(function):
    files = [tf.io.encode_png(image).numpy() for image in IMAGES]
    pairs = tf.data.Dataset.from_tensor_slices((files, LABELS))
    return pairs.map(lambda file, label: (function(file, channels=1), label))


# All that there are stand in the test of `read_examples`, which reads them.
FORMS = {
    "a pair": lambda: ((IMAGES, LABELS),),
    "a batched set": lambda: (DATA.batch(5),),
    "a PyDataset": lambda: (Batches(),),
    "decode_image": lambda: (decoded(tf.io.decode_image),),
    "no known length": lambda: (DATA.filter(lambda x, y: True),),
}


def network_for(num_classes=2, **options):
    keras.utils.set_random_seed(0)
    network = kd.networks.CifarNetwork(
        GENOTYPE,
        num_classes,
        1,
        1,
        auxiliary=False,
        input_shape=(8, 8, 1),
        **options,
    )
    network.run_eagerly = True
    return network


def open_recipe(network, **options):
    return training.small_image_recipe(
        network, **{"epochs": 1, "batch_size": 8, **options}
    )


def trained(*data, network=None, recipe=None, **options):
    network = network or network_for()
    network.run_eagerly = True
    recipe = recipe or open_recipe(network)
    options = {"verbose": 0, **options}
    return network, recipe.fit(network, *data, **options).history


@pytest.fixture(scope="module")
def of_arrays():
    return trained(IMAGES, LABELS)


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_of_data_train_the_same_network(form, of_arrays):
    options = {"steps_per_epoch": 100} if form == "no known length" else {}
    network, history = trained(*FORMS[form](), **options)
    expected, history_of_arrays = of_arrays
    assert history == history_of_arrays
    assert network.mean == expected.mean
    for ours, theirs in zip(network.weights, expected.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("form", ["a pair", "a batched set", "decode_image"])
def test_all_forms_of_data_validate(form):
    (validation,) = FORMS[form]()
    network, third = trained(DATA, validation)
    _, named = trained(DATA, validation_data=validation)
    assert third == named
    metrics = network.evaluate(IMAGES, LABELS, verbose=0, return_dict=True)
    assert third["val_accuracy"][-1] == pytest.approx(metrics["accuracy"])
    assert third["val_loss"][-1] == pytest.approx(metrics["loss"], rel=1e-5)


def test_a_share_of_the_data_validates_and_does_not_train():
    network = network_for()
    recipe = open_recipe(network, batch_size=6)
    _, history = trained(
        IMAGES, LABELS, network=network, recipe=recipe, validation_split=0.25
    )
    assert "val_loss" in history
    assert network.optimizer.iterations == 2


def test_weights_of_samples_and_classes_are_the_same():
    weights = np.where(LABELS == 1, 3.0, 1.0)
    _, by_class = trained(IMAGES, LABELS, class_weight={1: 3.0})
    _, by_sample = trained(IMAGES, LABELS, sample_weight=weights)
    _, plain = trained(IMAGES, LABELS)
    assert by_class == by_sample
    assert by_class["loss"] != plain["loss"]


@pytest.mark.parametrize(
    ("label_type", "labels", "metric"),
    [
        ("sparse", LABELS, "accuracy"),
        ("sparse", LABELS.astype("float32"), "accuracy"),
        ("one_hot", np.eye(2)[LABELS], "accuracy"),
        ("multi_label", np.tile([[1, 1], [0, 1]], (8, 1)), "accuracy"),
        ("regression", np.linspace([0.5, 1], [2, 2], 16), "mae"),
    ],
)
def test_what_labels_mean_is_read_off_them(label_type, labels, metric, caplog):
    network = network_for()
    recipe = open_recipe(network)
    with caplog.at_level(logging.INFO, "keras_darts"):
        _, history = trained(IMAGES, labels, network=network, recipe=recipe)
    assert set(history) == {metric, "loss"}
    assert datasets.label_type_of_loss(network.loss) == label_type
    words = datasets.infer_task(labels, num_classes=2).description
    assert words in caplog.text


@pytest.mark.parametrize(
    ("labels", "label_type"),
    [(LABELS, "multi_label"), (LABELS + 5, "regression")],
)
def test_one_output_is_no_softmax(labels, label_type):
    network, _ = trained(IMAGES, labels, network=network_for(num_classes=1))
    assert datasets.label_type_of_loss(network.loss) == label_type


BAD = {
    "from 1": ((IMAGES, LABELS + 1), "`y`.*class numbers from 0"),
    "names": ((IMAGES, LABELS.astype(str)), "`y`.*must be numbers"),
    "none": ((IMAGES,), "`y` must hold the labels"),
    "three columns": ((IMAGES, np.eye(3)[LABELS]), "`y`.*num_classes=2"),
    "NaN": ((np.full((16, 8, 8, 1), np.nan), LABELS), "`x` must be finite"),
    "channels": ((np.repeat(IMAGES, 3, -1), LABELS), r"`x` .*\(8, 8, 3\)"),
    "16 x 16": ((np.tile(IMAGES, (1, 2, 2, 1)), LABELS), r"`x` .*\(16, 16, 1"),
    "no channels": ((IMAGES[..., 0], LABELS), "`x` must be images of shape"),
    "few": ((IMAGES[:4], LABELS[:4]), "`batch_size` must be from 1"),
    "validation": (
        ((IMAGES, LABELS), None, (IMAGES, LABELS + 1)),
        "the labels of `validation_data`.*class numbers",
    ),
    "validation 16 x 16": (
        ((IMAGES, LABELS), None, (np.tile(IMAGES, (1, 2, 2, 1)), LABELS)),
        r"`validation_data` must be images",
    ),
    "twice": (
        ((IMAGES, LABELS), (IMAGES, LABELS), (IMAGES, LABELS)),
        "data in `y` and in `validation_data`",
    ),
}


@pytest.fixture(scope="module")
def untouched():
    return network_for()


@pytest.mark.parametrize("sets", [False, True], ids=["arrays", "data set"])
@pytest.mark.parametrize("bad", BAD)
def test_what_can_not_fit_is_refused_before_the_first_step(
    bad, sets, tmp_path, untouched
):
    data, words = BAD[bad]
    if sets:
        if len(data) != 2:
            pytest.skip("of arrays alone")
        data = (tf.data.Dataset.from_tensor_slices(data).batch(4),)
    folder = tmp_path / "run"
    with pytest.raises(ValueError, match=words):
        trained(*data, network=untouched, output_dir=folder)
    assert not (folder / "config.json").exists()
    assert not untouched.compiled


def test_given_values_are_checked_as_ever():
    network = network_for()
    statistics = {"mean": [99.0], "variance": [400.0]}
    recipe = open_recipe(network, num_train=12, **statistics)
    assert recipe.steps_per_epoch == 1
    assert network.mean is None and not network.compiled
    recipe.compile(network)
    assert network.mean == (99.0,)
    with pytest.raises(ValueError, match="16 elements, num_train=12"):
        trained(IMAGES, LABELS, network=network, recipe=recipe)
    recipe = open_recipe(network, num_train=16, **statistics)
    with pytest.raises(ValueError, match="`y`.* one class number an element"):
        trained(IMAGES, np.eye(2)[LABELS], network=network, recipe=recipe)
    with pytest.raises(ValueError, match="`batch_size` must be given to the"):
        trained(IMAGES, LABELS, network=network, batch_size=4)
    with pytest.raises(ValueError, match="`steps_per_epoch` must be left out"):
        trained(DATA, network=network, steps_per_epoch=2)
    with pytest.raises(ValueError, match=r"`validation_split` must be a num"):
        trained(DATA, network=network, validation_split=1.0)


def test_an_open_recipe_says_what_it_does_not_know():
    network = network_for()
    recipe = open_recipe(network)
    assert (recipe.num_train, recipe.mean, recipe.label_type) == (
        None,
        None,
        None,
    )
    assert recipe.steps_per_epoch is None
    for call in (recipe.compile, lambda _: recipe.pipeline(DATA)):
        with pytest.raises(ValueError, match="`num_train` must be given"):
            call(network)
    assert len([*recipe.pipeline(DATA, training=False)]) == 2


def test_statistics_come_from_the_network_then_from_the_images():
    of_network = network_for(mean=(90.0,), variance=(500.0,))
    network, _ = trained(IMAGES, LABELS, network=of_network)
    assert (network.mean, network.variance) == ((90.0,), (500.0,))
    network, _ = trained(IMAGES, LABELS)
    measured = datasets.channel_statistics(DATA)
    assert (network.mean, network.variance) == measured


def test_statistics_of_the_recipe_win_with_a_word(caplog):
    network = network_for(mean=(90.0,), variance=(500.0,))
    recipe = open_recipe(network, num_train=16, mean=(1.0,), variance=(2.0,))
    with caplog.at_level(logging.INFO, "keras_darts"):
        recipe.compile(network)
    assert (network.mean, network.variance) == ((1.0,), (2.0,))
    assert "no more by (90.0,) and (500.0,)" in caplog.text


def test_cutout_fills_with_the_mean_of_raw_images():
    network = network_for(mean=(90.0,), variance=(500.0,))
    recipe = open_recipe(network, num_train=16, cutout=8, padding=0)
    ((x, _), _) = recipe.pipeline(DATA)
    holes = (np.asarray(x) == 90).sum(axis=(1, 2, 3))
    assert np.all(holes >= 16)


def test_what_a_user_compiled_stays():
    network = network_for()
    recipe = open_recipe(network)
    optimizer = keras.optimizers.SGD(0.1)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    network.compile(optimizer, loss=loss)
    _, history = trained(
        IMAGES, np.eye(2)[LABELS], network=network, recipe=recipe
    )
    assert network.optimizer is optimizer and network.loss is loss
    assert set(history) == {"loss"}
    with pytest.raises(ValueError, match="one-hot rows for this loss"):
        trained(IMAGES, LABELS, network=network, recipe=recipe)


def test_an_open_recipe_trains_again_from_the_start_of_its_schedule():
    network = network_for()
    recipe = open_recipe(network)
    trained(IMAGES, LABELS, network=network, recipe=recipe)
    trained(IMAGES, LABELS, network=network, recipe=recipe)
    assert network.optimizer.iterations == 2
    trained(IMAGES, np.eye(2)[LABELS], network=network, recipe=recipe)
    assert datasets.label_type_of_loss(network.loss) == "one_hot"


def test_a_run_says_all_that_was_read_and_goes_on_with_it(tmp_path):
    network = network_for()
    recipe = open_recipe(network, epochs=2)
    arguments = {"network": network, "recipe": recipe, "output_dir": tmp_path}
    trained(IMAGES, LABELS, **arguments)
    config = json.loads((tmp_path / "config.json").read_text())
    measured = datasets.channel_statistics(DATA)
    recorded = {
        name: config["recipe"][name] for name in ("num_train", "label_type")
    }
    assert recorded == {"num_train": 16, "label_type": "sparse"}
    assert config["recipe"]["mean"] == list(measured.mean)
    assert config["network"]["config"]["mean"] == list(measured.mean)
    schedule = config["recipe"]["optimizer"]["config"]["learning_rate"]
    assert schedule["config"]["steps_per_epoch"] == 2
    assert config["labels"].startswith("labels: 2 classes")
    again = network_for()
    with pytest.raises(ValueError, match="same configuration.*labels"):
        trained(
            IMAGES,
            np.eye(2)[LABELS],
            network=again,
            recipe=open_recipe(again, epochs=2),
            resume_from=tmp_path,
        )


def test_images_of_many_sizes_are_streamed_and_their_labels_looked_at():
    def image(label):
        side = 40 + 4 * (tf.cast(label, "int32") % 3)
        return tf.fill((side, 44, 3), tf.cast(label, "uint8"))

    def data(labels):
        return tf.data.Dataset.from_tensor_slices(labels).map(
            lambda label: (image(label), label)
        )

    network = kd.networks.ImageNetNetwork(
        GENOTYPE, 2, 2, 1, auxiliary=False, input_shape=(32, 32, 3)
    )
    network.run_eagerly = True
    recipe = training.imagenet_recipe(network, epochs=1, batch_size=4)
    assert recipe.mean == datasets.NORMALIZATIONS["imagenet2012"].mean
    options = {"verbose": 0}
    history = recipe.fit(network, data(LABELS), data(LABELS), **options).history
    assert np.isfinite(history["val_loss"][0])
    with pytest.raises(ValueError, match="class numbers from 0"):
        recipe.fit(network, data(LABELS + 1), **options)
