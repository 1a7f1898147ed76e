"""Networks that train in half precision."""

import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.search.mixed_precision import default_policy

CELL = [("sep_conv_3x3", 0), ("skip_connect", 1)]
GENOTYPE = kd.Genotype(CELL, [2], CELL, [2])


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_a_recipe_trains_a_network_in_half_precision(policy):
    with default_policy(policy):
        network = kd.networks.CifarNetwork(
            GENOTYPE,
            num_classes=2,
            filters=2,
            num_cells=2,
            auxiliary=False,
            input_shape=(8, 8, 1),
        )
    assert network.compute_dtype == policy[len("mixed_") :]
    recipe = kd.training.small_image_recipe(
        network, num_train=64, mean=(0.0,), variance=(1.0,)
    )
    network.run_eagerly = True
    images = np.random.default_rng(0).normal(size=(64, 8, 8, 1))
    train = tf.data.Dataset.from_tensor_slices(
        (images.astype("float32"), [0, 1] * 32)
    )
    recipe.compile(network)
    before = [v.value.numpy() for v in network.trainable_variables]
    history = recipe.fit(
        network, train, epochs=1, verbose=0, gradient_accumulation_steps=2
    )
    assert np.isfinite(history.history["loss"]).all()
    after = [v.value.numpy() for v in network.trainable_variables]
    assert all(np.isfinite(value).all() for value in after)
    assert any(np.any(a != b) for a, b in zip(after, before, strict=True))
