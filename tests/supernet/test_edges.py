"""Edges of other connections, against what they are defined to be."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

import keras_darts as kd
from keras_darts.primitives import SharedInput
from keras_darts.supernet import AuxiliaryEdge
from keras_darts.supernet import DroppedEdge
from keras_darts.supernet import MixedOp
from keras_darts.supernet import PartialMixedOp
from keras_darts.supernet.mixed_op import DroppedSkip

CANDIDATES = ("none", "skip_connect", "max_pool_3x3", "dil_conv_3x3")
MAKE = {
    "full": lambda stride: MixedOp(CANDIDATES, 8, stride),
    "partial": lambda stride: PartialMixedOp(CANDIDATES, 8, stride, k=4),
    "random": lambda stride: PartialMixedOp(
        CANDIDATES, 8, stride, k=2, random=True, seed=0
    ),
    "dropped": lambda stride: DroppedEdge(
        PartialMixedOp(CANDIDATES, 8, stride, k=2), rate=0.5, seed=0
    ),
    "auxiliary": lambda stride: AuxiliaryEdge(
        PartialMixedOp(CANDIDATES, 8, stride, k=2), 8, stride, initial=0.7
    ),
}
EVERY = pytest.mark.parametrize("edge_type", MAKE)
STRIDES = pytest.mark.parametrize("stride", [1, 2])


def features(count=2, channels=8, seed=0):
    draw = np.random.default_rng(seed)
    return draw.normal(size=(count, 8, 8, channels)).astype("float32")


def made(edge_type, stride):
    edge = MAKE[edge_type](stride)
    edge.build((None, 8, 8, 8))
    return edge


@EVERY
@STRIDES
@pytest.mark.parametrize("training", [False, True])
def test_a_shared_input_gives_what_the_input_gives(edge_type, stride, training):
    edge, x = made(edge_type, stride), features()
    weights = tf.constant([0.1, 0.2, 0.3, 0.4])
    seeds = [v for v in edge.variables if "seed" in v.name]
    start = [tf.identity(v.value) for v in seeds]
    plain = edge(x, weights, training=training)
    for variable, value in zip(seeds, start, strict=True):
        variable.assign(value)
    shared = SharedInput(tf.constant(x))
    result = shared.asked_by(lambda shared: edge.look(shared, training))
    fast = edge.from_shared(SharedInput(results=result), weights, training)
    np.testing.assert_allclose(fast, plain, rtol=1e-4, atol=1e-5)


@EVERY
@STRIDES
def test_a_drawn_candidate_gives_what_one_weight_gives(edge_type, stride):
    edge, x = made(edge_type, stride), tf.constant(features())
    from_sampled = tf.function(edge.from_sampled)
    for k in range(len(CANDIDATES)):
        one_hot = tf.one_hot(k, len(CANDIDATES))
        plain = edge(x, one_hot, training=False)
        sampled = from_sampled(x, one_hot, tf.constant([k]), False)
        np.testing.assert_allclose(
            sampled, plain, rtol=1e-4, atol=1e-5, err_msg=CANDIDATES[k]
        )


class Counted(keras.layers.Layer):
    """Counts how often it runs, within graphs too."""

    runs = 0

    def call(self, inputs):
        def count(x):
            Counted.runs += 1
            return x

        outputs = tf.py_function(count, [inputs], inputs.dtype)
        outputs.set_shape(inputs.shape)
        return outputs


def test_only_what_is_drawn_runs():
    edge, x = MixedOp(CANDIDATES, 8), tf.constant(features())
    edge.candidates["3"] = Counted()
    edge.build((None, 8, 8, 8))
    call = tf.function(edge.from_sampled)
    for sampled, runs in (
        ([0], 0),
        ([1], 0),
        ([3], 1),
        ([1, 3], 1),
        ([1, 2], 0),
    ):
        Counted.runs = 0
        call(x, tf.one_hot(sampled[0], 4), tf.constant(sampled), True)
        assert Counted.runs == runs, sampled


def test_only_what_is_drawn_moves_its_statistics():
    edge, x = made("full", 1), tf.constant(features())
    call = tf.function(edge.from_sampled)
    of_conv = edge.candidates["3"].bn.moving_variance
    of_pool = edge.candidates["2"].bn.moving_variance
    call(x, tf.one_hot(3, 4), tf.constant([3]), True)
    assert np.any(of_conv.numpy() != 1)
    assert np.all(of_pool.numpy() == 1)


@EVERY
def test_gradients_of_a_drawn_candidate_reach_weights_and_gate(edge_type):
    edge, x = made(edge_type, 1), tf.constant(features())
    gates = tf.constant([0.0, 0.0, 0.0, 1.0])
    kernels = [v.value for v in edge.trainable_variables]

    @tf.function
    def gradients():
        with tf.GradientTape() as tape:
            tape.watch(gates)
            outputs = edge.from_sampled(x, gates, tf.constant([3]), True)
            along = tf.reduce_sum(outputs * features(seed=1))
        return tape.gradient(along, [gates, *kernels])

    of_gates, *of_kernels = gradients()
    assert np.all(of_gates), "a gate gets no gradient"
    for gradient in of_kernels:
        assert np.any(gradient)


def test_the_first_channels_are_mixed_and_all_are_shuffled():
    edge, x = PartialMixedOp(("skip_connect", "none"), 8, k=4), features()
    outputs = edge(x, np.array([0.5, 0.5], "float32")).numpy()
    mixed = np.concatenate([x[..., :2] / 2, x[..., 2:]], axis=-1)
    # Four groups of two: the first of each, then the second of each.
    order = [0, 2, 4, 6, 1, 3, 5, 7]
    np.testing.assert_allclose(outputs, mixed[..., order], rtol=1e-6)


def test_at_stride_two_the_others_are_pooled():
    edge = PartialMixedOp(("none", "skip_connect"), 8, stride=2, k=4)
    x = features()
    outputs = edge(x, np.array([1.0, 0.0], "float32")).numpy()
    pooled = x.reshape(2, 4, 2, 4, 2, 8).max(axis=(2, 4))
    np.testing.assert_allclose(outputs[..., 1:4], pooled[..., [2, 4, 6]])
    np.testing.assert_array_equal(outputs[..., [0, 4]], 0)


def test_channels_at_random_come_back_to_their_places():
    edge = PartialMixedOp(("none", "skip_connect"), 8, k=4, random=True, seed=0)
    x, nothing = features(), np.array([1.0, 0.0], "float32")
    silenced = set()
    for _ in range(20):
        outputs = edge(x, nothing, training=True).numpy()
        silent = np.flatnonzero(np.all(outputs == 0, axis=(0, 1, 2)))
        assert len(silent) == 2
        others = [c for c in range(8) if c not in silent]
        np.testing.assert_array_equal(outputs[..., others], x[..., others])
        silenced |= set(silent.tolist())
    assert silenced == set(range(8))
    outputs = edge(x, nothing, training=False).numpy()
    np.testing.assert_array_equal(outputs[..., :2], 0)


def test_partial_channels_have_a_part_of_the_weights():
    whole, part = (
        sum(np.prod(v.shape) for v in edge.trainable_variables)
        for edge in (made("full", 1), made("partial", 1))
    )
    # Depthwise 9 C and pointwise C^2, of 8 and of 2 channels.
    assert (whole, part) == (9 * 8 + 64, 9 * 2 + 4)


@STRIDES
def test_the_way_round_an_edge_is_its_input_by_a_number(stride):
    edge = AuxiliaryEdge(MixedOp(("none",), 8, stride), 8, stride)
    x, weights = features(), np.ones(1, "float32")
    whole = edge(x, weights).numpy()
    assert whole.shape == (2, 8 // stride, 8 // stride, 8)
    if stride == 1:
        np.testing.assert_array_equal(whole, x)
    edge.auxiliary_skip_weight.assign(0.25)
    np.testing.assert_allclose(edge(x, weights), whole / 4, rtol=1e-5)
    edge.auxiliary_skip_weight.assign(0.0)
    assert not np.any(edge(x, weights))


def test_a_skip_under_dropout_keeps_its_mean():
    layer, x = DroppedSkip(0.4, seed=0), np.ones((10, 8, 8, 16), "float32")
    kept = layer(x, training=True).numpy()
    assert set(np.unique(kept).round(4)) == {0.0, np.float32(1 / 0.6).round(4)}
    assert kept.mean() == pytest.approx(1, abs=0.03)
    np.testing.assert_array_equal(layer(x, training=False), x)
    layer.skip_dropout.assign(0.0)
    np.testing.assert_array_equal(layer(x, training=True), x)


def test_dropout_is_on_skips_at_stride_one_alone():
    names = ("skip_connect", "avg_pool_3x3")
    classes = [
        [
            type(c).__name__
            for c in MixedOp(
                names, 8, stride, skip_dropout=0.3
            ).candidates.values()
        ]
        for stride in (1, 2)
    ]
    assert classes == [
        ["DroppedSkip", "NormalizedPool"],
        ["FactorizedReduce", "NormalizedPool"],
    ]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PartialMixedOp(CANDIDATES, 6, k=4), "`k` must divide"),
        (lambda: kd.connections.PartialConnection(0), "`k` must be positive"),
        (lambda: DroppedSkip(1.0), "`rate` must be in"),
    ],
)
def test_settings_that_make_no_edge_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_an_edge_of_a_user_needs_nothing_but_a_call():
    class Halving(kd.connections.Edge):
        def call(self, inputs, weights):
            return inputs * weights[0] / 2

    edge = AuxiliaryEdge(Halving(), 8, initial=0.0)
    x, weights = tf.constant(features()), tf.constant([1.0])
    for outputs in (
        edge.from_shared(SharedInput(x), weights, True),
        edge.from_sampled(x, weights, tf.constant([0]), True),
    ):
        np.testing.assert_allclose(outputs, ops.convert_to_numpy(x) / 2)
