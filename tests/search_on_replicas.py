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
        found = {name: moved(name) for name in names}
    pathlib.Path(path).write_text(json.dumps(found))


def moved(name):
    """Alphas and weights before and after each step.

    The architecture's optimizer keeps the size of the gradients, decay and
    clipping are strong enough to be seen.
    """
    space = kd.search_spaces.darts_cnn(
        4, 3, num_nodes=1, primitives=("none", "skip_connect", "dil_conv_3x3")
    )
    strategy = dataclasses.replace(
        strategies.get(name),
        recipe=strategies.SearchRecipe(weight_decay=0.1, clip_norm=0.1),
    )
    search = kd.DartsSearch(
        dataclasses.replace(space, normalization=None), strategy, seed=1
    )
    search.compile(arch_optimizer=CoupledSGD(1.0, weight_decay=0.1))
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
    recorder = Recorder()
    search.fit(
        train,
        validation_data=valid,
        epochs=1,
        augmentation=None,
        verbose=0,
        callbacks=[recorder],
    )
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
