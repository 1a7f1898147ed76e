"""Random search with weight sharing."""

from keras_darts.architects import Frozen
from keras_darts.discretizers import BestOfSamples
from keras_darts.relaxations import UniformDraws
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.registry import register_strategy
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.utils.errors import unknown_name

_NAS_BENCH_201 = (
    "Dong and Yang, 2020, NAS-Bench-201: Extending the Scope of Reproducible "
    "Neural Architecture Search, ICLR"
)


_FORMS = ("cells", "nas_bench_201")


@register_strategy(
    "random_sharing",
    guards_against="crediting a search with what chance finds",
)
def random_sharing(form="cells", num_samples=100):
    """Random search with weight sharing: uniform draws, the best of some.

    The recipe is that of the published code for cells, or that of
    NAS-Bench-201's. The first judges 1,000 draws.

    Args:
        form: `"cells"` or `"nas_bench_201"`. Defaults to `"cells"`.
        num_samples: Integer, architectures that are judged at the end.
            Defaults to `100`.
    """
    check_form(form)
    recipe = SearchRecipe(epochs=100)
    if form == "nas_bench_201":
        recipe = SearchRecipe(epochs=250, weight_decay=5e-4, nesterov=True)
    return SearchStrategy(
        relaxation=UniformDraws(),
        architect=Frozen(),
        discretizer=BestOfSamples(num_samples),
        recipe={"image": recipe},
        citations=(
            "Li and Talwalkar, 2019, Random Search and Reproducibility for "
            "Neural Architecture Search, UAI",
            *nas_bench_201_papers(form),
        ),
    )


def check_form(form):
    if form not in _FORMS:
        raise unknown_name("form", form, _FORMS)


def nas_bench_201_papers(form):
    return (_NAS_BENCH_201,) if form == "nas_bench_201" else ()
