"""Pieces of users are judged, planned and run as those of the package are."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_darts as kd
from keras_darts.search.reproducibility import make_deterministic
from keras_darts.strategies import Stage

BASES = {
    "relaxation": kd.relaxations.Relaxation,
    "policy": kd.relaxations.Policy,
    "connection": kd.connections.Connection,
    "edge": kd.connections.Edge,
    "architect": kd.architects.Architect,
    "regularizer": kd.regularizers.Regularizer,
    "discretizer": kd.discretizers.Discretizer,
}


@keras.saving.register_keras_serializable("keras_darts_test")
class Gates(kd.relaxations.Relaxation):
    competes = False

    def call(self, logits, training=None):
        return tf.sigmoid(2 * logits)


class Quartered(kd.connections.Connection):
    """A part of the channels, without being a `PartialConnection`."""

    channel_fraction = 0.25

    def make_edge(self, *settings):
        return kd.connections.PartialConnection(4).make_edge(*settings)


@dataclasses.dataclass(frozen=True)
class Ahead(kd.architects.Architect):
    factor: float = 1.0

    looks_ahead = True
    second_derivatives = True

    def gradients(self, problem, train_batch, valid_batch):
        gradients = problem.gradients(
            valid_batch,
            problem.weight_values(),
            problem.arch_values(),
            wrt="arch",
            searching=True,
        )
        return gradients, [self.factor * g for g in gradients.arch]


@keras.saving.register_keras_serializable("keras_darts_test")
class Largest(kd.regularizers.Regularizer):
    def __init__(self, weight=0.1, **kwargs):
        super().__init__(weight, **kwargs)

    def term(self, logits, weights):
        rows = [keras.ops.max(w, axis=-1) for w in weights.values()]
        return keras.ops.mean(keras.ops.concatenate(rows))


class Second(kd.discretizers.Discretizer):
    """The weakest candidate of each edge, to differ from all others."""

    decides_by = "by a test"

    def __call__(self, space, weights, edge_weights):
        weights = {cell_type: 1 - w for cell_type, w in weights.items()}
        return kd.discretizers.TopK()(space, weights, edge_weights)


@keras.saving.register_keras_serializable("keras_darts_test")
class Stops(kd.callbacks.SearchCallback):
    ends_search = True


@keras.saving.register_keras_serializable("keras_darts_test")
class Bends(kd.callbacks.SearchCallback):
    second_derivatives = True


@pytest.fixture(autouse=True, scope="module")
def names():
    kd.relaxations.register("test_gates")(Gates)
    kd.connections.register("test_quartered")(Quartered)
    kd.architects.register("test_ahead")(Ahead)
    kd.regularizers.register("test_largest")(Largest)
    kd.discretizers.register("test_second")(Second)


@pytest.mark.parametrize("base", BASES)
def test_a_base_class_is_abstract(base):
    with pytest.raises(TypeError, match="abstract method"):
        BASES[base]()


def test_pieces_of_users_keep_the_contracts():
    kd.testing.run_relaxation_test(Gates())
    kd.testing.run_connection_test(Quartered())
    kd.testing.run_architect_test(Ahead(2.0))
    kd.testing.run_regularizer_test(Largest())
    kd.testing.run_discretizer_test(Second())


def test_a_search_runs_with_pieces_of_users_in_every_slot():
    kd.testing.run_strategy_test(
        kd.SearchStrategy(
            relaxation=Gates(),
            connection=Quartered(),
            architect=Ahead(),
            regularizers=[Largest()],
            callbacks=[Stops()],
            discretizer=Second(),
        )
    )


def test_summaries_ask_the_discretizer_by_what_it_decides():
    strategy = kd.SearchStrategy(discretizer=Second())
    space = kd.search_spaces.darts_cnn(2, 2, num_nodes=1)
    search = kd.DartsSearch(
        space, strategy, num_classes=2, input_shape=(8, 8, 1)
    )
    assert "decided by a test, not by" in str(search.decisions())


def test_gates_of_users_suit_what_needs_gates():
    strategy = kd.SearchStrategy(
        Gates(),
        regularizers=["zero_one"],
        discretizer=kd.discretizers.Threshold(),
    )
    assert isinstance(strategy.relaxation, Gates)


POLICY = kd.relaxations.Categorical


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        (
            {"relaxation": "binary_gates", "architect": Ahead()},
            "`architect` must look at one loss for BinaryGates.*=Ahead",
        ),
        (
            {"relaxation": "categorical", "architect": Ahead()},
            "`architect` must be 'reinforce' or 'frozen' for Cat.*=Ahead",
        ),
        (
            {"relaxation": Gates(), "architect": "reinforce"},
            "`relaxation` must be Policy for Reinforce.*=Gates",
        ),
        (
            {
                "relaxation": "uniform_draws",
                "architect": "frozen",
                "callbacks": [Bends()],
            },
            "`callbacks` must go without Bends for UniformDraws",
        ),
        (
            {"discretizer": "perturbation", "callbacks": [Stops()]},
            r"`callbacks` must not end a search .*\[Stops\]",
        ),
        (
            {
                "stages": [
                    Stage(connection=Quartered()),
                    Stage(num_candidates=2, reinitialize=False),
                ]
            },
            "`connection` must be one that shrinks.*Quartered",
        ),
    ],
)
def test_pieces_of_users_that_contradict_are_refused(pieces, message):
    with pytest.raises(ValueError, match=message):
        kd.SearchStrategy(**pieces)


def test_a_policy_of_a_user_has_no_edge_weights():
    class Own(POLICY):
        pass

    with pytest.raises(ValueError, match="`edge_normalization` .* for Own"):
        kd.SearchStrategy(Own(), architect="reinforce", edge_normalization=True)


@pytest.mark.parametrize(
    "pieces", [{"architect": Ahead()}, {"callbacks": [Bends()]}]
)
def test_second_derivatives_of_users_are_not_deterministic(pieces):
    with pytest.raises(ValueError, match="must take no second derivatives"):
        make_deterministic(kd.SearchStrategy(**pieces))


def test_a_connection_must_make_edges():
    class Plain(kd.connections.Connection):
        def make_edge(self, *settings):
            return keras.layers.Identity()

    with pytest.raises(TypeError, match="a subclass of `kd.connections.Edge`"):
        kd.DartsSearch(
            kd.search_spaces.darts_cnn(2, 2, num_nodes=1),
            kd.SearchStrategy(connection=Plain()),
            num_classes=2,
            input_shape=(8, 8, 1),
        )


def test_an_edge_of_a_user_needs_a_call_alone():
    class Halved(kd.connections.Edge):
        def call(self, inputs, weights):
            return inputs * weights[0] / 2

    class Halves(kd.connections.Connection):
        def make_edge(self, *settings):
            return Halved()

    space = kd.search_spaces.darts_cnn(
        2, 1, num_nodes=1, primitives=("skip_connect", "none")
    )
    search = kd.DartsSearch(
        space,
        kd.SearchStrategy(connection=Halves()),
        num_classes=2,
        input_shape=(8, 8, 1),
    )
    assert np.isfinite(search.supernet(np.ones((1, 8, 8, 1)))).all()
