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
    network, _ = image_network()
    generator = np.random.default_rng(0)
    half = generator.normal(size=(STEPS, 1, BATCH // 2, 8, 8, 1))
    images = np.repeat(half, 2, axis=1).reshape(STEPS, BATCH, 8, 8, 1)
    labels = np.tile(np.arange(BATCH // 2) % 2, (STEPS, 2))
    batches = tf.data.Dataset.from_tensor_slices((images, labels))
    return steps_of(network, batches)


def judged():
    """Figures of networks on sets of which devices get parts of other sizes.

    Nine images become five and four, of one there is none for the second
    device, and three rows of text are two and one.
    """
    network, recipe = image_network()
    images = np.random.default_rng(0).normal(size=(9, 8, 8, 1))
    data = tf.data.Dataset.from_tensor_slices(
        (images.astype("float32"), np.arange(9) % 2)
    )
    model, text_recipe = language_model(eval_batch_size=3)
    ids = np.random.default_rng(0).integers(0, 9, 3 * 13)
    sets = [
        *((network, recipe, data.take(count)) for count in (9, 1)),
        (model, text_recipe, ids),
    ]
    return [
        model.evaluate(recipe.pipeline(data, training=False), verbose=0)
        for model, recipe, data in sets
    ]


def image_network():
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
    network.run_eagerly = True
    return network, recipe


def trained_text():
    """The same of a derived language model, which normalises nothing.

    Its recipe clips.
    """
    model, recipe = language_model()
    ids = np.random.default_rng(0).integers(0, 9, BATCH * 13)
    return steps_of(model, recipe.pipeline(ids, epochs=1))


def language_model(**options):
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
        model, batch_size=BATCH, segment_length=6, **options
    )
    model.run_eagerly = True
    return model, recipe


def steps_of(network, batches):
    recorder = Recorder()
    network.fit(batches, shuffle=False, verbose=0, callbacks=[recorder])
    return recorder.values
