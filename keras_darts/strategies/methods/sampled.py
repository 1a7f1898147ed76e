"""Methods that draw mixing weights, or candidates, by chance."""

import keras

from keras_darts.architects import SingleLevel
from keras_darts.callbacks import ArchWarmUp
from keras_darts.callbacks import ScheduleVariable
from keras_darts.connections import DropPath
from keras_darts.regularizers import Cost
from keras_darts.regularizers import DirichletDivergence
from keras_darts.relaxations import BinaryGates
from keras_darts.relaxations import Dirichlet
from keras_darts.relaxations import GumbelSoftmax
from keras_darts.relaxations import Perturbed
from keras_darts.schedules import Linear
from keras_darts.strategies.recipe import PublishedRate
from keras_darts.strategies.recipe import SearchRecipe
from keras_darts.strategies.registry import register_variant
from keras_darts.strategies.strategy import SearchStrategy

_SMOOTH_DARTS = (
    "Chen and Hsieh, 2020, Stabilizing Differentiable Architecture Search via "
    "Perturbation-based Regularization, ICML"
)


@register_variant("snas", guards_against="the gap between mixture and cell")
def snas(cost=0.0, drop_path=0.3):
    """SNAS: soft draws that harden, alphas and weights on the same loss.

    The temperature falls over the epochs of the run. The rate of the alphas,
    3e-4, is that of 58,500 steps, 150 epochs of the 390 that CIFAR-10 makes in
    halves, and is larger in shorter searches (see `PublishedRate`).

    Args:
        cost: Float, the factor of the expected multiplications in the loss of
            the architecture. Defaults to `0.0`: they don't count.
        drop_path: Float in [0, 1), the rate at which edges are switched off,
            sample by sample. Defaults to `0.3`, that of the published code
            for 8 cells; it has 0.2 for 20.
    """
    return SearchStrategy(
        relaxation=GumbelSoftmax(1.0),
        connection=DropPath(rate=drop_path) if drop_path else "full",
        architect=SingleLevel(),
        regularizers=[Cost("macs", cost)] if cost else [],
        callbacks=[ScheduleVariable("temperature", Linear(1.0, 0.03))],
        discretizer="argmax",
        initializer=keras.initializers.RandomNormal(mean=1.0, stddev=0.01),
        recipe={
            "image": SearchRecipe(
                epochs=150,
                arch_learning_rate=PublishedRate(3e-4, steps=58_500),
            )
        },
        citations=(
            "Xie et al., 2019, SNAS: Stochastic Neural Architecture Search, "
            "ICLR",
        ),
    )


@register_variant(
    "gdas", guards_against="time; the gap between mixture and cell"
)
def gdas():
    """GDAS: hard draws, of which one candidate an edge runs.

    The temperature falls over the epochs of the run. The rate of the alphas,
    3e-4, was published for 97,500 steps, 250 epochs of 390, and is larger in
    shorter searches (see `PublishedRate`).
    """
    return SearchStrategy(
        relaxation=GumbelSoftmax(10.0, hard=True),
        callbacks=[ScheduleVariable("temperature", Linear(10.0, 0.1))],
        recipe={
            "image": SearchRecipe(
                epochs=250,
                weight_decay=5e-4,
                nesterov=True,
                arch_learning_rate=PublishedRate(3e-4, steps=97_500),
            )
        },
        citations=(
            "Dong and Yang, 2019, Searching for a Robust Neural Architecture "
            "in Four GPU Hours, CVPR",
        ),
    )


@register_variant("proxyless", guards_against="time and memory; costly cells")
def proxyless(cost=0.1, warm_up=41 / 160):
    """ProxylessNAS' binary gates on cells, with the price of candidates.

    The published search has another space, whole networks of MBConv blocks,
    and prices measured latency; here multiplications are priced. As there,
    the alphas move in every fifth step, from the second epoch after a warm-up
    of 40 of 160 on, in proportion in other runs. Their rate, 1e-3, is that of
    2,261 steps, 119 epochs of the 19 that CIFAR-10 makes here, and is larger
    in shorter searches (see `PublishedRate`).

    Args:
        cost: Float, the factor of the expected multiplications. Defaults to
            `0.1`.
        warm_up: Integer, the epochs of the weights alone; or float in [0, 1),
            their share of the run. Defaults to 41 of 160.
    """
    return SearchStrategy(
        relaxation=BinaryGates(),
        regularizers=[Cost("macs", cost)] if cost else [],
        callbacks=[ArchWarmUp(warm_up, every=5)],
        recipe={
            "image": SearchRecipe(
                epochs=160,
                batch_size=256,
                weight_decay=4e-5,
                nesterov=True,
                arch_learning_rate=PublishedRate(1e-3, steps=2_261),
                arch_beta_1=0.0,
                arch_weight_decay=0.0,
            )
        },
        citations=(
            "Cai, Zhu and Han, 2019, ProxylessNAS: Direct Neural Architecture "
            "Search on Target Task and Hardware, ICLR",
        ),
    )


@register_variant("dr_nas", guards_against="deciding too early")
def dr_nas(divergence=0.0, warm_up=0.2):
    """DrNAS: mixing weights from Dirichlet distributions.

    The rate of the alphas, 6e-4, is that of 15,600 steps, 40 epochs of 390,
    and is larger where fewer follow the warm-up (see `PublishedRate`).

    Args:
        divergence: Float, the factor of the divergence from the uniform
            distribution, which then takes the place of the weight decay of
            the architecture. Defaults to `0.0`: the weight decay stays.
        warm_up: Integer, the epochs of the weights alone; or float in [0, 1),
            their share of the run, or of each stage. Defaults to `0.2`, 10 of
            50.
    """
    return SearchStrategy(
        relaxation=Dirichlet(),
        exclude=["none"],
        regularizers=[DirichletDivergence(divergence)] if divergence else [],
        callbacks=[ArchWarmUp(warm_up)],
        recipe={
            "image": SearchRecipe(
                learning_rate=0.1,
                min_learning_rate=0.0,
                arch_learning_rate=PublishedRate(6e-4, steps=15_600),
                arch_weight_decay=0.0 if divergence else 1e-3,
            )
        },
        citations=(
            "Chen et al., 2021, DrNAS: Dirichlet Neural Architecture Search, "
            "ICLR",
        ),
    )


def _smooth_darts(method):
    growing = Linear(0.03, 0.3, endpoint=False)
    return SearchStrategy(
        relaxation=Perturbed(method),
        callbacks=[ScheduleVariable("radius", growing)],
        citations=(_SMOOTH_DARTS,),
    )


@register_variant("sdarts_rs", guards_against="sharp minima")
def sdarts_rs():
    """SmoothDARTS: weights learn under mixing weights near the present ones.

    How near follows the epochs of the run; the rate of the alphas scales as
    that of `darts`.
    """
    return _smooth_darts("random")


@register_variant("sdarts_adv", guards_against="sharp minima")
def sdarts_adv():
    """SmoothDARTS: weights learn under the worst mixing weights nearby.

    How near follows the epochs of the run; the rate of the alphas scales as
    that of `darts`.
    """
    return _smooth_darts("adversarial")
