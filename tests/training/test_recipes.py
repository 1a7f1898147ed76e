"""The published recipes: their constants, and that they train."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_darts import datasets
from keras_darts import genotypes
from keras_darts import networks
from keras_darts import primitives
from keras_darts.training import DropPathSchedule
from keras_darts.training import SmoothedCrossentropy
from keras_darts.training import cifar_recipe
from keras_darts.training import imagenet_recipe
from keras_darts.training import nas_bench_201_recipe
from keras_darts.training import small_image_recipe

# The fastest to build and to trace.
GENOTYPE = genotypes.Genotype(
    normal=[("skip_connect", 0), ("sep_conv_3x3", 1)],
    normal_concat=[2],
    reduce=[("max_pool_3x3", 0), ("skip_connect", 1)],
    reduce_concat=[2],
)
RNG = np.random.default_rng(0)


def cifar(**options):
    options = {"filters": 2, "num_cells": 3, **options}
    return networks.CifarNetwork(GENOTYPE, **options)


def digits(**options):
    options = {"auxiliary": False, "input_shape": (8, 8, 1), **options}
    return cifar(**options)


def small(network, num_train=8, **options):
    options = {"batch_size": 4, "mean": [8.0], "variance": [16.0], **options}
    return small_image_recipe(network, num_train, **options)


def dataset(shape, count, labels=None):
    images = RNG.integers(0, 256, (count, *shape)).astype("uint8")
    labels = np.arange(count) % 3 if labels is None else labels
    return images, tf.data.Dataset.from_tensor_slices((images, labels))


def rate_at(network, epoch, recipe):
    return float(
        network.optimizer._learning_rate(epoch * recipe.steps_per_epoch)
    )


def test_nas_bench_201_recipe_has_the_constants_of_the_benchmark():
    network = networks.NasBench201Network(
        "|nor_conv_3x3~0|", filters=2, num_cells=1
    )
    recipe = nas_bench_201_recipe(network, num_train=50_000)
    recipe.compile(network)
    optimizer = network.optimizer
    assert (recipe.epochs, recipe.batch_size) == (200, 256)
    assert (optimizer.momentum, optimizer.nesterov) == (0.9, True)
    assert optimizer.weight_decay == 5e-4
    assert optimizer.global_clipnorm is None
    assert rate_at(network, 0, recipe) == pytest.approx(0.1)
    assert rate_at(network, 100, recipe) == pytest.approx(0.05)
    assert rate_at(network, 199, recipe) == pytest.approx(0, abs=1e-4)
    assert recipe.augmentation == datasets.PadCropFlip(4, flip=True)
    assert recipe.callbacks == []


def test_cifar_recipe_has_the_constants_of_the_original():
    network = cifar(auxiliary_head_weight=0.7)
    mean, variance = datasets.NORMALIZATIONS["cifar10"]
    recipe = cifar_recipe(
        network, num_train=50_000, mean=mean, variance=variance
    )
    recipe.compile(network)
    optimizer = network.optimizer
    assert (recipe.epochs, recipe.batch_size) == (600, 96)
    assert optimizer.momentum == 0.9
    assert optimizer.weight_decay == 3e-4
    assert optimizer.global_clipnorm == 5.0
    assert not optimizer.nesterov
    assert network.auxiliary_head_weight == 0.4
    assert rate_at(network, 0, recipe) == pytest.approx(0.025)
    assert rate_at(network, 300, recipe) == pytest.approx(0.0125)
    assert rate_at(network, 599, recipe) == pytest.approx(0, abs=1e-6)
    (ramp,) = recipe.callbacks
    assert (ramp.max_rate, ramp.epochs) == (0.2, 600)
    pad, cutout = recipe.augmentation.augmentations
    assert (pad.padding, pad.flip, cutout.length) == (4, True, 16)
    assert cutout.fill == recipe.mean
    assert network.loss.get_config()["from_logits"]


def test_imagenet_recipe_has_the_constants_of_the_original():
    network = networks.ImageNetNetwork(GENOTYPE, filters=2, num_cells=3)
    recipe = imagenet_recipe(network, num_train=1_281_167)
    recipe.compile(network)
    optimizer = network.optimizer
    assert (recipe.epochs, recipe.batch_size) == (250, 128)
    assert optimizer.momentum == 0.9
    assert optimizer.weight_decay == 3e-5
    assert optimizer.global_clipnorm == 5.0
    assert network.auxiliary_head_weight == 0.4
    assert rate_at(network, 0, recipe) == pytest.approx(0.1)
    assert rate_at(network, 10, recipe) == pytest.approx(0.1 * 0.97**10)
    assert recipe.callbacks == []
    assert isinstance(network.loss, SmoothedCrossentropy)
    assert network.loss.label_smoothing == 0.1
    crop, jitter = recipe.augmentation.augmentations
    assert crop == datasets.RandomResizedCrop(224)
    assert jitter == datasets.ColorJitter(0.4, 0.4, 0.4, 0.2)
    assert recipe.resize == datasets.ResizeCenterCrop(224, 256)


def test_training_pipeline_gives_raw_batches_in_new_orders():
    images, train = dataset((8, 8, 1), 8, labels=np.arange(8))
    recipe = small(digits(), padding=0, epochs=2)
    batches = list(recipe.pipeline(train))
    assert len(batches) == 2 * recipe.steps_per_epoch == 4
    labels = np.concatenate([y for _, y in batches])
    assert sorted(labels[:8]) == sorted(labels[8:]) == list(range(8))
    assert labels[:8].tolist() != labels[8:].tolist()
    for x, y in batches:
        np.testing.assert_array_equal(x, images[y.numpy()])


def test_training_pipeline_depends_on_the_seed_alone_from_any_epoch_on():
    _, train = dataset((8, 8, 1), 8)

    def batches(seed, start_epoch=0):
        recipe = small(digits(), epochs=2, seed=seed)
        return [x for x, _ in recipe.pipeline(train, start_epoch=start_epoch)]

    first, second, late = batches(1), batches(1), batches(1, start_epoch=1)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first[2:], late)
    assert np.any(np.array(first) != batches(2))


def test_evaluation_pipeline_gives_every_image_once_in_order():
    images, test = dataset((8, 8, 1), 7)
    recipe = small(digits(), num_train=100)
    batches = list(recipe.pipeline(test, training=False))
    assert [len(x) for x, _ in batches] == [4, 3]
    np.testing.assert_array_equal(
        np.concatenate([x for x, _ in batches]), images
    )


def test_cutout_leaves_zeros_after_the_scaling_of_the_network():
    _, train = dataset((32, 32, 3), 4)
    network = cifar()
    recipe = cifar_recipe(
        network,
        4,
        batch_size=4,
        epochs=1,
        padding=0,
        flip=False,
        cutout=16,
        **datasets.NORMALIZATIONS["cifar10"]._asdict(),
    )
    recipe.compile(network)
    ((x, _),) = recipe.pipeline(train)
    scaled = network.preprocessing(tf.cast(x, "float32"))
    holes = np.all(np.abs(scaled) < 0.01, axis=-1).sum(axis=(1, 2))
    assert np.all(holes >= 8 * 8)


def test_imagenet_pipelines_bring_images_to_the_size_of_the_network():
    network = networks.ImageNetNetwork(
        GENOTYPE, 3, 2, 1, auxiliary=False, input_shape=(32, 32, 3)
    )
    recipe = imagenet_recipe(network, 4, batch_size=2, epochs=1)
    _, data = dataset((50, 40, 3), 4)
    for training in (True, False):
        for x, _ in recipe.pipeline(data, training=training):
            assert x.shape == (2, 32, 32, 3)
            assert x.dtype == "uint8"


@pytest.mark.parametrize(
    ("label_type", "labels"),
    [
        ("sparse", np.arange(8) % 3),
        ("one_hot", np.eye(3)[np.arange(8) % 3]),
        ("multi_label", RNG.integers(0, 2, (8, 3))),
        ("regression", RNG.standard_normal((8, 3))),
    ],
)
def test_every_kind_of_task_trains(label_type, labels):
    _, train = dataset((8, 8, 1), 8, labels=labels)
    network = digits(num_classes=3)
    recipe = small(
        network, label_type=label_type, mean=[128.0], variance=[5500.0]
    )
    network.run_eagerly = True
    before = network.classifier.kernel.numpy()
    history = recipe.fit(network, train, train, epochs=1, verbose=0).history
    metric = "mae" if label_type == "regression" else "accuracy"
    assert set(history) == {"loss", metric, "val_loss", f"val_{metric}"}
    assert np.isfinite(history["loss"][0])
    assert np.any(network.classifier.kernel.numpy() != before)


def test_digits_are_learned_in_three_epochs():
    data = datasets.load("digits")
    network = networks.network_for(
        GENOTYPE, 10, data.image_shape, filters=8, num_cells=2
    )
    recipe = small_image_recipe(network, epochs=3)
    history = recipe.fit(network, data.train, data.test, verbose=0).history
    assert history["val_accuracy"][-1] > 0.5


def test_one_recipe_trains_many_networks_with_an_optimizer_each():
    first, second = digits(), digits()
    recipe = small(first)
    recipe.compile(first)
    recipe.compile(second)
    assert first.optimizer is not second.optimizer
    assert first.optimizer.get_config() == second.optimizer.get_config()


def test_the_recipe_decides_whose_statistics_normalise():
    network = digits()
    layers = [
        layer
        for layer in network._flatten_layers()
        if isinstance(layer, primitives.BatchNormalization)
    ]
    recipe = small(network, sync_batch_norm=True)
    assert not any(layer.synchronized for layer in layers)
    recipe.compile(network)
    assert recipe.get_config()["sync_batch_norm"]
    assert len(layers) > 9 and all(layer.synchronized for layer in layers)
    plain = small(network)
    plain.compile(network)
    assert "sync_batch_norm" not in plain.get_config()
    assert not any(layer.synchronized for layer in layers)
    other = keras.Sequential([keras.Input((1, 1, 1)), keras.layers.Dense(1)])
    other.num_classes = 1
    with pytest.raises(ValueError, match="a network without a .* Sequential"):
        recipe.compile(other)


def test_a_training_step_is_traced_once(monkeypatch):
    network = digits()
    recipe = small(network)
    step, traces = network.train_step, []
    monkeypatch.setattr(
        networks.CifarNetwork,
        "train_step",
        lambda _, data: traces.append(data) or step(data),
    )
    _, train = dataset((8, 8, 1), 8)
    recipe.fit(network, train, epochs=1, verbose=0)
    assert len(traces) == 1


def test_half_precision_trains(policy):
    policy("mixed_float16")
    _, train = dataset((8, 8, 1), 8)
    network = digits(num_classes=3)
    recipe = small(network, mean=[128.0], variance=[5500.0])
    network.run_eagerly = True
    history = recipe.fit(network, train, epochs=1, verbose=0).history
    assert np.isfinite(history["loss"][0])
    assert np.isfinite(network(np.zeros((1, 8, 8, 1), "float32"))).all()


def test_drop_path_rate_rises_from_epoch_to_epoch():
    network = digits()
    _, train = dataset((8, 8, 1), 8)
    recipe = small(network, drop_path=0.4, epochs=4)
    network.run_eagerly = True
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: seen.append(
            float(network.drop_path_rate)
        )
    )
    recipe.fit(network, train, callbacks=[watch], verbose=0)
    np.testing.assert_allclose(seen, [0.0, 0.1, 0.2, 0.3], rtol=1e-6)


def test_drop_path_ramp_needs_a_network_with_drop_path():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(TypeError, match="DropPathSchedule needs a network"):
        model.fit(
            np.ones((2, 1)),
            np.ones((2, 1)),
            callbacks=[DropPathSchedule(0.1, 2)],
            verbose=0,
        )
    with pytest.raises(ValueError, match=r"`max_rate` must be in \[0, 1\)"):
        DropPathSchedule(1.0, 2)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="`mean` and `variance` must have"):
        cifar_recipe(digits(), mean=(1.0,) * 3, variance=(1.0,) * 3)
    with pytest.raises(ValueError, match="`batch_size` must be from 1"):
        cifar_recipe(cifar(), 10)
    with pytest.raises(ValueError, match="`label_type` must be one of"):
        small(digits(), label_type="ordinal")
    _, train = dataset((8, 8, 1), 9)
    with pytest.raises(ValueError, match="9 elements, num_train=8"):
        small(digits()).pipeline(train)
