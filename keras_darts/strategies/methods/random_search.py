"""Random search with weight sharing."""

from __future__ import annotations

from keras_darts.architects import Frozen
from keras_darts.discretizers import BestOfSamples
from keras_darts.relaxations import UniformDraws
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.strategy import register_strategy
from keras_darts.utils.errors import unknown_name

_NAS_BENCH_201 = (
    "Dong and Yang, 2020, NAS-Bench-201: Extending the Scope of Reproducible "
    "Neural Architecture Search, ICLR"
)


_RECIPES = ("darts", "nas_bench_201")


@register_strategy(
    "random_sharing",
    guards_against="crediting a search with what chance finds",
)
def random_sharing(
    recipe: str = "darts", num_samples: int = 100
) -> SearchStrategy:
    """Random search with weight sharing: uniform draws, the best of some.

    The recipe is that of the published code for cells, or that of
    NAS-Bench-201's. The first judges 1,000 draws.

    Args:
        recipe: `"darts"` or `"nas_bench_201"`. Defaults to `"darts"`.
        num_samples: Integer, architectures that are judged at the end.
            Defaults to `100`.
    """
    check_recipe(recipe)
    settings = SearchRecipe(epochs=100)
    if recipe == "nas_bench_201":
        settings = SearchRecipe(epochs=250, weight_decay=5e-4, nesterov=True)
    return SearchStrategy(
        relaxation=UniformDraws(),
        architect=Frozen(),
        discretizer=BestOfSamples(num_samples),
        recipe={"image_classification": settings},
        citations=(
            "Li and Talwalkar, 2019, Random Search and Reproducibility for "
            "Neural Architecture Search, UAI",
            *nas_bench_201_papers(recipe),
        ),
    )


def check_recipe(recipe: str) -> None:
    if recipe not in _RECIPES:
        raise unknown_name("recipe", recipe, _RECIPES)


def nas_bench_201_papers(recipe: str) -> tuple[str, ...]:
    return (_NAS_BENCH_201,) if recipe == "nas_bench_201" else ()
