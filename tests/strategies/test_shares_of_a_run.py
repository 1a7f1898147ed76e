"""What was published for a long run is in proportion in a short one."""

import json

import keras
import numpy as np
import pytest

import keras_darts as kd
from keras_darts import strategies
from keras_darts.schedules import checked_span
from keras_darts.schedules import epochs_of
from keras_darts.strategies import PublishedRate
from keras_darts.strategies import SearchRecipe


def callback_of(strategy, cls):
    stages = strategy.stages or [None]
    whole = strategy.at_stage(len(stages) - 1)
    return next(c for c in whole.callbacks if isinstance(c, cls))


@pytest.mark.parametrize(
    ("span", "epochs", "expected"),
    [
        (15, 20, 15),
        (np.int64(15), 20, 15),
        (0.3, 50, 15),
        (0.3, 20, 6),
        (0.3, 2, 1),
        (0.3, 1, 0),
        (0.0, 50, 0),
        (0, 50, 0),
    ],
)
def test_a_span_is_epochs_or_a_share_of_them(span, epochs, expected):
    assert epochs_of(checked_span("epochs", span), epochs) == expected


def test_a_span_may_have_a_least_number():
    assert epochs_of(0.2, 3, least=2) == 2
    for span in (-1, 0, 1.0, 1.5, -0.1, "3", True, None):
        with pytest.raises(ValueError, match="`epochs` must"):
            checked_span("epochs", span, least=1)


@pytest.mark.parametrize("steps", [1, 100, 500, 4_999, 19_500, 1_000_000])
def test_the_way_of_the_alphas_is_kept(steps):
    rate = PublishedRate(3e-4, steps=19_500)
    result = rate.at(steps)
    assert result == pytest.approx(max(3e-4, min(0.05, 5.85 / steps)))


def test_a_published_rate_is_a_float_that_survives_copies():
    recipe = SearchRecipe()
    plain = json.loads(json.dumps(recipe.get_config()))
    for again in (SearchRecipe(**plain), strategies.get("darts").clone()):
        rate = getattr(again, "arch_learning_rate", None)
        if rate is None:
            rate = again.recipe_for("image_classification").arch_learning_rate
        assert rate == 3e-4 and rate.steps == 19_500
    config = SearchRecipe(arch_learning_rate=0.01).get_config()
    assert SearchRecipe(**config).arch_learning_rate == 0.01
    assert not hasattr(SearchRecipe(**config).arch_learning_rate, "steps")


# Epochs and steps an epoch of the published run, or of the recipe on
# CIFAR-10's halves, and how many of the steps move the alphas there.
PUBLISHED = {
    "beta_darts": (100, 390, 39_000),
    "darts": (50, 390, 19_500),
    "darts_minus": (50, 390, 19_500),
    "darts_plus": (50, 390, 19_500),
    "darts_pt": (50, 390, 19_500),
    "darts_second_order": (50, 390, 19_500),
    "dr_nas": (50, 390, 15_600),
    "dr_nas_progressive": (50, 390, 11_700),
    "fair_darts": (50, 195, 9_750),
    "gdas": (250, 390, 97_500),
    "p_darts": (75, 260, 11_700),
    "pc_darts": (50, 97, 3_395),
    "proxyless": (160, 97, 2_261),
    "robust_darts": (50, 390, 19_500),
    "robust_darts_ada": (50, 390, 19_500),
    "robust_darts_es": (50, 390, 19_500),
    "sdarts_adv": (50, 390, 19_500),
    "sdarts_rs": (50, 390, 19_500),
    "snas": (150, 390, 58_500),
}
# Alphas that never move, or are the weights of a controller.
AS_THEY_ARE = {"auto", "enas", "random_sharing"}


def test_every_strategy_is_in_the_table():
    ours = {
        name
        for name in strategies.names()
        if strategies.guards_against(name) is not None
        and not name.startswith("test_")
    }
    assert ours == set(PUBLISHED) | AS_THEY_ARE


def moving_steps(strategy, epochs, steps):
    """The sum over the stages of a run."""
    counts = [epochs]
    if strategy.stages:
        counts = strategies.stage.stage_epochs(strategy.stages, epochs)
    return sum(
        min(
            callback.arch_steps(count, steps)
            for callback in [
                *strategy.at_stage(index).callbacks,
                kd.callbacks.SearchCallback(),
            ]
        )
        for index, count in enumerate(counts)
    )


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_run_has_the_published_rate(name):
    epochs, steps, moving = PUBLISHED[name]
    strategy = strategies.get(name)
    rate = strategy.recipe_for("image_classification").arch_learning_rate
    assert moving_steps(strategy, epochs, steps) == moving == rate.steps
    assert rate.at(moving) == rate


