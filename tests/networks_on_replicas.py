"""Steps of derived networks, for `search_on_replicas.py`."""

import functools

import keras
import numpy as np
import tensorflow as tf
from recorded_steps import Recorder

import keras_darts as kd

STEPS = 2
BATCH = 8


def trained():
    made = (cells, stages, sentences)
    return {
        "image": trained_images(),
        "text": trained_text(),
        **{make.__name__: synchronized(make) for make in made},
    }


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


def synchronized(make, sync_batch_norm=True):
    """Weights of a network that normalises, before and after each step.

    No two images or sentences are equal: a part is not as the whole.
    """
    keras.utils.set_random_seed(1)
    network, prepare, inputs = make()
    labels = np.arange(len(inputs)) % 2
    recipe = prepare(
        network,
        len(inputs),
        batch_size=BATCH,
        sync_batch_norm=sync_batch_norm,
    )
    network.run_eagerly = True
    recorder = Recorder()
    data = tf.data.Dataset.from_tensor_slices((inputs, labels))
    recipe.fit(network, data, epochs=1, verbose=0, callbacks=[recorder])
    return recorder.values


def cells():
    sizes = {"num_classes": 2, "filters": 2, "num_cells": 1}
    network = kd.networks.CifarNetwork(
        "darts_v2", **sizes, auxiliary=False, input_shape=(8, 8, 1)
    )
    return network, *small_images()


def stages():
    sizes = {"num_classes": 2, "filters": 2, "num_cells": 1}
    network = kd.networks.NasBench201Network(
        "|nor_conv_3x3~0|", **sizes, input_shape=(8, 8, 1)
    )
    return network, *small_images()


def small_images():
    images = np.random.default_rng(0).normal(size=(STEPS * BATCH, 8, 8, 1))
    prepare = functools.partial(
        kd.training.small_image_recipe, mean=(0.0,), variance=(1.0,)
    )
    return prepare, images.astype("float32")


def sentences():
    network = kd.networks.TextNetwork(
        kd.search_spaces.text_cnn(num_nodes=1).random_genotype(0),
        **{"vocabulary_size": 9, "embedding_size": 4, "filters": 2},
        **{"num_cells": 1, "sequence_length": 4},
        **{"dropout": 0.0, "embedding_dropout": 0.0},
    )
    ids = np.random.default_rng(0).integers(1, 9, (STEPS * BATCH, 4))
    return network, kd.training.text_classification_recipe, ids


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
    recipe.compile(network)
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
    recipe = kd.training.small_language_model_recipe(
        model, batch_size=BATCH, segment_length=6, **options
    )
    model.run_eagerly = True
    recipe.compile(model)
    return model, recipe


def steps_of(network, batches):
    recorder = Recorder()
    network.fit(batches, shuffle=False, verbose=0, callbacks=[recorder])
    return recorder.values
