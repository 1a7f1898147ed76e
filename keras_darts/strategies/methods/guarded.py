"""Methods that keep a search from collapsing to skip-connections."""

from keras_darts.architects import Unrolled
from keras_darts.callbacks import ScheduleVariable
from keras_darts.callbacks import StopOnEigenvalue
from keras_darts.callbacks import StopOnSkipConnects
from keras_darts.callbacks import StopOnStableRanking
from keras_darts.connections import AuxiliarySkip
from keras_darts.connections import DropPath
from keras_darts.discretizers import Threshold
from keras_darts.regularizers import BetaDecay
from keras_darts.regularizers import ZeroOne
from keras_darts.relaxations import Sigmoid
from keras_darts.schedules import Linear
from keras_darts.strategies.recipe import PublishedRate
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.registry import register_variant
from keras_darts.strategies.strategy import SearchStrategy

_ROBUST_DARTS = (
    "Zela et al., 2020, Understanding and Robustifying Differentiable "
    "Architecture Search, ICLR"
)


@register_variant(
    "fair_darts", guards_against="skip-connects that win because others lose"
)
def fair_darts(form="sparse"):
    """FairDARTS: gates that do not compete, pushed to zero and one.

    The rate of the alphas, 3e-3, was published for 9,750 steps, 50 epochs of
    195, and is larger in shorter searches (see `PublishedRate`); so the
    zero-one loss, under Adam, pushes gates as far.

    Args:
        form: `"sparse"` or `"edge"`, of `discretizers.Threshold`. Defaults to
            `"sparse"`.
    """
    return SearchStrategy(
        relaxation=Sigmoid(),
        initializer="zeros",
        exclude=["none"],
        regularizers=[ZeroOne(10.0)],
        discretizer=Threshold(0.85, form),
        recipe={
            "image": SearchRecipe(
                batch_size=128,
                learning_rate=0.005,
                arch_learning_rate=PublishedRate(3e-3, steps=9_750),
                arch_beta_1=0.9,
            )
        },
        citations=(
            "Chu et al., 2020, Fair DARTS: Eliminating Unfair Advantages in "
            "Differentiable Architecture Search, ECCV",
        ),
    )


@register_variant(
    "robust_darts_es", guards_against="sharp minima, by their curvature"
)
def robust_darts_es():
    """R-DARTS: stops before the search loss becomes sharp in the alphas.

    Epochs between measurements and before the first stop are in proportion to
    the run's 50, and the rate of the alphas is that of `darts`.
    """
    return SearchStrategy(
        architect=Unrolled(),
        callbacks=[StopOnEigenvalue()],
        citations=(_ROBUST_DARTS,),
    )


@register_variant(
    "robust_darts_ada", guards_against="sharp minima, by their curvature"
)
def robust_darts_ada():
    """R-DARTS: goes back instead, and on with a stronger weight decay.

    Epochs and rates scale as those of `robust_darts_es`.
    """
    return SearchStrategy(
        architect=Unrolled(),
        callbacks=[StopOnEigenvalue("adapt")],
        citations=(_ROBUST_DARTS,),
    )


@register_variant(
    "robust_darts", guards_against="sharp minima, by a fixed regularization"
)
def robust_darts(weight_decay=None, drop_path=0.0):
    """R-DARTS: a fixed, stronger weight decay, or drop path and CutOut.

    The paper runs 3, 9, 27, 81 and 243 times 1e-4, or drop path up to 0.2,
    0.4 and 0.6, and keeps the cell that is best when it is trained anew. It
    raises the probability of CutOut with the rate of drop path; here, as in
    the published code, whose ramp sets an attribute that nothing reads, every
    image is cut from the first epoch on. The ramp follows the epochs of the
    run; the rate of the alphas scales as that of `darts`.

    Args:
        weight_decay: Float, of the weights. Defaults to `None`: 81e-4, or
            3e-4 with drop path.
        drop_path: Float in [0, 1), the rate of the last epoch, to which it
            rises from zero. Defaults to `0.0`: neither drop path nor CutOut.
    """
    if weight_decay is None:
        weight_decay = 3e-4 if drop_path else 81e-4
    recipe = SearchRecipe(
        weight_decay=weight_decay, cutout=0.5 if drop_path else 0.0
    )
    rising = ScheduleVariable("drop_path_rate", Linear(0.0, drop_path))
    return SearchStrategy(
        connection=DropPath(rate=drop_path) if drop_path else "full",
        architect=Unrolled(),
        callbacks=[rising] if drop_path else [],
        recipe={"image": recipe},
        citations=(_ROBUST_DARTS,),
    )


@register_variant("darts_plus", guards_against="skip-connects, by their number")
def darts_plus(criterion="skip_connects"):
    """DARTS+: stops at two skip-connections, or when alphas keep their order.

    How long they must keep it is in proportion to the run: 10 of 50 epochs,
    two at least. The rate of the alphas scales as that of `darts`.

    Args:
        criterion: `"skip_connects"` or `"ranking"`. Defaults to
            `"skip_connects"`.
    """
    criteria = {
        "skip_connects": StopOnSkipConnects,
        "ranking": StopOnStableRanking,
    }
    return SearchStrategy(
        callbacks=[criteria[criterion]()],
        citations=(
            "Liang et al., 2019, DARTS+: Improved Differentiable Architecture "
            "Search with Early Stopping",
        ),
    )


@register_variant(
    "darts_minus",
    guards_against="skip-connects that only help training",
)
def darts_minus():
    """DARTS-: a skip-connection beside every edge, which fades.

    It has faded with the last epoch of the run, however many there are. The
    rate of the alphas scales as that of `darts`.
    """
    fading = Linear(1.0, 0.0, endpoint=False)
    return SearchStrategy(
        connection=AuxiliarySkip(),
        callbacks=[ScheduleVariable("auxiliary_weight", fading)],
        citations=(
            "Chu et al., 2021, DARTS-: Robustly Stepping out of Performance "
            "Collapse Without Indicators, ICLR",
        ),
    )


@register_variant("beta_darts", guards_against="alphas that run away")
def beta_darts(max_weight=50.0):
    """beta-DARTS: the alphas of an edge are kept near one another.

    The weight of the penalty rises to `max_weight` with the last epoch of the
    run. Under Adam so large a term acts by its sign, so that what decides is
    how far alphas can go: the published 3e-4 was made for 39,000 steps, 100
    epochs of 390, and is larger in shorter searches (see `PublishedRate`).

    Args:
        max_weight: Float, of the penalty in the last epoch. Defaults to
            `50.0`.
    """
    rising = Linear(0.0, max_weight)
    return SearchStrategy(
        regularizers=[BetaDecay(0.0)],
        callbacks=[ScheduleVariable("beta_decay_weight", rising)],
        recipe={
            "image": SearchRecipe(
                arch_learning_rate=PublishedRate(3e-4, steps=39_000)
            )
        },
        citations=(
            "Ye et al., 2022, beta-DARTS: Beta-Decay Regularization for "
            "Differentiable Architecture Search, CVPR",
        ),
    )