@pytest.mark.parametrize("name", PUBLISHED)
def test_alphas_move_in_a_run_of_any_length(name):
    strategy = strategies.get(name)
    for epochs in (3, 6, 20):
        assert moving_steps(strategy, epochs, 2) >= len(strategy.stages or [1])


@pytest.mark.parametrize(
    ("name", "epochs", "expected"),
    [
        ("pc_darts", 50, 15),
        ("pc_darts", 20, 6),
        ("dr_nas", 50, 10),
        ("dr_nas", 5, 1),
        ("dr_nas_progressive", 25, 10),
        ("p_darts", 25, 10),
        ("p_darts", 5, 2),
        ("proxyless", 160, 41),
        ("proxyless", 16, 4),
    ],
)
def test_warm_ups_are_shares(name, epochs, expected):
    warm_up = callback_of(strategies.get(name), kd.callbacks.WeightWarmUp)
    assert epochs - warm_up.arch_steps(epochs, warm_up.every) == expected


def test_a_warm_up_of_so_many_epochs_stays():
    methods = strategies.methods
    for strategy in (
        methods.pc_darts(warm_up=3),
        methods.dr_nas(warm_up=3),
        methods.dr_nas_progressive(warm_up=3),
        methods.p_darts(warm_up=3),
    ):
        warm_up = callback_of(strategy, kd.callbacks.WeightWarmUp)
        for epochs in (5, 50):
            assert warm_up.arch_steps(epochs, 1) == epochs - 3


def test_the_dropout_of_skip_connects_falls_as_far():
    schedule = kd.schedules.DropoutDecay(0.4)
    for epochs in (25, 50, 10):
        first = epochs * 2 // 5
        assert schedule(first, epochs) == pytest.approx(0.4)
        assert schedule(epochs, epochs) == pytest.approx(0.4 * np.exp(-3))
    # With the numbers of the published code.
    published = kd.schedules.DropoutDecay(0.4, warm_up=10, decay=0.2)
    for epoch in range(25):
        assert schedule(epoch, 25) == pytest.approx(published(epoch, 25))


@pytest.mark.parametrize(
    ("epochs", "between", "extra"), [(50, 5, 81), (10, 1, 17), (4, 0, 1)]
)
def test_decisions_by_perturbation_take_a_share(epochs, between, extra):
    rule = kd.discretizers.Perturbation()
    assert rule.epochs_between(epochs) == between
    space = kd.search_spaces.darts_cnn()
    assert rule.extra_epochs(space, epochs) == extra
    assert kd.discretizers.Perturbation(5).extra_epochs(space, epochs) == 81


def test_names_and_what_they_guard_against():
    assert strategies.name_of(strategies.get("auto"), "auto") == "beta_darts"
    for name in PUBLISHED:
        assert strategies.name_of(strategies.get(name)) == name
    other = kd.SearchStrategy(relaxation=kd.relaxations.Softmax(0.123))
    assert strategies.name_of(other) is None


def test_callbacks_keep_their_shares_in_configs():
    for callback in (
        kd.callbacks.WeightWarmUp(0.3),
        kd.callbacks.StopOnStableRanking(0.2),
        kd.callbacks.StopOnEigenvalue(every=0.04, start_epoch=0.2),
        kd.callbacks.StopOnEigenvalue(every=3, start_epoch=5),
    ):
        plain = keras.saving.serialize_keras_object(callback)
        again = keras.saving.deserialize_keras_object(
            json.loads(json.dumps(plain))
        )
        assert again.get_config() == callback.get_config()


def test_strategies_of_users_are_not_made_to_find_a_name():
    @strategies.register_strategy("test_fails", guards_against="everything")
    def fails():
        raise RuntimeError("made")

    with pytest.raises(RuntimeError, match="made"):
        strategies.get("test_fails")
    assert strategies.name_of(strategies.get("darts")) == "darts"
    assert strategies.name_of(None, "test_fails") == "test_fails"
    assert strategies.guards_against("test_fails") == "everything"
