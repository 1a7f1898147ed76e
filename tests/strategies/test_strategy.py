"""A strategy is a choice for each slot, without state."""

import dataclasses

import keras
import numpy as np
import pytest

import keras_darts as kd
from keras_darts import SearchStrategy
from keras_darts import strategies


@keras.saving.register_keras_serializable("keras_darts_test")
class Patience(kd.callbacks.SearchCallback):
    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def get_config(self):
        return {"epochs": self.epochs}


def rich():
    return SearchStrategy(
        relaxation=kd.relaxations.Softmax(temperature=0.5),
        edge_normalization=True,
        architect=kd.architects.Unrolled("exact", clip_norm=0.25),
        regularizers=[kd.regularizers.Entropy(0.1)],
        callbacks=[Patience(3)],
        discretizer=kd.discretizers.TopK(1),
        initializer=keras.initializers.Zeros(),
        exclude=["none"],
        recipe={"epochs": 3},
        citations=["Somebody, 2020"],
    )


def test_the_default_is_darts_first_order():
    strategy = SearchStrategy()
    assert isinstance(strategy.relaxation, kd.relaxations.Softmax)
    assert strategy.architect == kd.architects.FirstOrder()
    space = kd.search_spaces.darts_cnn()
    assert strategy.discretizer_for(space) == kd.discretizers.TopK(2)
    assert strategy.initializer.stddev == 1e-3
    assert strategy.recipe is None


def test_a_slot_takes_a_name_an_object_or_a_config():
    by_name, by_object, by_config = (
        SearchStrategy(architect=architect)
        for architect in (
            "unrolled",
            kd.architects.Unrolled(),
            {"name": "unrolled", "config": {"hessian": "finite_difference"}},
        )
    )
    assert by_name == by_object == by_config


def test_equal_choices_are_equal_strategies_and_others_are_not():
    assert SearchStrategy() == SearchStrategy()
    assert strategies.get("darts") == strategies.get("darts")
    for other in ("darts_second_order", rich()):
        assert strategies.get("darts") != strategies.get(other)
    assert SearchStrategy() != "darts"


def test_a_strategy_has_no_hash_that_could_differ_for_equals():
    with pytest.raises(TypeError, match="unhashable"):
        hash(SearchStrategy())


def test_second_order_differs_from_darts_by_its_architect_alone():
    first = strategies.get("darts")
    second = strategies.get("darts_second_order")
    assert second.architect == kd.architects.Unrolled()
    assert dataclasses.replace(second, architect="first_order") == first


@pytest.mark.parametrize("make", [SearchStrategy, rich])
def test_config_and_clone_give_equal_strategies_of_their_own(make):
    strategy = make()
    copies = [
        SearchStrategy.from_config(strategy.get_config()),
        strategies.get(strategy.get_config()),
        strategy.clone(),
    ]
    for copy in copies:
        assert copy.get_config() == strategy.get_config()
        assert copy.relaxation is not strategy.relaxation
        for one, other in zip(copy.callbacks, strategy.callbacks, strict=True):
            assert one is not other
            assert one.epochs == other.epochs
        assert copy.relaxation.temperature is not (
            strategy.relaxation.temperature
        )


def test_clones_of_one_strategy_start_from_different_alphas():
    strategy = SearchStrategy(initializer="random_normal")
    first, second = (strategy.clone().initializer((3, 2)) for _ in range(2))
    assert np.any(first != second)


def test_a_schedule_of_a_search_leaves_the_strategy_as_it_was():
    strategy = rich()
    strategy.clone().relaxation.temperature.assign(9.0)
    assert float(strategy.relaxation.temperature) == 0.5
    # The first value is configuration, the present one is state.
    strategy.relaxation.temperature.assign(9.0)
    assert float(strategy.clone().relaxation.temperature) == 0.5


def test_a_users_variant_is_found_by_its_name():
    @kd.register_strategy("test_hot")
    def hot(temperature=5.0):
        return SearchStrategy(relaxation=kd.relaxations.Softmax(temperature))

    assert "test_hot" in strategies.names()
    assert float(strategies.get("test_hot").relaxation.temperature) == 5.0
    kd.testing.run_strategy_test("test_hot")


def test_a_users_piece_has_a_config_once_it_is_registered():
    class Halved(kd.connections.Connection):
        def make_edge(self, primitives, *settings):
            full = kd.connections.FullConnection()
            return full.make_edge(primitives[:1], *settings)

    strategy = SearchStrategy(connection=Halved())
    with pytest.raises(ValueError, match="`connection` is of a class that is"):
        strategy.get_config()
    kd.connections.register("test_halved")(Halved)
    assert strategy.get_config()["connection"]["name"] == "test_halved"


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"relaxation": "sofmax"}, ValueError, "Did you mean softmax"),
        ({"architect": "first order"}, ValueError, "Did you mean first_order"),
        ({"architect": kd.architects.Unrolled}, TypeError, "`architect` must"),
        ({"architect": None}, TypeError, "`architect` must be a name"),
        ({"discretizer": 2}, TypeError, "`discretizer` must be a name"),
        ({"discretizer": len}, TypeError, "`discretizer` must be a name"),
        ({"connection": "partly"}, ValueError, "`connection` must be one of"),
        ({"relaxation": keras.layers.Softmax()}, TypeError, "kd.relaxations.R"),
        ({"connection": object()}, TypeError, "of kd.connections.Connection."),
        ({"architect": object()}, TypeError, "of kd.architects.Architect. R"),
        ({"discretizer": len}, TypeError, "of kd.discretizers.Discretizer. R"),
        ({"regularizers": [len]}, TypeError, "of kd.regularizers.Regularizer"),
        (
            {"callbacks": [keras.callbacks.Callback()]},
            TypeError,
            "of kd.callbacks.SearchCallback, whose",
        ),
        ({"regularizers": "entropy"}, TypeError, "`regularizers` must be a li"),
        ({"regularizers": ["entrop"]}, ValueError, "Did you mean entropy"),
        ({"exclude": "none"}, TypeError, "`exclude` must be a list"),
        ({"citations": "Me, 2020"}, TypeError, "`citations` must be a list"),
    ],
)
def test_what_fills_no_slot_is_refused(settings, error, message):
    with pytest.raises(error, match=message):
        SearchStrategy(**settings)


def test_an_unknown_strategy_names_the_nearest():
    with pytest.raises(ValueError, match="`strategy` .* Did you mean darts"):
        strategies.get("dart")


def test_the_recipe_is_that_of_the_published_code():
    recipe = strategies.SearchRecipe()
    assert (recipe.epochs, recipe.batch_size) == (50, 64)
    assert (recipe.learning_rate, recipe.min_learning_rate) == (0.025, 1e-3)
    assert (recipe.momentum, recipe.weight_decay) == (0.9, 3e-4)
    assert recipe.clip_norm == 5.0
    assert recipe.arch_learning_rate == 3e-4
    assert (recipe.arch_beta_1, recipe.arch_beta_2) == (0.5, 0.999)
    assert recipe.arch_weight_decay == 1e-3
