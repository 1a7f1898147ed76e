"""Two steps of a search on some number of devices, for `test_replicas.py`.

A process of its own, since the number of logical devices and a
`MirroredStrategy` are for a whole process. Writes the variables as JSON.
"""

import dataclasses
import json
import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf

import keras_darts as kd
from keras_darts import strategies
from keras_darts.training import CoupledSGD

STEPS = 2
BATCH = 8


def main(replicas, path, *names):
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * 2
    )
    devices = tf.distribute.get_strategy()
    if replicas == "2":
        devices = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with devices.scope():
        found = {
            modality: {name: moved(name) for name in names}
            for modality, moved in (("image", on_images), ("text", on_text))
        }
    pathlib.Path(path).write_text(json.dumps(found))


def on_images(name):
    """Alphas and weights before and after each step."""
    space = kd.search_spaces.darts_cnn(
        4, 3, num_nodes=1, primitives=("none", "skip_connect", "dil_conv_3x3")
    )
    search = make_search(
        dataclasses.replace(space, normalization=None), name, weight_decay=0.1
    )
    generator = np.random.default_rng(0)
    halves = [
        (
            generator.normal(size=(STEPS * BATCH, 8, 8, 1)).astype("float32"),
            np.arange(STEPS * BATCH) % 2,
        )
        for _ in range(2)
    ]
    train, valid = (
        tf.data.Dataset.from_tensor_slices(half).batch(BATCH) for half in halves
    )
    return moved(search, train, validation_data=valid, augmentation=None)


def on_text(name):
    """The same of a recurrent cell, whose state each device carries."""
    rates = ("output", "hidden", "cell_input", "input", "embedding")
    space = kd.search_spaces.darts_rnn(
        2,
        hidden_size=4,
        normalization=None,
        temporal_activation_regularization=1.0,
        **{f"{rate}_dropout": 0.0 for rate in rates},
    )
    search = make_search(
        space, name, learning_rate=20.0, momentum=0.0, segment_length=6
    )
    generator = np.random.default_rng(0)
    texts = [generator.integers(0, 9, BATCH * 13) for _ in range(2)]
    return moved(search, texts[0], validation_data=texts[1], batch_size=BATCH)


def make_search(space, name, **recipe):
    """The architecture's optimizer keeps the size of the gradients.

    Decay and clipping are strong enough to be seen.
    """
    strategy = strategies.get(name)
    if name == "enas":
        strategy = strategies.variants.enas(num_samples=3)
    strategy = dataclasses.replace(
        strategy,
        recipe=strategies.SearchRecipe(clip_norm=0.1, **recipe),
    )
    search = kd.DartsSearch(space, strategy, seed=1)
    search.compile(arch_optimizer=CoupledSGD(1.0, weight_decay=0.1))
    return search


def moved(search, data, **options):
    recorder = Recorder()
    search.fit(data, epochs=1, verbose=0, callbacks=[recorder], **options)
    return recorder.values


class Recorder(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.values = []

    def on_train_begin(self, logs=None):
        self.record()

    def on_train_batch_end(self, batch, logs=None):
        self.record()

    def record(self):
        groups = (self.model.arch_variables, self.model.weight_variables)
        self.values.append([flat(variables) for variables in groups])


def flat(variables):
    # A mirrored variable has no `numpy`.
    values = [np.asarray(v.value).ravel() for v in variables]
    return np.concatenate(values).tolist()


if __name__ == "__main__":
    main(*sys.argv[1:])
