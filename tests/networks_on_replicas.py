"""Steps of derived networks, for `search_on_replicas.py`."""

import keras
import numpy as np
import tensorflow as tf
from recorded_steps import Recorder

import keras_darts as kd

STEPS = 2
BATCH = 8


def trained_images():
    """Weights of a derived network before and after each step.

    The halves of a batch are equal, so that a device's own statistics are
    those of the batch.
    """
    keras.utils.set_random_seed(1)
    network = kd.networks.CifarNetwork(
        "darts_v2",
        filters=2,
        num_cells=2,
        auxiliary=False,
        input_shape=(8, 8, 1),
    )
    recipe = kd.training.small_image_recipe(
        network, num_train=64, mean=(0.0,), variance=(1.0,), batch_size=BATCH
    )
    generator = np.random.default_rng(0)
    half = generator.normal(size=(STEPS, 1, BATCH // 2, 8, 8, 1))
    images = np.repeat(half, 2, axis=1).reshape(STEPS, BATCH, 8, 8, 1)
    labels = np.tile(np.arange(BATCH // 2) % 2, (STEPS, 2))
    batches = tf.data.Dataset.from_tensor_slices((images, labels))
    recipe.compile(network)
    return steps_of(network, batches)


def trained_text():
    """The same of a derived language model, which normalises nothing.

    Its recipe clips.
    """
    rates = ("output", "hidden", "cell_input", "input", "embedding")
    keras.utils.set_random_seed(1)
    model = kd.networks.RecurrentLanguageModel(
        "rnn_darts_v2",
        9,
        hidden_size=4,
        temporal_activation_regularization=1,
        segment_length=6,
        **{f"{rate}_dropout": 0.0 for rate in rates},
    )
    recipe = kd.training.small_text_recipe(
        model, batch_size=BATCH, segment_length=6
    )
    ids = np.random.default_rng(0).integers(0, 9, BATCH * 13)
    recipe.compile(model)
    return steps_of(model, recipe.pipeline(ids, epochs=1))


def steps_of(network, batches):
    network.run_eagerly = True
    recorder = Recorder()
    network.fit(batches, shuffle=False, verbose=0, callbacks=[recorder])
    return recorder.values
