"""Equal edges whose variables lie together."""

import math
import random

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.search.mixed_precision import default_policy
from keras_darts.supernet import MixedOp
from keras_darts.supernet import PartialMixedOp
from keras_darts.supernet import SharedTraces
from keras_darts.supernet.edge_stack import EdgeStack

NAMES = ("skip_connect", "max_pool_3x3", "dil_conv_3x3")
WEIGHTS = np.array([0.2, 0.3, 0.5], "float32")


@pytest.fixture
def stack():
    stack = EdgeStack(lambda: MixedOp(NAMES, 4), 3)
    stack.build((None, 8, 8, 4))
    return stack


def called(traces, stack, values, x, weights=WEIGHTS, **settings):
    def call(x, weights, values):
        return stack.call_edge(
            values, lambda layer: layer(x, weights, training=True), **settings
        )

    return traces.call("edge", call, x, tf.convert_to_tensor(weights), values)


def test_each_edge_has_its_own_first_values(stack):
    for variable in stack.trainable_variables:
        assert variable.shape[0] == 3
        values = variable.numpy()
        assert np.any(values[0] != values[1])
        assert np.any(values[1] != values[2])


class FromElsewhere(keras.layers.Layer):
    """Draws its weights by NumPy, of which a stack knows nothing."""

    def build(self, input_shape):
        self.scale = self.add_weight(
            shape=(3,), initializer=lambda *_, **__: np.random.random(3)
        )


@pytest.mark.parametrize(
    "make",
    [
        lambda: MixedOp((*NAMES, "sep_conv_3x3"), 4, stride=2),
        lambda: MixedOp(NAMES, 4, skip_dropout=0.5),
        lambda: PartialMixedOp(NAMES, 8, k=2, random=True),
        lambda: kd.connections.FullConnection().make_edge(
            ("self_attention", "conv_1d_3"), 4, 1, "batch"
        ),
        lambda: keras.layers.Dense(4, bias_initializer="random_normal"),
        FromElsewhere,
    ],
    ids=("image", "dropout", "partial", "text", "keras", "elsewhere"),
)
def test_first_values_are_those_of_layers_built_one_by_one(make):
    filters = 8 if isinstance(make(), PartialMixedOp) else 4
    rank = 1 if "self_attention" in getattr(make(), "primitives", ()) else 2
    shape = (None, *[8] * rank, filters)
    keras.utils.set_random_seed(1)
    layers = [make() for _ in range(3)]
    for layer in layers:
        layer.build(shape)
    after = random.random(), np.random.random()
    keras.utils.set_random_seed(1)
    stack = EdgeStack(make, 3)
    stack.build(shape)
    assert (random.random(), np.random.random()) == after
    for variable in stack.template().variables:
        assert stack.stack_of(variable).shape == (3, *variable.shape)
    for k, layer in enumerate(layers):
        weights, state = stack.edge_values()[k]
        expected = [*layer.trainable_variables, *layer.non_trainable_variables]
        for value, variable in zip([*weights, *state], expected, strict=True):
            np.testing.assert_array_equal(value, variable)


@pytest.mark.parametrize(
    "policy", ["float64", "float16", "bfloat16", "mixed_bfloat16"]
)
def test_first_values_of_any_precision_are_drawn_without_the_edges(policy):
    made = []

    def make():
        made.append(PartialMixedOp((*NAMES, "sep_conv_3x3"), 8))
        return made[-1]

    with default_policy(policy):
        keras.utils.set_random_seed(2)
        layers = [make() for _ in range(2)]
        for layer in layers:
            layer.build((None, 8, 8, 8))
        made.clear()
        keras.utils.set_random_seed(2)
        stack = EdgeStack(make, 2)
        stack.build((None, 8, 8, 8))
    assert len(made) == 1
    for (weights, _), layer in zip(stack.edge_values(), layers, strict=True):
        for value, variable in zip(
            weights, layer.trainable_variables, strict=True
        ):
            assert value.dtype == variable.dtype
            np.testing.assert_array_equal(value, variable)


def test_the_templates_variables_are_not_among_the_stacks(stack):
    template = stack.template()
    exposed = {id(v) for v in stack.variables}
    assert exposed.isdisjoint(id(v) for v in template.variables)
    assert len(stack.trainable_variables) == len(template.trainable_variables)
    assert len(stack.variables) == len(template.variables)


