"""What was traced is given back with the last reference, in any loop."""

import gc
import threading
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts import DartsSearch

SPACE = kd.search_spaces.darts_cnn(
    2, 2, num_nodes=1, primitives=("max_pool_3x3", "sep_conv_3x3")
)
LABELS = np.arange(16) % 2
IMAGES = np.random.default_rng(0).random((16, 8, 8, 1), "float32")


@tf.custom_gradient
def tripled(x):
    """Three times `x`, whose gradient says that it were five times."""
    return 3 * x, lambda upstream: 5 * upstream


def gradient_of(function, x=2.0):
    x = tf.Variable(x)
    with tf.GradientTape() as tape:
        y = function(x)
    return float(tape.gradient(y, x))


def traced(*functions):
    """References to the graph of each function."""
    return [weakref.ref(f.get_concrete_function(1.0).graph) for f in functions]


def test_a_function_is_differentiable_as_long_as_it_lives():
    function = tf.function(tripled)
    function(1.0)
    gc.collect()
    assert gradient_of(function) == 5
    assert gradient_of(tf.function(lambda x: function(x) + x)) == 6


def test_the_graph_goes_with_the_function_and_no_other():
    kept, left = tf.function(tripled), tf.function(tripled)
    of_kept, of_left = traced(kept, left)
    del left
    gc.collect()
    assert of_left() is None
    assert of_kept() is not None
    assert gradient_of(kept) == 5


def test_a_loop_within_a_function_keeps_its_gradients():
    @tf.function
    def thrice(x):
        for _ in tf.range(3):
            x = tripled(x)
        return x

    thrice(tf.constant(1.0))
    gc.collect()
    assert gradient_of(thrice) == 125


def test_a_saved_model_has_the_gradients_of_its_functions(tmp_path):
    module = tf.Module()
    module.f = tf.function(
        tripled, input_signature=[tf.TensorSpec((), "float32")]
    )
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=True)
    tf.saved_model.save(module, tmp_path, options=options)
    del module
    gc.collect()
    loaded = tf.saved_model.load(str(tmp_path))
    gc.collect()
    assert gradient_of(loaded.f) == 5


def test_threads_take_nothing_from_each_other():
    answers = []

    def work():
        for _ in range(5):
            function = tf.function(tripled)
            function(1.0)
            gc.collect()
            answers.append(gradient_of(function))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [5] * 15


def searched():
    search = DartsSearch(SPACE, seed=0)
    search.fit(IMAGES, LABELS, batch_size=4, epochs=1, verbose=0)
    return search


def trained():
    network = kd.networks.CifarNetwork(
        SPACE.random_genotype(0),
        num_classes=2,
        filters=2,
        num_cells=2,
        auxiliary=False,
        input_shape=(8, 8, 1),
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile("sgd", loss)
    network.fit(IMAGES, LABELS, batch_size=8, verbose=0)
    return network


def differentiated():
    search = DartsSearch(SPACE, num_classes=2, input_shape=(8, 8, 1))
    batch = IMAGES[:4], LABELS[:4]
    search.architecture_gradients(batch, batch)
    return search


def is_a(thing, cls):
    """By its type alone: lazy objects of other libraries wake if asked."""
    return issubclass(type(thing), cls)


@pytest.mark.parametrize("make", [searched, trained, differentiated])
def test_a_model_goes_with_all_that_it_has_traced(make):
    graphs = type(tf.function(tripled).get_concrete_function(1.0).graph)
    gc.collect()
    before = {id(o) for o in gc.get_objects() if is_a(o, graphs)}
    reference = weakref.ref(make())
    gc.collect()
    left = [
        o.name
        for o in gc.get_objects()
        if is_a(o, graphs) and id(o) not in before
    ]
    assert left == []
    assert reference() is None
