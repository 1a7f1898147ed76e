"""Steps of searches on some number of devices, for `test_replicas.py`.

A process of its own, since the number of logical devices and a
`MirroredStrategy` are for a whole process. Writes the variables as JSON.

Python runs the steps on several devices several times slower than a graph,
but a graph has to be made first: many steps are traced, few are not.
"""

import dataclasses
import json
import pathlib
import sys

import keras
import numpy as np
import tensorflow as tf
from networks_on_replicas import cells
from networks_on_replicas import judged
from networks_on_replicas import synchronized
from networks_on_replicas import trained
from recorded_steps import Recorder
from recorded_steps import assert_copies_agree
from strategies_on_replicas import CLIPPED
from strategies_on_replicas import COURSES
from strategies_on_replicas import DROPPED
from strategies_on_replicas import MEANS
from strategies_on_replicas import PIECES
from strategies_on_replicas import WITH_STATISTICS
from strategies_on_replicas import stepping

import keras_darts as kd
from keras_darts import strategies
from keras_darts.distributed.devices import distribution_strategy
from keras_darts.training import CoupledSGD

STEPS = 2
BATCH = 8
FEW = ("none", "dil_conv_3x3")
SMALL = {"num_cells": 1, "primitives": FEW}
EAGER = {**SMALL, "eager": True}
# What a strategy has next to its steps; only a recipe given here acts on them.
BESIDE_STEPS = ("callbacks", "citations", "discretizer", "recipe")
# Each candidate that normalises doubles what has to be traced.
COURSE = {"steps": 10, **SMALL}
SYNCHRONIZED = {**COURSE, "normalization": "sync_batch"}


def main(replicas, path, *names):
    """Of all names, or of those that are given."""
    keras.utils.set_random_seed(0)
    with distribution_strategy(int(replicas)).scope():
        results = {
            name: make(replicas)
            for name, make in SEARCHES.items()
            if not names or name in names
        }
    pathlib.Path(path).write_text(json.dumps(results))


def each(made, **choices):
    """Of strategies by name, what their searches were like."""
    return {name: on_images(make(), **choices) for name, make in made.items()}


def one_of_each_step(replicas):
    """Those whose steps differ; on one device those that can be compared.

    What others draw has the size of a device's part of the batch.
    """
    by_config = {}
    for name in strategies.names():
        make = stepping(name)
        config = {**make().get_config(), **dict.fromkeys(BESIDE_STEPS)}
        by_config.setdefault(repr(config), (name, make))
    left_out = DROPPED if replicas == "1" else ()
    return {
        name: make for name, make in by_config.values() if name not in left_out
    }


def on_images(strategy, eager=False, steps=STEPS, accumulation=1, **choices):
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
    return moved(
        search,
        train,
        validation_data=valid,
        augmentation=None,
        gradient_accumulation_steps=accumulation,
    )


def image_search(
    strategy,
    eager=False,
    clipping=None,
    num_cells=3,
    normalization=None,
    primitives=("none", "skip_connect", "dil_conv_3x3"),
    **options,
):
    space = kd.search_spaces.darts_cnn(
        12, num_cells, num_nodes=1, primitives=primitives
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


def deterministic():
    return on_images(
        "darts_second_order",
        steps=4,
        **{**SMALL, "normalization": "batch"},
        deterministic=True,
    )


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
    search = make_search(
        space,
        strategy,
        eager,
        learning_rate=20.0,
        momentum=0.0,
        segment_length=6,
    )
    generator = np.random.default_rng(0)
    texts = [generator.integers(0, 9, BATCH * 13) for _ in range(2)]
    return moved(search, texts[0], validation_data=texts[1], batch_size=BATCH)


def evaluated():
    """Losses on data whose last batch leaves less for the last device.

    At the end that is the only one.
    """
    search = image_search("darts", **EAGER)
    images = np.random.default_rng(0).normal(size=(25, 8, 8, 1))
    images, labels = images.astype("float32"), np.arange(25) % 2
    results = []
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
        results.append([history["val_loss"][0], history["val_accuracy"][0]])
    few = images[:5], labels[:5]
    return [*results, search.evaluate(*few, batch_size=BATCH, verbose=0)]


def make_search(
    space,
    strategy,
    eager=False,
    deterministic=False,
    rematerialize=False,
    dtype=None,
    **recipe,
):
    """The architecture's optimizer keeps the size of the gradients.

    Decay and clipping are strong enough to be seen.
    """
    if strategy == "enas":
        strategy = strategies.methods.enas(num_samples=3)
    strategy = dataclasses.replace(
        strategies.get(strategy),
        recipe=strategies.SearchRecipe(clip_norm=0.1, **recipe),
    )
    search = kd.DartsSearch(
        space,
        strategy,
        seed=1,
        deterministic=deterministic,
        rematerialize=rematerialize,
        dtype=dtype,
    )
    search.compile(
        arch_optimizer=CoupledSGD(1.0, weight_decay=0.1), run_eagerly=eager
    )
    return search


def moved(search, data, **options):
    recorder = Recorder()
    epochs = max(1, len(search.stages))
    search.fit(data, epochs=epochs, verbose=0, callbacks=[recorder], **options)
    assert_copies_agree(search.supernet.variables)
    return recorder.values


SEARCHES = {
    "image": lambda _: {
        "traced": on_images("darts_second_order", primitives=FEW)
    },
    "text": lambda _: {
        "traced": on_text("darts_second_order"),
        "enas": on_text("enas", eager=True),
    },
    "pieces": lambda _: each(PIECES, **EAGER, steps=1),
    "strategies": lambda replicas: each(
        one_of_each_step(replicas), eager=True, num_cells=1, steps=1
    ),
    "clipped": lambda _: {
        name: on_images("darts", **EAGER, clipping=clipping)
        for name, clipping in CLIPPED.items()
    },
    "means": lambda _: {
        name: on_images("darts_second_order", **EAGER, **means)
        for name, means in MEANS.items()
    },
    "course": lambda _: each(COURSES, **COURSE),
    "synchronized": lambda _: each(WITH_STATISTICS, **SYNCHRONIZED),
    "trained": lambda _: trained(),
    "parted": lambda _: synchronized(cells, sync_batch_norm=False),
    "evaluated": lambda _: [*evaluated(), *judged()],
    # The last, since it is for the whole process.
    "deterministic": lambda _: deterministic(),
}


if __name__ == "__main__":
    main(*sys.argv[1:])
