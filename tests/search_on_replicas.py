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
from keras_darts.devices import chosen_strategy
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
# What has to agree over many steps.
COURSES = {
    "first order": lambda: "darts",
    "finite difference": lambda: "darts_second_order",
    "exact": lambda: kd.SearchStrategy(
        architect=kd.architects.Unrolled(hessian="exact")
    ),
    # Without the warm-up, which is longer than the course.
    "pc_darts": lambda: dataclasses.replace(
        strategies.variants.pc_darts(2), callbacks=[]
    ),
    "gdas": lambda: "gdas",
}
COURSE = {"eager": True, "steps": 10, "num_cells": 1}
# Bounds that every step exceeds, in Keras' own optimizers.
CLIPPED = {
    "clipnorm": {"clipnorm": 0.02},
    "global_clipnorm": {"global_clipnorm": 0.02},
    "clipvalue": {"clipvalue": 0.003},
}


def main(replicas, path, *names):
    keras.utils.set_random_seed(0)
    with chosen_strategy(int(replicas)).scope():
        found = {
            modality: {name: moved(name) for name in names}
            for modality, moved in (("image", on_images), ("text", on_text))
        }
        made = {**PIECES, **(DROPPED if replicas == "2" else {})}
        found["pieces"] = {
            name: on_images(make(), eager=True) for name, make in made.items()
        }
        found["clipped"] = {
            name: on_images("darts", eager=True, clipping=clipping)
            for name, clipping in CLIPPED.items()
        }
        found["course"] = {
            name: on_images(make(), **COURSE) for name, make in COURSES.items()
        }
        found["synchronized"] = {
            name: on_images(make(), normalization="sync_batch", **COURSE)
            for name, make in COURSES.items()
        }
        found["synchronized graph"] = on_images(
            "darts_second_order", num_cells=1, normalization="sync_batch"
        )
        found["trained"] = {"image": trained_images(), "text": trained_text()}
        found["evaluated"] = evaluated()
        # The last, since it is for the whole process.
        found["deterministic"] = [
            on_images(
                "darts_second_order",
                steps=4,
                num_cells=1,
                normalization="batch",
                deterministic=True,
            )
            for _ in range(2)
        ]
    pathlib.Path(path).write_text(json.dumps(found))


def on_images(strategy, eager=False, steps=STEPS, **choices):
    """Alphas and weights before and after each step."""
    search = image_search(strategy, eager, **choices)
    generator = np.random.default_rng(0)
    halves = [
        (
            generator.normal(size=(steps * BATCH, 8, 8, 1)).astype("float32"),
            np.arange(steps * BATCH) % 2,
        )
        for _ in range(2)
    ]
    train, valid = (
        tf.data.Dataset.from_tensor_slices(half).batch(BATCH) for half in halves
    )
    return moved(search, train, validation_data=valid, augmentation=None)


def image_search(
    strategy,
    eager=False,
    clipping=None,
    num_cells=None,
    normalization=None,
    **options,
):
    space = kd.search_spaces.darts_cnn(
        4,
        num_cells or (2 if eager else 3),
        num_nodes=1,
        primitives=("none", "skip_connect", "dil_conv_3x3"),
    )
    space = dataclasses.replace(space, normalization=normalization)
    options = {"weight_decay": 0.1, **options}
    search = make_search(space, strategy, eager, **options)
    if clipping is not None:
        search.compile(
            keras.optimizers.SGD(0.1, **clipping),
            keras.optimizers.SGD(1.0, **clipping),
            run_eagerly=True,
        )
    return search


def on_text(strategy, eager=False):
    """The same of a recurrent cell, whose state each device carries."""
    rates = ("output", "hidden", "cell_input", "input", "embedding")
    space = kd.search_spaces.darts_rnn(
        2,
        hidden_size=4,
        normalization=None,
        temporal_activation_regularization=1.0,
        **{f"{rate}_dropout": 0.0 for rate in rates},
    )
    recipe = {"learning_rate": 20.0, "momentum": 0.0, "segment_length": 6}
    search = make_search(space, strategy, eager, **recipe)
    generator = np.random.default_rng(0)
    texts = [generator.integers(0, 9, BATCH * 13) for _ in range(2)]
    return moved(search, texts[0], validation_data=texts[1], batch_size=BATCH)


def evaluated():
    """Losses on data whose last batch leaves less for the last device."""
    search = image_search("darts", eager=True, num_cells=1)
    images = np.random.default_rng(0).normal(size=(25, 8, 8, 1))
    images, labels = images.astype("float32"), np.arange(25) % 2
    found = []
    for count in (13, 25):
        history = search.fit(
            images[:8],
            labels[:8],
            batch_size=BATCH,
            validation_data=(images[:count], labels[:count]),
            augmentation=None,
            epochs=1,
            verbose=0,
        ).history
        found.append([history["val_loss"][0], history["val_accuracy"][0]])
    return found


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


def make_search(space, strategy, eager=False, deterministic=False, **recipe):
    """The architecture's optimizer keeps the size of the gradients.

    Decay and clipping are strong enough to be seen.
    """
    if strategy == "enas":
        strategy = strategies.variants.enas(num_samples=3)
    strategy = dataclasses.replace(
        strategies.get(strategy),
        recipe=strategies.SearchRecipe(clip_norm=0.1, **recipe),
    )
    search = kd.DartsSearch(
        space, strategy, seed=1, deterministic=deterministic
    )
    search.compile(
        arch_optimizer=CoupledSGD(1.0, weight_decay=0.1), run_eagerly=eager
    )
    return search


def moved(search, data, **options):
    recorder = Recorder()
    search.fit(data, epochs=1, verbose=0, callbacks=[recorder], **options)
    assert_copies_agree(search.supernet.variables)
    return recorder.values


def assert_copies_agree(variables):
    """No device has gone its own way; running text's states are its own."""
    for variable in variables:
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
        model = self.model
        groups = [model.trainable_variables]
        if isinstance(model, kd.DartsSearch):
            groups = [model.arch_variables, model.weight_variables]
        assert_copies_agree(groups[0])
        self.values.append([flat(variables) for variables in groups])


def flat(variables):
    # A mirrored variable has no `numpy`.
    values = [np.asarray(v.value).ravel() for v in variables]
    return np.concatenate(values).tolist()


if __name__ == "__main__":
    main(*sys.argv[1:])
