"""The steps of our derived networks, for `derived_step_time.py`.

Imports TensorFlow: what shall be set before that is set by the importer.
"""

import numpy as np
import tensorflow as tf
from keras_darts_recurrent_step import batch as text_batch
from keras_darts_step import NUM_CLASSES
from keras_darts_step import batch
from keras_darts_step import num_operations
from work import flop
from work import recurrent_macs

import keras_darts as kd
from keras_darts.analysis import count_macs

# Half-way through the recipe's training.
DROP_PATH = 0.1


def build(settings):
    """A function that does one step, and one that tells what it consists of."""
    make = {"image": image, "language": language}[settings["network"]]
    step, operations, items, macs = make(settings)
    work = flop(settings["step_type"], items * macs)
    return step, lambda: {
        "operations": operations(),
        "flop": work,
        "items": items,
    }


def image(settings):
    side, items = settings["image_size"], settings["batch_size"]
    network = kd.networks.CifarNetwork(
        "darts_v2",
        NUM_CLASSES,
        settings["filters"],
        settings["num_cells"],
        input_shape=(side, side, 3),
        drop_path_rate=DROP_PATH,
    )
    recipe = kd.training.cifar_recipe(
        network, num_train=items, batch_size=items
    )
    recipe.compile(network)
    images, labels = batch(np.random.default_rng(0), items, side)
    training = settings["step_type"] == "training"
    # With the auxiliary head, which is there in training only.
    macs = count_macs(
        lambda images: network(images, training=training), (side, side, 3)
    )
    if training:
        data = (images, labels)
        return *training_step(network, data), items, macs
    network.make_predict_function()
    data = (tf.constant(images),)
    return (
        # A list, as `predict` runs several batches in one call if it is told.
        lambda: network.predict_function([data]).numpy(),
        lambda: num_operations(network.predict_step, data),
        items,
        macs,
    )


def language(settings):
    words, units = settings["vocabulary_size"], settings["hidden_size"]
    model = kd.networks.RecurrentLanguageModel(
        "rnn_darts_v2", words, hidden_size=units
    )
    kd.training.ptb_recipe(model).compile(model)
    data = text_batch(np.random.default_rng(0), settings)
    items = data[0].size
    # The input and the state count for two.
    products = 2 + len(model.genotype.recurrent)
    macs = recurrent_macs(products, units, words)
    if settings["step_type"] == "training":
        return *training_step(model, data), items, macs
    # Evaluation, which carries the state on as the original's does.
    model.make_test_function()
    stream = iter(tf.data.Dataset.from_tensors(data).repeat())
    return (
        lambda: float(model.test_function(stream)["loss"]),
        lambda: num_operations(model.test_step, data),
        items,
        macs,
    )


def training_step(network, data):
    """What `fit` calls for each step, and what counts its operations."""
    network.make_train_function()
    stream = iter(tf.data.Dataset.from_tensors(data).repeat())
    return (
        lambda: float(network.train_function(stream)["loss"]),
        lambda: num_operations(network.train_step, data),
    )
