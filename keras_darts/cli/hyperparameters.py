"""The flag that says what the trials of a tuning differ by."""

import functools
import math

from absl import flags

from keras_darts.cli import modalities
from keras_darts.cli.names import check_strategy
from keras_darts.cli.search import chosen_rates
from keras_darts.cli.search import made_of
from keras_darts.cli.search import strategy_at

_KINDS = {
    "filters": int,
    "hidden_size": int,
    "learning_rate": float,
    "num_cells": int,
    "seed": int,
    "strategy": str,
}
_RANGE = ".."


def define(options):
    """Declares the flag."""
    flags.DEFINE_multi_string(
        "tune",
        None,
        "NAME=VALUE,VALUE,...: what trials choose from. The flag may be given "
        f"for each of {', '.join(_KINDS)}; learning_rate=LOW..HIGH takes any "
        "between, on a logarithmic scale. If not given at all, trials differ "
        "by their seeds.",
        flag_values=options,
    )
    flags.register_validator("tune", _check, flag_values=options)


def tuned(options):
    """Dictionary from names to lists of values; a range is a tuple."""
    return _parsed(options.tune or ())


def check(options, modality):
    """Refuses what can't be tuned on such data, or with such an oracle.

    Raises:
        ValueError: for that, and for a flag beside its own choices.
    """
    chosen = tuned(options)
    modalities.check_names(chosen, modality)
    for strategy in chosen.get("strategy", ()):
        check_strategy(strategy)
    for name in chosen:
        # The seed also decides what the trials are.
        if name != "seed" and options[name].present:
            raise ValueError(
                f"`{name}` must be left out beside --tune={name}=... "
                f"Received: {name}={options[name].value}"
            )
    if not chosen and options.oracle in ("bayesian", "grid"):
        raise ValueError(
            f"`tune` must be given for --oracle={options.oracle}, since seeds "
            "alone tell it nothing. Received: tune=None"
        )


def grid_size(options):
    """The points of a grid, or `None` where a range has no number of them."""
    values = tuned(options).values()
    if any(isinstance(of_one, tuple) for of_one in values):
        return None
    return math.prod(map(len, values))


def made(options, modality, found):
    """The `DartsHyperModel` of the flags and the data, and a search of it.

    Raises:
        ValueError: for a value that no search can have.
    """
    from keras_tuner import HyperParameters

    from keras_darts.tuner import DartsHyperModel

    chosen = tuned(options)
    hypermodel = DartsHyperModel(
        strategy=functools.partial(_strategy, options, chosen, modality.name),
        seed=_seed(options, chosen),
        **{
            **made_of(options, modality, found),
            **{k: v for k, v in chosen.items() if k in modality.flags},
        },
    )
    _try_each(hypermodel, chosen)
    return hypermodel, hypermodel.build(HyperParameters())


def in_words(options):
    """What trials differ by."""
    parts = [
        f"{name} ({' to '.join(map(str, values))})"
        if isinstance(values, tuple)
        else f"{name} ({', '.join(map(str, values))})"
        for name, values in tuned(options).items()
    ]
    return ", ".join(parts) or "seed"


def _strategy(options, chosen, modality, hp):
    values = {
        name: _value(hp, name, chosen[name])
        if name in chosen
        else options[name].value
        for name in ("strategy", "learning_rate")
    }
    rates = chosen_rates(options)
    return strategy_at(
        values["strategy"],
        modality,
        **{**rates, "learning_rate": values["learning_rate"]},
    )


def _value(hp, name, values):
    if isinstance(values, tuple):
        return hp.Float(name, *values, sampling="log")
    return hp.Choice(name, values)


def _seed(options, chosen):
    """Trials differ by their seeds only where by nothing else."""
    return chosen.get("seed", options.seed if chosen else None)


def _try_each(hypermodel, chosen):
    """Makes a search of each value, so that none fails after hours."""
    from keras_tuner import HyperParameters

    for name, values in chosen.items():
        for value in values:
            hp = HyperParameters()
            hp.values[name] = value
            hypermodel.build(hp)


def _check(texts):
    try:
        _parsed(texts or ())
    except ValueError as error:
        raise flags.ValidationError(str(error)) from error
    return True


def _parsed(texts):
    chosen = {}
    for text in texts:
        name, _, values = text.partition("=")
        if name not in _KINDS or not values:
            raise ValueError(
                f"{text!r} must be NAME=VALUE,VALUE,... with a NAME of "
                f"{', '.join(_KINDS)}"
            )
        if name in chosen:
            raise ValueError(f"{name!r} must come once")
        chosen[name] = _values(name, values)
    return chosen


def _values(name, text):
    kind = _KINDS[name]
    ends = text.split(_RANGE)
    ranged = name == "learning_rate" and len(ends) == 2
    try:
        values = [kind(part) for part in (ends if ranged else text.split(","))]
    except ValueError as error:
        raise ValueError(
            f"{name}={text!r} must be made of the type {kind.__name__}"
        ) from error
    if kind is not str and name != "seed" and min(values) <= 0:
        raise ValueError(f"{name}={text!r} must be positive")
    if ranged and values[0] >= values[1]:
        raise ValueError(f"{name}={text!r} must go upwards")
    if len({*values}) < max(2, len(values)):
        raise ValueError(f"{name}={text!r} must be two or more different ones")
    return tuple(values) if ranged else values
