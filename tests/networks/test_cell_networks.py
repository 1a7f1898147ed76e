"""The networks that train from scratch, on small images."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts import genotypes
from keras_darts import networks
from keras_darts.networks import CifarNetwork
from keras_darts.networks import ImageNetNetwork

# Keras reads its scalar variables in a way that NumPy is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

SMALL = {"filters": 2, "num_cells": 3}
FAST = genotypes.Genotype(
    normal=[("sep_conv_3x3", 0), ("skip_connect", 1)],
    normal_concat=[2],
    reduce=[("max_pool_3x3", 0), ("dil_conv_3x3", 1)],
    reduce_concat=[2],
)


def tiny(genotype=FAST, **options):
    """On 8 by 8 images."""
    arguments = {"auxiliary": False, "input_shape": (8, 8, 1), **SMALL}
    return CifarNetwork(genotype, **{**arguments, **options})


def with_head(genotype=FAST, **options):
    arguments = {"num_classes": 3, **SMALL, **options}
    return CifarNetwork(genotype, **arguments)


@pytest.mark.parametrize("num_cells", [1, 2, 3, 4, 5, 8])
def test_third_and_two_thirds_of_the_depth_reduce(num_cells):
    network = tiny(num_cells=num_cells)
    at = [i for i, cell in enumerate(network.cells) if cell.reduction]
    assert at == sorted({num_cells // 3, 2 * num_cells // 3})
    filters = [cell.filters for cell in network.cells]
    doublings = np.cumsum([cell.reduction for cell in network.cells])
    assert filters == (2 * 2**doublings).tolist()
    assert network(np.zeros((2, 8, 8, 1), "float32")).shape == (2, 10)


@pytest.mark.parametrize("name", ["nasnet_a", "amoebanet_a", "fair_darts_a"])
def test_every_form_of_genotype_makes_a_network(name, images):
    genotype = genotypes.get(name)
    network = CifarNetwork(
        genotype, auxiliary=False, input_shape=(8, 12, 2), **SMALL
    )
    assert network(images((8, 12, 2))).shape == (4, 10)


def test_all_variables_exist_before_the_first_call(images):
    network = with_head()
    paths = [variable.path for variable in network.variables]
    network(images((32, 32, 3)), training=True)
    assert [variable.path for variable in network.variables] == paths


def test_gradient_reaches_every_weight_with_its_auxiliary_head(images):
    network = with_head("darts_v2")
    network.compile("sgd", loss="mean_squared_error")
    x, y = images((32, 32, 3)), images((3,), seed=1)
    with tf.GradientTape() as tape:
        loss = network.compute_loss(x, y, network(x, training=True))
    gradients = tape.gradient(loss, network.trainable_weights)
    unreached = [
        weight.path
        for weight, gradient in zip(
            network.trainable_weights, gradients, strict=True
        )
        if gradient is None or not np.any(gradient)
    ]
    assert unreached == []


def test_auxiliary_loss_counts_with_its_weight(images):
    network = with_head(auxiliary_head_weight=0.25)
    network.compile("sgd", loss="mean_squared_error")
    x, y = images((32, 32, 3)), images((3,), seed=1)
    logits, auxiliary_logits = network(x, training=True)
    network.cells[0].add_loss(tf.constant(7.0))
    loss = network.compute_loss(x, y, (logits, auxiliary_logits))
    expected = (
        np.mean((logits - y) ** 2)
        + 0.25 * np.mean((auxiliary_logits - y) ** 2)
        + 7.0
    )
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


def test_inference_gives_the_main_output_alone(images):
    network, x = with_head(), images((32, 32, 3))
    assert network(x).shape == (4, 3)
    assert network(x, training=False).shape == (4, 3)
    assert network.predict(x, verbose=0).shape == (4, 3)
    assert tiny()(images((8, 8, 1)), training=True).shape == (4, 10)


def test_fit_trains_on_both_outputs_and_measures_the_first(images):
    network = with_head()
    network.compile(
        keras.optimizers.SGD(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    network.run_eagerly = True
    x, y = images((32, 32, 3), count=6), np.array([0, 1, 2, 0, 1, 2])
    head = network.auxiliary_head.classifier.kernel
    before = head.numpy()
    history = network.fit(
        x, y, epochs=3, batch_size=6, verbose=0, validation_data=(x, y)
    ).history
    assert sorted(history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert history["loss"][-1] < history["loss"][0]
    assert np.any(head.numpy() != before)


def test_auxiliary_head_on_larger_images_averages_its_pixels(images):
    network = with_head(input_shape=(48, 48, 3))
    logits, auxiliary_logits = network(images((48, 48, 3)), training=True)
    assert logits.shape == auxiliary_logits.shape == (4, 3)


@pytest.mark.parametrize(
    ("cls", "smallest", "pool"),
    [(CifarNetwork, 32, 3), (ImageNetNetwork, 224, 2)],
)
def test_auxiliary_head_is_refused_where_it_does_not_fit(cls, smallest, pool):
    step = 32 if cls is ImageNetNetwork else 4
    shape = (smallest - step, smallest, 3)
    with pytest.raises(ValueError, match="`auxiliary` must be False .* small"):
        cls(FAST, input_shape=shape, **SMALL)
    network = cls(FAST, input_shape=(smallest, smallest, 3), **SMALL)
    assert network.auxiliary_head.stride == pool


def test_imagenet_head_is_without_its_second_normalisation():
    network = ImageNetNetwork(FAST, **SMALL)
    head = network.auxiliary_head
    assert head.bn1.variables and not head.bn2.variables


def test_imagenet_stem_leaves_an_eighth_and_its_two_last_outputs(images):
    network = ImageNetNetwork(
        FAST, auxiliary=False, input_shape=(64, 64, 3), **SMALL
    )
    first, second, third = network.stem
    x = images((64, 64, 3))
    before = second(first(x))
    cell = network.cells[0]
    assert before.shape == (4, 16, 16, 2)
    assert third(before).shape == (4, 8, 8, 2)
    assert cell.reduction_before
    assert cell((before, third(before))).shape == (4, 8, 8, 2)


def test_one_variable_holds_the_drop_path_rate_of_all_cells(images):
    network = tiny(drop_path_rate=0.5)
    x = images((8, 8, 1))
    rates = [v for v in network.variables if v.name == "drop_path_rate"]
    assert rates == [network.drop_path_rate]
    network.drop_path_rate.assign(0.0)
    without = network(x, training=True)
    np.testing.assert_array_equal(network(x, training=True), without)
    network.drop_path_rate.assign(0.5)
    assert np.any(network(x, training=True) != without)
    inference = network(x)
    network.drop_path_rate.assign(0.9)
    np.testing.assert_array_equal(network(x), inference)


def test_config_gives_back_every_argument():
    network = with_head(
        auxiliary_head_weight=0.2, drop_path_rate=0.1, input_shape=(36, 32, 1)
    )
    network.drop_path_rate.assign(0.3)
    config = network.get_config()
    assert config["input_shape"] == [36, 32, 1]
    assert config["drop_path_rate"] == 0.1
    again = CifarNetwork.from_config(config)
    assert again.get_config() == config
    assert again.genotype == network.genotype


@pytest.mark.parametrize(
    "network",
    [
        # With every kind of primitive of the space.
        lambda: tiny("darts_v1", num_classes=4, drop_path_rate=0.2, name="my"),
        lambda: with_head(auxiliary_head_weight=0.1),
        lambda: ImageNetNetwork(
            "fair_darts_b", 3, 2, 4, auxiliary=False, input_shape=(32, 64, 2)
        ),
    ],
)
def test_saved_network_gives_the_same_after_loading(network, tmp_path, images):
    network = network()
    rng = np.random.default_rng(3)
    for variable in network.non_trainable_variables:
        if "moving" in variable.path:
            variable.assign(1 + rng.random(variable.shape))
    network.compile("sgd", loss="mean_squared_error")
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert type(loaded) is type(network)
    assert loaded.get_config() == network.get_config()
    x = images(network.input_shape[1:])
    np.testing.assert_array_equal(loaded(x), network(x))


@pytest.mark.parametrize("name", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_half_precision_stays_finite(name, policy, images):
    policy(name)
    network = with_head()
    x = images((32, 32, 3))
    for outputs in (network(x), *network(x, training=True)):
        assert np.isfinite(outputs).all()
    mixed = name != "float16"
    assert network(x).dtype == ("float32" if mixed else "float16")


def test_images_of_integers_are_taken():
    network = tiny()
    pixels = np.arange(64, dtype="uint8").reshape(1, 8, 8, 1)
    np.testing.assert_array_equal(
        network(pixels), network(pixels.astype("float32"))
    )


@pytest.mark.parametrize(
    ("side", "cls", "auxiliary"),
    [
        (8, CifarNetwork, False),
        (28, CifarNetwork, False),
        (32, CifarNetwork, True),
        (96, CifarNetwork, True),
        (128, ImageNetNetwork, False),
        (224, ImageNetNetwork, True),
    ],
)
def test_size_of_the_images_decides_the_network(side, cls, auxiliary):
    network = networks.network_for(FAST, 5, (side, side, 1), **SMALL)
    assert type(network) is cls
    assert network.auxiliary is auxiliary
    assert network.num_classes == 5


def test_network_for_passes_further_options_on():
    network = networks.network_for(
        FAST, 5, (32, 32, 3), auxiliary=False, **SMALL
    )
    assert network.auxiliary is False


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_cells": 0}, "`num_cells` must be a positive integer"),
        ({"filters": 1.5}, "`filters` must be a positive integer"),
        ({"num_classes": -1}, "`num_classes` must be a positive integer"),
        ({"input_shape": (8, 8)}, "`input_shape` must be the height"),
        ({"input_shape": (8, 10, 1)}, "be divided by 4, .* halves them 2"),
        ({"drop_path_rate": 1.0}, r"`drop_path_rate` must be in \[0, 1\)"),
    ],
)
def test_wrong_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        tiny(**options)


def test_wrong_genotypes_are_named():
    with pytest.raises(TypeError, match="`genotype` must be a `Genotype`"):
        CifarNetwork(genotypes.get("rnn_darts_v1"))
    with pytest.raises(ValueError, match="Did you mean darts_v2"):
        CifarNetwork("dart_v2")


def test_odd_filters_do_not_fit_the_imagenet_stem():
    with pytest.raises(ValueError, match="`filters` must be even"):
        ImageNetNetwork("darts_v2", filters=3)
