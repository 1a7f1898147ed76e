"""Methods of differentiable search, made of pieces that combine."""

from keras_darts import surroundings  # noqa: F401
from keras_darts.strategies.published_rate import PublishedRate
from keras_darts.strategies.recipe import RECIPES
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.stage import Stage
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.targets import with_target
from keras_darts.strategies.variants import get
from keras_darts.strategies.variants import guards_against
from keras_darts.strategies.variants import name_of
from keras_darts.strategies.variants import names
from keras_darts.strategies.variants import register_variant

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
    "register_variant",
    "with_target",
]
