"""Names of registered pieces, known before TensorFlow loads."""

import sys

from keras_darts.errors import unknown_name

_STRATEGIES_MODULE = "keras_darts.strategies"
STRATEGIES = (
    "auto",
    "beta_darts",
    "darts",
    "darts_minus",
    "darts_plus",
    "darts_pt",
    "darts_second_order",
    "dr_nas",
    "dr_nas_progressive",
    "enas",
    "fair_darts",
    "gdas",
    "p_darts",
    "pc_darts",
    "proxyless",
    "random_sharing",
    "robust_darts",
    "robust_darts_ada",
    "robust_darts_es",
    "sdarts_adv",
    "sdarts_rs",
    "snas",
)


def check_strategy(name):
    """Refuses the name of no method.

    Raises:
        ValueError: with the nearest ones.
    """
    # A program of the user may have registered more.
    loaded = sys.modules.get(_STRATEGIES_MODULE)
    known = loaded.names() if loaded else STRATEGIES
    if name not in known:
        raise unknown_name("strategy", name, known)
