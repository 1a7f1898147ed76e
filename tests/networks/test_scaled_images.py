"""Networks that scale raw images themselves."""

import keras
import numpy as np
import pytest

from keras_darts import genotypes
from keras_darts import interop
from keras_darts import networks

# Keras reads its scalar variables in a way that NumPy is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")

GENOTYPE = genotypes.Genotype(
    normal=[("sep_conv_3x3", 0), ("skip_connect", 1)],
    normal_concat=[2],
    reduce=[("max_pool_3x3", 0), ("skip_connect", 1)],
    reduce_concat=[2],
)
MEAN, VARIANCE = (100.0, 120.0, 140.0), (400.0, 900.0, 1600.0)
SCALED = {"mean": MEAN, "variance": VARIANCE}


def cifar(**options):
    options = {"auxiliary": False, "input_shape": (8, 8, 3), **options}
    return networks.CifarNetwork(GENOTYPE, 4, 2, 2, **options)


def imagenet(**options):
    options = {"auxiliary": False, "input_shape": (32, 32, 3), **options}
    return networks.ImageNetNetwork(GENOTYPE, 4, 2, 1, **options)


def stages(**options):
    options = {"input_shape": (8, 8, 3), **options}
    return networks.NasBench201Network(
        "|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|", 4, 2, 1, **options
    )


FAMILIES = {"cifar": cifar, "imagenet": imagenet, "nas_bench_201": stages}


def pixels(network, dtype="uint8"):
    shape = (3, *network.input_shape[1:])
    return np.random.default_rng(0).integers(0, 256, shape).astype(dtype)


def by_hand(images):
    scaled = (images.astype("float64") - MEAN) / np.sqrt(VARIANCE)
    return scaled.astype("float32")


def copied(source, target):
    target.set_weights(source.get_weights())
    return target


@pytest.fixture(params=FAMILIES)
def make(request):
    return FAMILIES[request.param]


def test_raw_images_are_answered_as_scaled_ones_without(make):
    plain = make()
    scaled = copied(plain, make(**SCALED))
    for dtype in ("uint8", "int64", "float32", "float64"):
        raw = pixels(plain, dtype)
        expected = plain(by_hand(raw))
        np.testing.assert_allclose(scaled(raw), expected, atol=1e-5)
    raw = pixels(plain)
    np.testing.assert_allclose(
        scaled.predict(raw, verbose=0), expected, atol=1e-5
    )


def test_scaling_has_no_weights_and_keeps_their_order(make):
    plain, scaled = make(), make(**SCALED)
    assert plain.preprocessing is None
    assert isinstance(scaled.preprocessing, keras.layers.Normalization)
    assert scaled.count_params() == plain.count_params()
    shapes = [variable.shape for variable in plain.variables]
    assert [variable.shape for variable in scaled.variables] == shapes
    tails = [v.path.split("/", 1)[1] for v in plain.variables]
    assert len(tails) == len(scaled.variables)


def test_the_scaling_is_saved_with_the_network(make, tmp_path):
    network = make(**SCALED)
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    raw = pixels(network)
    assert (loaded.mean, loaded.variance) == (MEAN, VARIANCE)
    np.testing.assert_array_equal(loaded(raw), network(raw))
    again = type(network).from_config(network.get_config())
    assert (again.mean, again.variance) == (MEAN, VARIANCE)


@pytest.mark.parametrize(
    ("saved", "loading"), [({}, SCALED), (SCALED, {})], ids=["into", "out of"]
)
def test_weights_go_between_networks_with_and_without(
    make, saved, loading, tmp_path
):
    source, target = make(**saved), make(**loading)
    source.save_weights(tmp_path / "network.weights.h5")
    target.load_weights(tmp_path / "network.weights.h5")
    for ours, theirs in zip(target.weights, source.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("family", ["cifar", "imagenet"])
def test_weights_of_the_original_go_into_both(family):
    plain, scaled = FAMILIES[family](), FAMILIES[family](**SCALED)
    interop.load_torch_weights(scaled, interop.to_torch_weights(plain))
    raw = pixels(plain)
    np.testing.assert_allclose(scaled(raw), plain(by_hand(raw)), atol=1e-5)


def test_scaling_may_come_later_and_be_replaced(make):
    network, raw = make(), pixels(make())
    expected = {
        arguments: copied(network, make(mean=arguments, variance=VARIANCE))(raw)
        for arguments in (MEAN, (1.0, 2.0, 3.0))
    }
    unscaled = network.predict(raw, verbose=0)
    for mean, result in expected.items():
        network.scale_inputs(np.array(mean), list(VARIANCE))
        assert np.abs(network.predict(raw, verbose=0) - unscaled).max() > 1e-3
        # Eager and traced.
        np.testing.assert_allclose(network(raw), result, atol=1e-5)
        np.testing.assert_allclose(
            network.predict(raw, verbose=0), result, atol=1e-5
        )
    config = network.get_config()
    assert (config["mean"], config["variance"]) == (
        [1.0, 2.0, 3.0],
        list(VARIANCE),
    )
    layers = [
        layer
        for layer in network.layers
        if isinstance(layer, keras.layers.Normalization)
    ]
    assert layers == [network.preprocessing]


@pytest.mark.parametrize("name", ["mixed_float16", "mixed_bfloat16"])
def test_half_precision_scales_in_full(make, name):
    """Pixels of 16 bits would overflow, and those near each other merge."""
    large = {"mean": (60000.0,) * 3, "variance": (4.0,) * 3}
    network = make(dtype=name, **large)
    raw = (pixels(network) % 8).astype("float32")
    plain = copied(network, make(dtype=name))
    np.testing.assert_allclose(
        network(raw + 60000.0), plain(raw / 2.0), atol=1e-2
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"mean": MEAN},
        {"variance": VARIANCE},
        {"mean": (1.0,), "variance": (1.0,)},
        {"mean": MEAN, "variance": (1.0, 1.0, -1.0)},
        {"mean": (1.0, np.nan, 1.0), "variance": VARIANCE},
        {"mean": "abc", "variance": VARIANCE},
        {"mean": 3.0, "variance": 4.0},
    ],
)
def test_statistics_that_do_not_fit_are_refused(make, arguments):
    with pytest.raises(ValueError, match="`mean` and `variance` must have"):
        make(**arguments)


def test_no_statistics_are_no_scaling(make):
    with pytest.raises(ValueError, match="must be given to scale"):
        make().scale_inputs(None, None)
