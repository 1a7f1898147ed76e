"""Learning rates that flags give to a method."""

import itertools

import pytest
from absl import flags

from keras_darts import strategies
from keras_darts.cli import search as command
from keras_darts.strategies import PublishedRate


def strategy_of(*arguments):
    options = flags.FlagValues()
    command.define_method(options)
    options(["search", *arguments])
    return command.strategy_at(
        options.strategy,
        "image_classification",
        **command.chosen_rates(options),
    )


def test_without_rates_a_method_keeps_its_name():
    assert strategy_of("--strategy=auto") == "auto"


@pytest.mark.parametrize(
    ("name", "learning_rate"),
    [*itertools.product(["darts", "auto", "pc_darts"], [None, 0.7])],
)
def test_rates_of_the_alphas_are_taken_as_they_are(name, learning_rate):
    flags = [f"--strategy={name}"]
    if learning_rate is not None:
        flags.append(f"--learning_rate={learning_rate}")
    published = strategies.get(name).recipe_for("image_classification")
    for flag, rate in (
        ("--arch_learning_rate=0.01", 0.01),
        ("--published_rates", float(published.arch_learning_rate)),
    ):
        recipe = strategy_of(*flags, flag).recipe_for("image_classification")
        assert recipe.arch_learning_rate == rate
        assert not isinstance(recipe.arch_learning_rate, PublishedRate)
        assert recipe.learning_rate == learning_rate or (
            learning_rate is None
            and recipe.learning_rate == published.learning_rate
        )
    if learning_rate is not None:
        recipe = strategy_of(*flags).recipe_for("image_classification")
        assert recipe.arch_learning_rate == published.arch_learning_rate
        assert isinstance(recipe.arch_learning_rate, PublishedRate)