def test_a_stacked_variable_is_found_by_the_templates(stack):
    for variable in stack.template().variables:
        stacked = stack.stack_of(variable)
        assert stacked.shape == (3, *variable.shape)
        assert stacked.trainable == variable.trainable


@pytest.mark.parametrize("traced", [False, True])
def test_an_edge_is_called_with_its_own_values(stack, images, traced):
    x = images((8, 8, 4))
    alone = MixedOp(NAMES, 4)
    alone.build(x.shape)
    for edge, (weights, state) in enumerate(stack.edge_values()):
        for variable, value in zip(
            [*alone.trainable_variables, *alone.non_trainable_variables],
            [*weights, *state],
            strict=True,
        ):
            variable.assign(value)

        def call(x, edge=edge):
            return called(SharedTraces(), stack, stack.edge_values()[edge], x)

        outputs, new_state = (tf.function(call) if traced else call)(x)
        expected = alone(x, WEIGHTS, training=True)
        np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)
        moved = [v.numpy().ravel() for v in alone.non_trainable_variables]
        np.testing.assert_allclose(
            new_state[0], np.concatenate(moved), rtol=1e-5
        )


def test_a_call_moves_no_variable(stack, images):
    variables = [*stack.variables, *stack.template().variables]
    before = [v.numpy() for v in variables]
    called(SharedTraces(), stack, stack.edge_values()[1], images((8, 8, 4)))
    for variable, value in zip(variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_the_new_state_of_each_edge_goes_to_its_place(stack):
    sizes = [math.prod(v.shape[1:]) for v in stack.stacked_state]
    states = 100 * np.arange(3)[:, None] + np.arange(sum(sizes))
    stack.assign_state([[tf.constant(s, "float32")] for s in states])
    results = [v.numpy().reshape(3, -1) for v in stack.stacked_state]
    np.testing.assert_array_equal(np.concatenate(results, axis=1), states)


def test_equal_structures_are_traced_once(stack, images):
    traces, calls = SharedTraces(), []
    template = stack.template()
    original = template.call
    template.call = lambda *arguments: calls.append(1) or original(*arguments)

    @tf.function
    def call(x):
        edges = stack.edge_values()
        return [called(traces, stack, values, x)[0] for values in edges]

    call(images((8, 8, 4)))
    assert len(calls) == 1


@pytest.mark.parametrize("frozen", [False, True])
def test_frozen_keeps_the_gradient_of_inputs_and_mixing_weights(
    stack, images, frozen
):
    traces, values = SharedTraces(), stack.edge_values()[0]

    @tf.function
    def gradients(x, mixing):
        with tf.GradientTape() as tape:
            tape.watch([x, mixing, values])
            outputs, _ = called(traces, stack, values, x, mixing, frozen=frozen)
            loss = tf.reduce_sum(outputs**3)
        return tape.gradient(
            loss,
            [x, mixing, values[0]],
            unconnected_gradients=tf.UnconnectedGradients.ZERO,
        )

    x, mixing = tf.constant(images((8, 8, 4))), tf.constant(WEIGHTS)
    by_x, by_mixing, by_weights = gradients(x, mixing)
    with tf.GradientTape() as tape:
        tape.watch([x, mixing])
        outputs, _ = called(traces, stack, values, x, mixing)
        loss = tf.reduce_sum(outputs**3)
    expected = tape.gradient(loss, [x, mixing])
    np.testing.assert_allclose(by_x, expected[0], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(by_mixing, expected[1], rtol=1e-4)
    for gradient in by_weights:
        assert np.any(gradient) != frozen


def test_random_layers_have_streams_of_their_own(images):
    layers = iter([keras.layers.Dropout(0.5, seed=k) for k in range(2)])
    stack = EdgeStack(lambda: next(layers), 2)
    stack.build((None, 8, 8, 4))
    x = np.ones((1, 8, 8, 4), "float32")
    masks = [
        stack.call_edge(values, lambda layer: layer(x, training=True))
        for values in stack.edge_values()
    ]
    assert np.any(masks[0][0] != masks[1][0])
    before = [v.numpy() for v in stack.stacked_state]
    stack.assign_state([state for _, state in masks])
    assert np.any(stack.stacked_state[0].numpy() != before[0])
