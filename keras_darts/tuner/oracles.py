"""What chooses the hyper-parameters of the trials."""

import inspect

import keras_tuner

from keras_darts.utils.errors import unknown_name

_ORACLES = {
    "bayesian": keras_tuner.oracles.BayesianOptimizationOracle,
    "grid": keras_tuner.oracles.GridSearchOracle,
    "hyperband": keras_tuner.oracles.HyperbandOracle,
    "random": keras_tuner.oracles.RandomSearchOracle,
}
# Those of Liu et al., 2019, section 3.1.
_MAX_TRIALS = 4


def get(oracle, options):
    """An oracle, and the options that are none of its arguments.

    Args:
        oracle: Name, or `keras_tuner.Oracle`, which has its own settings.
        options: Dictionary, arguments of the oracle among others; those that
            are `None` are left to it.

    Raises:
        ValueError: for an unknown name, and for settings beside an object or
            that the oracle has not.
    """
    options = {k: v for k, v in options.items() if v is not None}
    if isinstance(oracle, keras_tuner.Oracle):
        _check_no_settings(options)
        return oracle, options
    if not isinstance(oracle, str) or oracle not in _ORACLES:
        raise unknown_name("oracle", oracle, _ORACLES)
    known = inspect.signature(_ORACLES[oracle]).parameters
    if "max_trials" not in known and "max_trials" in options:
        raise ValueError(
            "`max_trials` must be left out for oracle='hyperband', which has "
            "`max_epochs`, `factor` and `hyperband_iterations` instead. "
            f"Received: max_trials={options['max_trials']}"
        )
    if oracle in ("random", "bayesian"):
        options.setdefault("max_trials", _MAX_TRIALS)
    own = {k: v for k, v in options.items() if k in known}
    return _ORACLES[oracle](**own), _without(options, known)


def _check_no_settings(options):
    known = set().union(
        *(inspect.signature(cls).parameters for cls in _ORACLES.values())
    )
    given = sorted(known & {*options})
    if given:
        raise ValueError(
            f"`{given[0]}` must be left out beside an oracle, which has it "
            f"already. Received: {given[0]}={options[given[0]]!r}"
        )


def _without(options, names):
    return {k: v for k, v in options.items() if k not in names}
