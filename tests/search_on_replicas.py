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
# Every piece that draws, together with others; Python runs them, since
# tracing would take a minute.
PIECES = {
    "gates": lambda: kd.SearchStrategy(
        relaxation=kd.relaxations.BinaryGates(),
        connection=kd.connections.PartialConnection(2, random=True),
        regularizers=["cost"],
    ),
    "gumbel": lambda: kd.SearchStrategy(
        relaxation=kd.relaxations.GumbelSoftmax(hard=True),
        edge_normalization=True,
    ),
    "dirichlet": lambda: kd.SearchStrategy(
        relaxation="dirichlet",
        connection="auxiliary_skip",
        architect="single_level",
    ),
    "perturbed": lambda: kd.SearchStrategy(
        relaxation=kd.relaxations.Perturbed("adversarial", steps=1),
        regularizers=["beta_decay", "entropy"],
    ),
}
# What these draw has the size of a device's part of the batch.
DROPPED = {
    "dropped": lambda: kd.SearchStrategy(
        connection=kd.connections.DropPath(
            kd.connections.FullConnection(skip_dropout=0.5), 0.5
        ),
    )
}


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
        made = {**PIECES, **(DROPPED if replicas == "2" else {})}
        found["pieces"] = {
            name: on_images(make(), eager=True) for name, make in made.items()
        }
    pathlib.Path(path).write_text(json.dumps(found))


def on_images(strategy, eager=False):
    """Alphas and weights before and after each step."""
    space = kd.search_spaces.darts_cnn(
        4,
        2 if eager else 3,
        num_nodes=1,
        primitives=("none", "skip_connect", "dil_conv_3x3"),
    )
    space = dataclasses.replace(space, normalization=None)
    search = make_search(space, strategy, eager, weight_decay=0.1)
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


def on_text(strategy):
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
        space, strategy, learning_rate=20.0, momentum=0.0, segment_length=6
    )
    generator = np.random.default_rng(0)
    texts = [generator.integers(0, 9, BATCH * 13) for _ in range(2)]
    return moved(search, texts[0], validation_data=texts[1], batch_size=BATCH)


def make_search(space, strategy, eager=False, **recipe):
    """The architecture's optimizer keeps the size of the gradients.

    Decay and clipping are strong enough to be seen.
    """
    if strategy == "enas":
        strategy = strategies.variants.enas(num_samples=3)
    strategy = dataclasses.replace(
        strategies.get(strategy),
        recipe=strategies.SearchRecipe(clip_norm=0.1, **recipe),
    )
    search = kd.DartsSearch(space, strategy, seed=1)
    search.compile(
        arch_optimizer=CoupledSGD(1.0, weight_decay=0.1), run_eagerly=eager
    )
    return search


def moved(search, data, **options):
    recorder = Recorder()
    search.fit(data, epochs=1, verbose=0, callbacks=[recorder], **options)
    assert_copies_agree(search)
    return recorder.values


def assert_copies_agree(search):
    """No device has gone its own way; running text's states are its own."""
    for variable in search.supernet.variables:
        copies = getattr(variable.value, "values", [])
        for copy in copies[1:]:
            np.testing.assert_array_equal(copy, copies[0], variable.path)


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
