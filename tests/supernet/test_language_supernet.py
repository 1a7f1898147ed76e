"""The recurrent supernet equals its equations, and holds each of its cells."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.networks import RecurrentLanguageModel
from keras_darts.search_spaces import darts_rnn
from keras_darts.supernet import LanguageSupernet
from keras_darts.utils.private_api import seeded

WORDS, UNITS, ROWS, LENGTH = 11, 5, 4, 6
RATES = (
    "output_dropout",
    "hidden_dropout",
    "cell_input_dropout",
    "input_dropout",
)
NO_DROPOUT = dict.fromkeys(RATES, 0.0)


@pytest.fixture
def double():
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])


def make_space(num_nodes=3, **settings):
    return darts_rnn(
        num_nodes, **{**NO_DROPOUT, "hidden_size": UNITS, **settings}
    )


def make_supernet(space, edge_normalization=False, seed=0):
    """With alphas and weights that are large enough to matter."""
    strategy = kd.SearchStrategy().clone()
    with seeded(seed):
        supernet = LanguageSupernet(
            space,
            WORDS,
            relaxation=strategy.relaxation,
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            edge_normalization=edge_normalization,
        )
    for variable in supernet.body.trainable_variables:
        if variable.shape[-1] == 2 * UNITS:
            variable.assign(variable * 20)
    return supernet


def text(rows=ROWS, length=LENGTH, seed=0):
    return np.random.default_rng(seed).integers(0, WORDS, (rows, length))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


ACTIVATIONS = {
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": sigmoid,
    "identity": lambda x: x,
    "none": None,
}


class PlainCell:
    """The search cell, an edge and an activation at a time."""

    def __init__(self, supernet, training):
        cell = supernet.cell
        self.spec, self.training = cell.spec, training
        self.normalization = cell.normalization
        self.w0, self.ws = cell.w0.numpy(), cell.ws.numpy()
        weights, betas, _ = supernet.arch()["recurrent"]
        self.shares = np.array(weights)
        if betas is not None:
            self.shares *= np.array(betas)[:, None]
        self.mean, self.variance = np.zeros(UNITS), np.ones(UNITS)
        if self.normalization:
            self.mean = cell.bn.moving_mean.numpy()
            self.variance = cell.bn.moving_variance.numpy()

    def normalized(self, state):
        if self.normalization is None:
            return state
        mean, variance = self.mean, self.variance
        if self.training:
            mean, variance = state.mean(0), state.var(0)
            self.mean = 0.9 * self.mean + 0.1 * mean
            self.variance = 0.9 * self.variance + 0.1 * state.var(0, ddof=1)
        return (state - mean) / np.sqrt(variance + 1e-5)

    def __call__(self, x, hidden):
        gate, new = np.split(np.concatenate([x, hidden], -1) @ self.w0, 2, -1)
        first = hidden + sigmoid(gate) * (np.tanh(new) - hidden)
        states = [self.normalized(first)]
        for node in self.spec.nodes:
            total = 0
            for edge in self.spec.edges_into(node):
                state = states[self.spec.edges[edge][1]]
                gate, new = np.split(state @ self.ws[node - 1], 2, -1)
                names = self.spec.primitives[edge]
                for k, name in enumerate(names):
                    if name == "none":
                        continue
                    change = sigmoid(gate) * (ACTIVATIONS[name](new) - state)
                    total = total + self.shares[edge, k] * (state + change)
            states.append(self.normalized(total))
        return np.mean([states[node] for node in self.spec.concat], axis=0)


def uneven():
    cell = kd.CellSpec(
        (("tanh", "none"), ("relu",), ("none", "identity", "sigmoid")),
        concat=(2,),
        num_inputs=1,
        edges_per_node=1,
    )
    return kd.RecurrentSpace(cell, hidden_size=UNITS, **NO_DROPOUT)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("betas", [True, False])
@pytest.mark.parametrize(
    "space",
    [
        make_space(),
        make_space(normalization=None),
        make_space(concat=(1, 3), primitives=("none", "relu", "identity")),
        uneven(),
    ],
    ids=["batch", "plain", "concat", "uneven"],
)
def test_the_supernet_equals_its_equations(space, betas, training, double):
    supernet = make_supernet(space, betas)
    generator = np.random.default_rng(0)
    if space.normalization:
        bn = supernet.cell.bn
        bn.moving_mean.assign(generator.normal(size=UNITS))
        bn.moving_variance.assign(generator.uniform(0.5, 2, UNITS))
    plain = PlainCell(supernet, training)
    ids, hidden = text(), generator.normal(size=(ROWS, UNITS))
    outputs = supernet.segment(ids, hidden, training)
    table = supernet.body.embedding.embeddings.numpy()
    expected = []
    for column in ids.T:
        hidden = plain(table[column], hidden)
        expected.append(hidden)
    expected = np.stack(expected, axis=1)
    np.testing.assert_allclose(outputs.hidden, expected, rtol=1e-7)
    np.testing.assert_allclose(outputs.state, hidden, rtol=1e-7)
    np.testing.assert_allclose(outputs.logits, expected @ table.T, rtol=1e-7)
    if space.normalization:
        np.testing.assert_allclose(bn.moving_mean, plain.mean, rtol=1e-7)
        np.testing.assert_allclose(
            bn.moving_variance, plain.variance, rtol=1e-7
        )


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("normalization", ["batch", None])
def test_a_keras_layer_with_the_cell_is_the_same(
    normalization, training, double
):
    results = []
    for as_layer in (True, False):
        supernet = make_supernet(make_space(normalization=normalization))
        ids = text()
        if as_layer:
            layer = keras.layers.RNN(supernet.cell, return_sequences=True)
            table = supernet.body.embedding.embeddings.numpy()
            hidden = layer(table[ids], training=training)
        else:
            hidden = supernet.segment(ids, None, training).hidden
        results.append(hidden)
    # Statistics are not compared: Keras calls a cell once more than it steps.
    np.testing.assert_allclose(*results, rtol=1e-9)


@pytest.mark.parametrize("genotype", ["rnn_darts_v1", "rnn_darts_v2"])
def test_a_decided_supernet_is_the_derived_network(genotype, double):
    """Alphas that leave one edge a node, with weights on the others zero."""
    space = make_space(8, normalization=None)
    network = RecurrentLanguageModel(
        genotype, WORDS, hidden_size=UNITS, **NO_DROPOUT
    )
    supernet = make_supernet(space)
    shares = np.zeros((36, 5))
    for node, (name, source) in enumerate(network.genotype.recurrent, 1):
        edge = space.cell.edges.index((node, source))
        shares[edge, space.cell.primitives[edge].index(name)] = 1
    # `none` takes the rest of each edge.
    shares[:, 0] = 1 - shares[:, 1:].sum(axis=1)
    supernet.arch.alphas["recurrent"].assign(np.where(shares, 0.0, -1e9))
    for mine, theirs in zip(
        network.body.trainable_variables,
        supernet.body.trainable_variables,
        strict=False,
    ):
        mine.assign(theirs)
    ids = text()
    np.testing.assert_allclose(network(ids), supernet(ids)[0], rtol=1e-9)


def test_the_parts_are_as_many_as_the_published_ones():
    search = kd.DartsSearch("darts_rnn", vocabulary_size=10000)
    weights = sum(int(np.prod(v.shape)) for v in search.weight_variables)
    assert weights == 4_810_000
    (alphas,) = search.arch_variables
    assert alphas.shape == (36, 5)
    assert alphas.name == "alphas_recurrent"
    assert 5e-4 < np.std(alphas.numpy()) < 2e-3


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("graph", [True, False])
def test_the_gradient_reaches_all_that_is_trained(frozen, graph):
    supernet = make_supernet(make_space(), edge_normalization=True)
    ids = text()

    def gradients():
        values = [v.value for v in supernet.trainable_variables]
        with tf.GradientTape() as tape:
            outputs = supernet.segment(ids, None, True, frozen)
            loss = tf.reduce_mean(outputs.logits**2 * ids[..., None])
        return tape.gradient(
            loss, values, unconnected_gradients=tf.UnconnectedGradients.ZERO
        )

    result = (tf.function(gradients) if graph else gradients)()
    arch = {id(v) for v in supernet.arch_variables}
    for variable, gradient in zip(
        supernet.trainable_variables, result, strict=True
    ):
        gradient = tf.convert_to_tensor(gradient).numpy()
        if variable.path.endswith(("/w0", "/ws")) and frozen:
            continue
        assert np.isfinite(gradient).all()
        assert gradient.any(), variable.path
        if id(variable) in arch and variable.ndim == 2:
            # The share of `none` matters through that of the others.
            assert np.any(gradient, axis=1).all()


def test_frozen_weights_change_no_other_gradient(double):
    supernet = make_supernet(make_space())
    arch, result = [v.value for v in supernet.arch_variables], []
    for frozen in (True, False):
        with tf.GradientTape() as tape:
            outputs = supernet.segment(text(), None, True, frozen)
            loss = tf.reduce_mean(tf.sin(outputs.logits * 10))
        result.append(tape.gradient(loss, arch)[0])
    np.testing.assert_allclose(*result, rtol=1e-9)


@pytest.mark.parametrize("name", RATES)
def test_each_dropout_of_the_space_acts_in_training_only(name):
    supernet = make_supernet(make_space(normalization=None, **{name: 0.5}))
    ids = text(rows=16)
    without = make_supernet(make_space(normalization=None))(ids)[0].numpy()
    np.testing.assert_array_equal(supernet(ids)[0], without)
    first, second = (supernet(ids, training=True)[0].numpy() for _ in range(2))
    assert np.any(first != without)
    assert np.any(first != second)


def test_embedding_dropout_leaves_words_out():
    space = make_space(normalization=None, embedding_dropout=0.5)
    supernet = make_supernet(space)
    same = np.tile(text(rows=1), (3, 1))
    logits = supernet(same, training=True)[0].numpy()
    np.testing.assert_allclose(logits[0], logits[1], rtol=1e-5)
    assert np.any(logits != supernet(same)[0])


def test_a_pair_and_two_arguments_are_the_same_call():
    supernet = make_supernet(make_space())
    ids, state = text(), np.ones((ROWS, UNITS), "float32")
    for one, other in zip(
        supernet(ids, state), supernet((ids, state)), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    logits, last = supernet(ids)
    assert (logits.shape, last.shape) == ((4, 6, WORDS), (4, UNITS))
    for one, other in zip(
        supernet(ids, supernet.initial_state(ROWS)),
        (logits, last),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("training", [True, False])
def test_one_trace_serves_segments_of_any_length(training):
    supernet, traces = make_supernet(make_space()), []

    @tf.function(input_signature=[tf.TensorSpec((None, None), "int64")])
    def graph(ids):
        traces.append(ids)
        return supernet.segment(ids, None, training).logits

    for length in (5, 12):
        ids = text(length=length)
        expected = supernet.segment(ids, None, training).logits
        np.testing.assert_allclose(graph(ids), expected, rtol=1e-3, atol=1e-5)
    assert len(traces) == 1


def test_an_activation_that_nobody_knows_is_refused_at_once():
    with pytest.raises(ValueError, match="Did you mean tanh"):
        make_supernet(make_space(primitives=("none", "tanhh")))
