"""What comes out of `fit` takes what `fit` took: raw images, everywhere."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation"),
    pytest.mark.slow,
]

CELL = [("sep_conv_3x3", 0), ("skip_connect", 1)]
GENOTYPE = kd.Genotype(
    normal=CELL, normal_concat=[2], reduce=CELL, reduce_concat=[2]
)
RNG = np.random.default_rng(0)
LABELS = np.arange(96) % 2
# A class is dark and one is bright: whoever does not scale, or twice, sees
# all images as bright, or as dark.
IMAGES = RNG.integers(0, 100, (96, 8, 8, 1)) + 100 * LABELS[:, None, None, None]
IMAGES = IMAGES.astype("uint8")
FILES = np.array([tf.io.encode_png(i).numpy() for i in IMAGES], object)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The network, its folder, and what `fit` said at last."""
    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("run")
    network = kd.networks.network_for(
        GENOTYPE, 2, (8, 8, 1), filters=4, num_cells=3, auxiliary=False
    )
    recipe = kd.training.small_image_recipe(network, epochs=4, batch_size=8)
    keeps = keras.callbacks.ModelCheckpoint(folder / "kept.keras")
    history = recipe.fit(
        network,
        IMAGES,
        LABELS,
        (IMAGES, LABELS),
        output_dir=folder / "run",
        callbacks=[keeps],
        verbose=0,
    ).history
    assert history["val_accuracy"][-1] > 0.9
    return network, folder, history["val_accuracy"][-1]


def accuracy(logits):
    return np.mean(np.asarray(logits).argmax(axis=-1) == LABELS)


def evaluated(model):
    return model.evaluate(IMAGES, LABELS, verbose=0, return_dict=True)[
        "accuracy"
    ]


def saved_model(network, folder, name="saved"):
    if not (folder / name).exists():
        kd.export.saved_model(network, folder / name, warm_up=False)
    return kd.export.load(folder / name)


def answers_to_files(network, folder):
    signature = saved_model(network, folder).signatures["serving_bytes"]
    return accuracy(signature(image_bytes=FILES)["logits"])


def litert(network, folder):
    file = kd.export.litert(network, folder / "network.tflite")
    return kd.export.load(file)


ENTRANCES = {
    "evaluate": lambda network, folder: evaluated(network),
    "evaluate batches": lambda network, folder: network.evaluate(
        tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(32),
        verbose=0,
        return_dict=True,
    )["accuracy"],
    "predict": lambda network, folder: accuracy(
        network.predict(IMAGES, verbose=0)
    ),
    "predict floats": lambda network, folder: accuracy(
        network.predict(IMAGES.astype("float32"), verbose=0)
    ),
    "ModelCheckpoint": lambda network, folder: evaluated(
        keras.models.load_model(folder / "kept.keras")
    ),
    "load_network": lambda network, folder: evaluated(
        kd.training.load_network(folder / "run")
    ),
    "SavedModel, arrays": lambda network, folder: accuracy(
        saved_model(network, folder)(IMAGES)["logits"]
    ),
    "SavedModel, files": answers_to_files,
    "LiteRT": lambda network, folder: accuracy(
        litert(network, folder)(IMAGES.astype("float32"))["logits"]
    ),
    "an export of load_network": lambda network, folder: accuracy(
        saved_model(kd.training.load_network(folder / "run"), folder, "loaded")(
            IMAGES
        )["logits"]
    ),
}


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_every_entrance_takes_the_images_of_fit(entrance, trained):
    network, folder, accuracy = trained
    assert ENTRANCES[entrance](network, folder) == pytest.approx(accuracy)


def test_a_search_and_its_network_take_the_images_of_fit():
    space = kd.search_spaces.darts_cnn(
        2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
    )
    search = kd.DartsSearch(space)
    search.compile(run_eagerly=True)
    history = search.fit(
        IMAGES,
        LABELS,
        validation_data=(IMAGES, LABELS),
        batch_size=24,
        epochs=1,
        verbose=0,
    ).history
    accuracy = history["val_accuracy"][-1]
    assert evaluated(search) == pytest.approx(accuracy)
    network = search.derived_network(filters=2, num_cells=1)
    pixels = kd.datasets.channel_statistics(
        tf.data.Dataset.from_tensor_slices((IMAGES, LABELS))
    )
    np.testing.assert_allclose(network.mean, pixels.mean, rtol=1e-6)
    np.testing.assert_allclose(network.variance, pixels.variance, rtol=1e-6)
    recipe = kd.training.small_image_recipe(network, epochs=1, batch_size=48)
    network.run_eagerly = True
    history = recipe.fit(network, IMAGES, LABELS, (IMAGES, LABELS), verbose=0)
    assert evaluated(network) == pytest.approx(
        history.history["val_accuracy"][-1]
    )
