"""Alphas learn at a rate that fits how often they will move."""

import dataclasses
import json

import pytest
from small_searches import TINY
from small_searches import fitted
from small_searches import make_search

import keras_darts as kd
from keras_darts import strategies
from keras_darts.search.defaults import set_pace
from keras_darts.strategies import PublishedRate


def search_with(strategy, **choices):
    search = kd.DartsSearch(
        TINY, strategy, num_classes=2, input_shape=(8, 8, 1)
    )
    search.compile(run_eagerly=True, **choices)
    return search


def rate_of(search):
    return float(search.arch_optimizer.learning_rate)


def output(caplog):
    return [
        record.getMessage()
        for record in caplog.records
        if "alphas learn" in record.getMessage()
    ]


@pytest.mark.parametrize(
    ("name", "epochs", "steps", "expected"),
    [
        ("darts", 3, 100, 5.85 / 300),
        ("darts", 1, 2, 0.05),
        ("auto", 3, 100, 11.7 / 300),
        # Ten epochs, of which seven follow the warm-up.
        ("pc_darts", 10, 100, 6e-4 * 3_395 / 700),
    ],
)
def test_the_rate_grows_as_steps_become_fewer(name, epochs, steps, expected):
    # The space is too small for a part of its channels.
    strategy = dataclasses.replace(strategies.get(name), connection="full")
    search = search_with(strategy)
    plan = {"epochs": epochs, "steps_per_epoch": steps}
    pace = set_for(search, **plan)
    assert pace.rate == pytest.approx(expected)
    assert rate_of(search) == pytest.approx(expected, rel=1e-6)


def set_for(search, published_rates=False, callbacks=(), **plan):
    search.compile_for()
    return set_pace(
        search,
        [*search.strategy.callbacks, *callbacks],
        published_rates=published_rates,
        **plan,
    )


def test_a_fit_says_its_rate_and_keeps_it(tmp_path, caplog):
    caplog.set_level("INFO", "keras_darts")
    search = search_with("darts")
    fitted(search, epochs=2, steps=2, output_dir=tmp_path)
    assert rate_of(search) == pytest.approx(0.05)
    (line,) = output(caplog)
    assert line == (
        "alphas learn at 0.05 (published: 0.0003 for 19,500 steps; this search "
        "makes 4)"
    )
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["alphas"] == {
        "learning_rate": 0.05,
        "steps": 4,
        "published": {"rate": 3e-4, "steps": 19_500},
    }
    result = config["arch_optimizer"]["config"]["learning_rate"]
    assert result == pytest.approx(0.05)


def test_published_rates_are_one_argument_away(tmp_path):
    search = search_with("darts")
    fitted(search, epochs=1, published_rates=True, output_dir=tmp_path)
    assert rate_of(search) == pytest.approx(3e-4)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["fit"]["published_rates"] is True


@pytest.mark.parametrize("published_rates", [False, True])
def test_what_the_user_gives_is_taken_as_it_is(published_rates):
    recipe = strategies.SearchRecipe(arch_learning_rate=0.01)
    replaced = dataclasses.replace(
        strategies.get("beta_darts").recipe_for("image_classification"),
        arch_learning_rate=0.01,
    )
    optimizer = kd.training.CoupledAdam(0.01)
    for search in (
        search_with(kd.SearchStrategy(recipe=recipe)),
        search_with(
            kd.SearchStrategy(recipe={"image_classification": replaced})
        ),
        search_with("darts", arch_optimizer=optimizer),
    ):
        fitted(search, epochs=1, published_rates=published_rates)
        assert rate_of(search) == pytest.approx(0.01)


def test_warm_ups_of_the_user_count():
    warm_up = kd.callbacks.WeightWarmUp(8)
    pace = set_for(
        search_with("darts"),
        callbacks=[warm_up],
        epochs=10,
        steps_per_epoch=100,
    )
    assert pace.steps == 200 and pace.rate == pytest.approx(5.85 / 200)


@pytest.mark.parametrize("name", ["random_sharing", "never"])
def test_alphas_that_never_move_have_no_pace(name, caplog):
    caplog.set_level("INFO", "keras_darts")
    if name == "never":
        name = strategies.methods.darts_pt(blank=True, tune_epochs=0)
    assert set_for(search_with(name), epochs=2, steps_per_epoch=3) is None


def test_each_stage_has_its_part_of_the_published_steps():
    search = search_with("p_darts")
    for stage in range(3):
        search.enter_stage(stage)
        pace = set_for(search, epochs=25, steps_per_epoch=260)
        assert pace.rate == pytest.approx(6e-4)
        assert pace.published.steps == 3_900


def test_a_longer_run_goes_on_at_its_own_rate(tmp_path):
    rate = PublishedRate(3e-3, steps=12)
    recipe = strategies.SearchRecipe(arch_learning_rate=rate)

    def run(epochs, **options):
        search = search_with(kd.SearchStrategy(recipe=recipe))
        fitted(search, epochs=epochs, steps=2, **options)
        return search

    assert rate_of(run(2, output_dir=tmp_path)) == pytest.approx(9e-3)
    extended = run(3, resume_from=tmp_path)
    assert rate_of(extended) == pytest.approx(6e-3)
    assert int(extended.arch_optimizer.iterations) == 6


def test_a_strategy_says_what_it_stands_for(tmp_path, caplog):
    caplog.set_level("INFO", "keras_darts")
    search = search_with("auto")
    fitted(search, epochs=1, output_dir=tmp_path)
    assert "auto, which stands for beta_darts" in caplog.text
    assert "guards against: alphas that run away" in caplog.text
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["strategy"] == {
        "name": "auto",
        "stands_for": "beta_darts",
        "guards_against": "alphas that run away",
    }
    caplog.clear()
    fitted(search_with("darts"), epochs=1)
    assert "strategy: darts; guards against: nothing" in caplog.text
    caplog.clear()
    fitted(make_search(space=TINY), epochs=1)
    assert "strategy: darts" in caplog.text
