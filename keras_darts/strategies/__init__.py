"""Methods of differentiable search, made of pieces that combine."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.strategies.cost_target import with_cost_target
from keras_darts.strategies.methods import get
from keras_darts.strategies.methods import guards_against
from keras_darts.strategies.methods import name_of
from keras_darts.strategies.methods import names
from keras_darts.strategies.methods import register_strategy
from keras_darts.strategies.methods import say
from keras_darts.strategies.methods import summary
from keras_darts.strategies.recipe import RECIPES
from keras_darts.strategies.recipe import PublishedRate
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.stage import Stage
from keras_darts.strategies.strategy import SearchStrategy

__all__ = [
    "PublishedRate",
    "RECIPES",
    "SearchRecipe",
    "SearchStrategy",
    "Stage",
    "get",
    "guards_against",
    "name_of",
    "names",
    "register_strategy",
    "say",
    "summary",
    "with_cost_target",
]
