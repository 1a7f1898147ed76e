"""What edges share changes nothing but the time that they take."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.primitives import SharedInput
from keras_darts.primitives import make_primitive
from keras_darts.supernet import MixedOp
from keras_darts.supernet import Supernet
from keras_darts.utils.private_api import seeded

NAMES = (
    "none",
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "sep_conv_7x7",
    "dil_conv_3x3",
    "dil_conv_5x5",
    "conv_7x1_1x7",
    "users_conv",
)


@pytest.fixture(scope="module", autouse=True)
def users_conv():
    """A primitive that knows nothing of sharing."""

    @kd.register_primitive("users_conv")
    def make(filters, stride, affine):
        return keras.layers.Conv2D(filters, 3, stride, padding="same")


class PlainEdge(kd.connections.Edge):
    """The definition of an edge, without the fast form."""

    def __init__(self, *arguments):
        super().__init__()
        self.edge = MixedOp(*arguments)

    def build(self, input_shape):
        self.edge.build(input_shape)

    def call(self, inputs, weights):
        return self.edge(inputs, weights)


class PlainConnection(kd.connections.Connection):
    def make_edge(self, *arguments):
        return PlainEdge(*arguments)


class OneCandidate(kd.connections.Edge):
    """Runs the candidate of the largest weight and no other."""

    runs = []

    def __init__(self, *arguments):
        super().__init__()
        self.edge = MixedOp(*arguments)

    def build(self, input_shape):
        self.edge.build(input_shape)

    def call(self, inputs, weights, training=None):
        variables = self.edge.variables
        values = [v.value for v in variables]

        def branch(k):
            # A function of its own, with gradients of its own.
            @tf.function(autograph=False)
            def run(inputs, values):
                tf.py_function(self.runs.append, [k], [])
                mapping = list(zip(variables, values, strict=True))
                with keras.StatelessScope(state_mapping=mapping) as scope:
                    outputs = self.edge.candidates[str(k)](
                        inputs, training=training
                    )
                return outputs, [scope.get_current_value(v) for v in variables]

            def drawn():
                outputs, state = run(inputs, values)
                return outputs * weights[k], state

            return drawn

        branches = {int(k): branch(int(k)) for k in self.edge.candidates}
        branches[0] = branches[1]  # `none` is never drawn here
        outputs, state = tf.switch_case(
            tf.argmax(weights, output_type="int32"), branches
        )
        for variable, value in zip(variables, state, strict=True):
            if not variable.trainable:
                variable.assign(value)
        return outputs


class Hard(kd.connections.Connection):
    def make_edge(self, *arguments):
        return OneCandidate(*arguments)


def random_space(seed):
    """Cells whose every edge has candidates of its own."""
    draw = np.random.default_rng(seed)
    nodes = int(draw.integers(1, 3))

    def cell(reduction):
        edges = nodes * (nodes + 3) // 2
        count = draw.integers(1, 5, edges)
        primitives = [draw.choice(NAMES, n, replace=False) for n in count]
        primitives[0] = ["sep_conv_5x5", "max_pool_3x3", "dil_conv_5x5"]
        return kd.CellSpec([list(map(str, p)) for p in primitives], reduction)

    return kd.SearchSpace(
        normal=cell(False),
        reduce=cell(True),
        filters=4,
        num_cells=int(draw.integers(2, 4)),
        normalization="batch" if seed % 3 else None,
    )


def make_supernet(space, connection=None, **settings):
    strategy = kd.SearchStrategy().clone()
    with seeded(0):
        return Supernet(
            space,
            3,
            (16, 16, 3),
            relaxation=strategy.relaxation,
            connection=connection or strategy.connection,
            initializer=keras.initializers.RandomNormal(),
            **settings,
        )


def loss_and_gradients(supernet, images, labels, training=True):
    variables = [v.value for v in supernet.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch([images, variables])
        logits = supernet(images, training=training)
        loss = keras.losses.sparse_categorical_crossentropy(
            labels, logits, from_logits=True
        )
        loss = tf.reduce_mean(loss)
    gradients = tape.gradient(
        loss,
        [images, variables],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,
    )
    return logits, gradients


def assert_equal(ours, theirs, tolerance):
    """Each array of nested ones, relative to its norm."""
    for one, other in zip(
        tf.nest.flatten(ours), tf.nest.flatten(theirs), strict=True
    ):
        one, other = np.asarray(one), np.asarray(other)
        scale = max(np.linalg.norm(other), 1e-3)
        assert np.linalg.norm(one - other) <= tolerance * scale


@pytest.mark.parametrize("seed", range(4))
def test_shared_edges_equal_plain_ones(images, seed):
    space, settings = random_space(seed), {"edge_normalization": seed % 2 > 0}
    shared = make_supernet(space, **settings)
    plain = make_supernet(space, PlainConnection(), **settings)
    x, y = tf.constant(images((16, 16, 3), count=8)), np.arange(8) % 3
    assert_equal(
        loss_and_gradients(shared, x, y),
        loss_and_gradients(plain, x, y),
        1e-5,
    )
    assert_equal(
        [v.numpy() for v in shared.variables],
        [v.numpy() for v in plain.variables],
        1e-5,
    )
    assert_equal(shared(x), plain(x), 1e-5)


def test_partial_channels_are_shared_too(images):
    space, partial = random_space(1), kd.connections.PartialConnection(2)
    supernet = make_supernet(space, partial)
    eager, traced = (make_supernet(space, partial) for _ in range(2))
    assert len(supernet.variables) == len(eager.variables)
    x, y = tf.constant(images((16, 16, 3), count=8)), np.arange(8) % 3
    call = tf.function(lambda: loss_and_gradients(traced, x, y))
    assert_equal(call(), loss_and_gradients(eager, x, y), 1e-4)
    _, (by_images, _) = loss_and_gradients(eager, x, y)
    assert np.all(np.abs(by_images).sum(axis=(1, 2, 3)) > 0)


def test_an_edge_may_run_one_candidate_alone(images):
    names = ("none", "skip_connect", "max_pool_3x3", "dil_conv_3x3")
    space = kd.search_spaces.darts_cnn(4, 2, num_nodes=1, primitives=names)
    supernet = make_supernet(space, Hard())
    for alphas in supernet.arch_variables:
        alphas.assign([[0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0]])
    x, y = tf.constant(images((16, 16, 3))), np.arange(4) % 3
    statistics = [
        v for v in supernet.cells[0].stacks[0].stacked_state if "mean" in v.name
    ]
    before = [v.numpy() for v in statistics]
    OneCandidate.runs.clear()
    _, (by_images, _) = tf.function(loss_and_gradients)(supernet, x, y)
    assert sorted(int(k) for k in OneCandidate.runs) == [2, 2, 3, 3]
    assert np.any(by_images)
    moved = [
        np.any(v != b, axis=1) for v, b in zip(statistics, before, strict=True)
    ]
    # Of the first edge the convolution's, of the second the pool's.
    assert np.sum(moved, axis=0).tolist() == [1, 1]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [7, 8])
@pytest.mark.parametrize(
    "name", [n for n in NAMES if n not in ("none", "users_conv")]
)
def test_what_trains_fast_is_the_same_function(images, name, side, stride):
    if name == "skip_connect" and side % stride:
        pytest.skip("an odd side can not be halved")
    layer = make_primitive(
        name, 4, stride=stride, affine=False, normalization=None
    )
    layer.build((None, side, side, 4))
    x = tf.constant(images((side, side, 4)))

    def values_and_gradients(training):
        variables = [v.value for v in layer.trainable_variables]
        with tf.GradientTape() as tape:
            tape.watch([x, variables])
            outputs = layer(x, training=training)
            loss = tf.reduce_sum(outputs**3 + outputs)
        return outputs, tape.gradient(loss, [x, variables])

    assert_equal(
        tf.function(values_and_gradients)(True),
        values_and_gradients(False),
        1e-5,
    )


def test_a_maximum_that_occurs_twice_gets_its_gradient_once():
    x = tf.zeros((1, 4, 4, 1))
    pool = kd.primitives.MaxPool3x3()
    with tf.GradientTape() as tape:
        tape.watch(x)
        outputs = pool(x, training=True)
    gradient = tape.gradient(outputs, x)
    assert float(tf.reduce_sum(gradient)) == 16


def test_a_layer_is_given_what_it_asks_for_and_no_more():
    shared, calls = SharedInput(tf.constant([-1.0, 2.0])), []

    def twice(inputs):
        calls.append(1)
        return 2 * shared.relu

    result = shared.asked_by(lambda s: s.once("twice", twice))
    assert list(result) == ["twice"]
    assert result["twice"].numpy().tolist() == [0, 4]
    assert list(shared.asked_by(lambda s: s.relu)) == ["relu"]
    again = shared.asked_by(lambda s: (s.once("twice", twice), s.inputs))
    assert list(again) == ["inputs", "twice"]
    assert len(calls) == 1


def test_pools_that_differ_are_not_taken_for_each_other(images):
    class PowerPool(kd.primitives.Pool):
        def __init__(self, power, **settings):
            super().__init__(**settings)
            self.power = power

        def call(self, inputs):
            return inputs**self.power

        def get_config(self):
            return {**super().get_config(), "power": self.power}

    for power in (2, 3):
        kd.register_primitive(f"power_{power}")(
            lambda filters, stride, affine, power=power: PowerPool(power)
        )
    edge, x = MixedOp(("power_2", "power_3"), 4), images((8, 8, 4))
    edge.build(x.shape)
    weights = np.array([0.5, 0.25], "float32")
    np.testing.assert_allclose(
        edge.from_shared(SharedInput(tf.constant(x)), weights, True),
        edge(x, weights, training=True),
        rtol=1e-4,
        atol=1e-5,
    )
