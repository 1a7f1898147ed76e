"""Methods that judge candidates by what the supernet is without them."""

from keras_darts.strategies.callbacks import ArchWarmUp
from keras_darts.strategies.discretizers import Perturbation
from keras_darts.strategies.strategy import SearchStrategy
from keras_darts.strategies.variants.catalog import register_variant


@register_variant("darts_pt")
def darts_pt(blank=False, tune_epochs=5, exclude=()):
    """DARTS-PT: what the supernet can't do without is kept.

    Args:
        blank: Boolean, whether the alphas are never trained, so that the
            supernet alone decides. Defaults to `False`.
        tune_epochs: Integer, the epochs from one decision to the next.
            Defaults to `5`.
        exclude: Names of primitives left out of the search space; `["none"]`
            gives the published search in DARTS' space. Defaults to none.
    """
    return SearchStrategy(
        discretizer=Perturbation(tune_epochs),
        callbacks=[ArchWarmUp(None)] if blank else [],
        exclude=exclude,
        citations=(
            "Wang et al., 2021, Rethinking Architecture Selection in "
            "Differentiable NAS, ICLR",
        ),
    )
