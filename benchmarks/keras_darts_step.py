"""The steps of `DartsSearch`, for `step_time.py`.

Imports TensorFlow: what shall be set before that is set by the importer.
"""

import numpy as np
import tensorflow as tf
from work import flop
from work import supernet_macs

import keras_darts as kd
from keras_darts.architects import Unrolled
from keras_darts.search import steps
from keras_darts.search_spaces.catalog import CNN_PRIMITIVES
from keras_darts.utils.tf_config import grappler

NUM_CLASSES = 10
STRATEGIES = {
    "weight": "darts",
    "first_order": "darts",
    "second_order": "darts_second_order",
    "exact": kd.SearchStrategy(architect=Unrolled(hessian="exact")),
}


def build(settings):
    """A function that does one step, and one that tells what it consists of."""
    side, step_type = settings["image_size"], settings["step_type"]
    search = search_of(settings)
    search.compile()
    draw = np.random.default_rng(0)
    pair = tuple(batch(draw, settings["batch_size"], side) for _ in range(2))
    step, count_operations = step_of(search, step_type, pair)

    def facts():
        macs = settings["batch_size"] * supernet_macs(
            search.search_space, (side, side, 3), NUM_CLASSES
        )
        return {"operations": count_operations(), "flop": flop(step_type, macs)}

    return step, facts


def search_of(settings):
    """The search of which a step is timed, not yet compiled."""
    side, step_type = settings["image_size"], settings["step_type"]
    return kd.DartsSearch(
        space_of(settings),
        strategy=STRATEGIES.get(step_type, step_type),
        num_classes=NUM_CLASSES,
        input_shape=(side, side, 3),
        rematerialize=settings.get("rematerialize", False),
    )


def space_of(settings):
    """DARTS', or one with less in its cells."""
    return kd.search_spaces.darts_cnn(
        settings["filters"],
        settings["num_cells"],
        settings["num_nodes"],
        CNN_PRIMITIVES[: settings["num_primitives"]],
    )


def step_of(search, step_type, pair):
    """A function that does a step on two batches, and one that counts it."""
    stream = iter(tf.data.Dataset.from_tensors(pair).repeat())
    if step_type == "weight":
        return weight_step(search, stream)
    # What `fit` itself calls for each step.
    search.make_train_function()
    return (
        as_in_fit(lambda: search.train_function(stream)["loss"]),
        lambda: num_operations(search.train_step, next(stream)),
    )


def as_in_fit(step):
    def run():
        with grappler():
            return float(step())

    return run


def weight_step(search, stream):
    adapter, streams = search.task_adapter, search.streams

    def step(batch):
        with adapter.step_scope(batch, search.optimizer, search.recipe):
            result = steps.weight_step(search, streams.resume(batch, "train"))
        streams.keep(result.outputs, "train")
        return result.loss

    traced = tf.function(step, autograph=False)
    return (
        as_in_fit(lambda: traced(next(stream)[0])),
        lambda: num_operations(step, next(stream)[0]),
    )


def batch(draw, size, side):
    images = draw.normal(size=(size, side, side, 3)).astype("float32")
    return images, draw.integers(0, NUM_CLASSES, size)


def num_operations(step, data):
    """Those of the step's graph and of every function that it calls."""
    traced = tf.function(step, autograph=False).get_concrete_function(data)
    graph = traced.graph.as_graph_def()
    return len(graph.node) + sum(
        len(function.node_def) for function in graph.library.function
    )
