"""Search several times, train what is found, and keep the best.

A trial is a search, and a brief training of the network that it found, which
is judged on data that neither has seen. As in the paper of DARTS, trials
differ by their seeds; with --tune they differ by hyper-parameters, and have
the same seed. The folder gets results.html, a page that any browser shows,
up to date after each trial, and a folder for each trial. A tuning that was cut
continues with the same command.

  keras-darts tune --dataset=digits --search_epochs=10 --output_dir=runs/tuned
  keras-darts tune --dataset=cifar10 --output_dir=runs/b --oracle=bayesian \\
      --tune=strategy=darts,pc_darts --tune=learning_rate=0.01..0.1
  keras-darts tune --dataset=digits --output_dir=runs/c \\
      --objective=val_accuracy,parameters --random_baseline=4

With a chief and workers of KerasTuner, all run the same command, with
KERASTUNER_ORACLE_IP, KERASTUNER_ORACLE_PORT and KERASTUNER_TUNER_ID set.
"""

from __future__ import annotations

import functools
import math
import os
import pathlib
from typing import TYPE_CHECKING

from absl import flags

from keras_darts.cli import backend
from keras_darts.cli import data
from keras_darts.cli import folders
from keras_darts.cli import search as search_command
from keras_darts.cli import tasks
from keras_darts.cli import workers
from keras_darts.cli.options import check_strategy
from keras_darts.cli.options import define_choices
from keras_darts.cli.options import define_path
from keras_darts.cli.options import define_share
from keras_darts.cli.options import require
from keras_darts.cli.search import chosen_rates
from keras_darts.cli.search import made_of
from keras_darts.cli.search import strategy_at
from keras_darts.utils.files import writable_folder

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.cli.tasks.base import TaskCommands
    from keras_darts.search.darts_search import DartsSearch
    from keras_darts.tuner.hypermodel import DartsHyperModel

_TYPES = {
    "filters": int,
    "hidden_size": int,
    "learning_rate": float,
    "num_cells": int,
    "seed": int,
    "strategy": str,
}
_RANGE = ".."


def define_hyperparameters(options: flags.FlagValues) -> None:
    """Declares the flag."""
    flags.DEFINE_multi_string(
        "tune",
        None,
        "NAME=VALUE,VALUE,...: what trials choose from. The flag may be given "
        f"for each of {', '.join(_TYPES)}; learning_rate=LOW..HIGH takes any "
        "between, on a logarithmic scale. If not given at all, trials differ "
        "by their seeds.",
        flag_values=options,
    )
    flags.register_validator("tune", _check, flag_values=options)


def tuned(options: flags.FlagValues) -> dict[str, Any]:
    """Dictionary from names to lists of values; a range is a tuple."""
    return _parsed(options.tune or ())


def check(options: flags.FlagValues, task: TaskCommands) -> None:
    """Refuses what can't be tuned on such data, or with such an oracle.

    Raises:
        ValueError: for that, and for a flag together with its own choices.
    """
    chosen = tuned(options)
    tasks.check_names(chosen, task)
    for strategy in chosen.get("strategy", ()):
        check_strategy(strategy)
    for name in chosen:
        # The seed also decides what the trials are.
        if name != "seed" and options[name].present:
            raise ValueError(
                f"`{name}` must be left out with --tune={name}=... "
                f"Received: {name}={options[name].value}"
            )
    if not chosen and options.oracle in ("bayesian", "grid"):
        raise ValueError(
            f"`tune` must be given for --oracle={options.oracle}, since seeds "
            "alone tell it nothing. Received: tune=None"
        )


def grid_size(options: flags.FlagValues) -> int | None:
    """The points of a grid, or `None` where a range has no number of them."""
    values = tuned(options).values()
    if any(isinstance(of_one, tuple) for of_one in values):
        return None
    return math.prod(map(len, values))


def made(
    options: flags.FlagValues, task: TaskCommands, dataset: Any
) -> tuple[DartsHyperModel, DartsSearch]:
    """The `DartsHyperModel` of the flags and the data, and a search of it.

    Raises:
        ValueError: for a value that no search can have.
    """
    from keras_tuner import HyperParameters

    from keras_darts.tuner import DartsHyperModel

    chosen = tuned(options)
    hypermodel = DartsHyperModel(
        strategy=functools.partial(_strategy, options, chosen, task.name),
        seed=_seed(options, chosen),
        **{
            **made_of(options, task, dataset),
            **{k: v for k, v in chosen.items() if k in task.flags},
        },
    )
    _try_each(hypermodel, chosen)
    return hypermodel, hypermodel.build(HyperParameters())


def in_words(options: flags.FlagValues) -> str:
    """What trials differ by."""
    parts = [
        f"{name} ({' to '.join(map(str, values))})"
        if isinstance(values, tuple)
        else f"{name} ({', '.join(map(str, values))})"
        for name, values in tuned(options).items()
    ]
    return ", ".join(parts) or "seed"


def _strategy(options, chosen, task, hp):
    values = {
        name: _value(hp, name, chosen[name])
        if name in chosen
        else options[name].value
        for name in ("strategy", "learning_rate")
    }
    rates = chosen_rates(options)
    return strategy_at(
        values["strategy"],
        task,
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
        if name not in _TYPES or not values:
            raise ValueError(
                f"{text!r} must be NAME=VALUE,VALUE,... with a NAME of "
                f"{', '.join(_TYPES)}"
            )
        if name in chosen:
            raise ValueError(f"{name!r} must come once")
        chosen[name] = _values(name, values)
    return chosen


def _values(name, text):
    value_type = _TYPES[name]
    ends = text.split(_RANGE)
    ranged = name == "learning_rate" and len(ends) == 2
    try:
        values = [
            value_type(part) for part in (ends if ranged else text.split(","))
        ]
    except ValueError as error:
        raise ValueError(
            f"{name}={text!r} must be made of the type {value_type.__name__}"
        ) from error
    if value_type is not str and name != "seed" and min(values) <= 0:
        raise ValueError(f"{name}={text!r} must be positive")
    if ranged and values[0] >= values[1]:
        raise ValueError(f"{name}={text!r} must go upwards")
    if len({*values}) < max(2, len(values)):
        raise ValueError(f"{name}={text!r} must be two or more different ones")
    return tuple(values) if ranged else values


# KerasTuner's own, by which it finds trials of before.
_STATE = "oracle.json"
_CHIEF = "KERASTUNER_ORACLE_IP"
_PROCESS = "KERASTUNER_TUNER_ID"
# What may be another one when a tuning continues.
_FREE = {
    *("debug", "devices", "max_trials", "output_dir", "overwrite"),
    *("random_baseline", "resume"),
}


def define_tuning_folder(options: flags.FlagValues) -> None:
    """Declares the flags."""
    define_path(options, "output_dir", None, "Folder of the tuning.")
    flags.DEFINE_bool(
        "resume",
        False,
        "Go on with the tuning in --output_dir, with its flags; a larger "
        "--max_trials extends it. It also continues without, if the same flags "
        "are given.",
        flag_values=options,
    )
    flags.DEFINE_bool(
        "overwrite",
        False,
        "Delete the tuning in --output_dir and start over.",
        flag_values=options,
    )


def begin_tuning(options: flags.FlagValues) -> pathlib.Path:
    """The folder `--output_dir`, new or of a tuning to resume.

    Raises:
        ValueError: if it holds something else, or a tuning with other flags,
            or can't be written to.
    """
    require(options, "output_dir")
    folder = pathlib.Path(options.output_dir)
    _check_flags(options)
    before = _before(folder)
    if options.resume:
        if before is None:
            raise ValueError(
                "`output_dir` must hold a tuning for --resume. Received: "
                f"output_dir={str(folder)!r}"
            )
        folders.take_remembered(options, before)
    elif is_worker():
        # The chief may have come before or not.
        return writable_folder(folder, "output_dir")
    elif before is None:
        _check_empty(folder)
    if before is not None and not options.overwrite:
        _check_same(options, before)
    return writable_folder(folder, "output_dir")


def is_begun(folder: pathlib.Path) -> bool:
    """Whether there is something to resume."""
    return (folder / _STATE).exists()


def is_worker() -> bool:
    """Whether this process runs trials for a chief."""
    return _CHIEF in os.environ and "chief" not in os.environ.get(_PROCESS, "")


def is_chief() -> bool:
    """Whether this process has others run the trials."""
    return _CHIEF in os.environ and not is_worker()


def _check_flags(options):
    if options.overwrite and options.resume:
        raise ValueError(
            "`overwrite` must be left out with --resume. Received: "
            "overwrite=True"
        )
    if options.overwrite and _CHIEF in os.environ:
        raise ValueError(
            f"`overwrite` must be left out where {_CHIEF} is set, since each "
            "process would delete what the others have begun. Received: "
            "overwrite=True"
        )


def _before(folder):
    """The flags of the tuning in a folder, or `None` where there is none."""
    flags_of_run = folders.remembered(folder) or {}
    return flags_of_run if "max_trials" in flags_of_run else None


def _check_empty(folder):
    if folder.is_dir() and any(folder.iterdir()):
        raise ValueError(
            "`output_dir` must be a new or empty folder, or one of a tuning. "
            f"Received: output_dir={str(folder)!r}"
        )


def _check_same(options, before):
    for name, value in before.items():
        if name in options and name not in _FREE:
            now = options[name].value
            if now != value:
                raise ValueError(
                    "`output_dir` must hold a tuning with the same flags: "
                    "--overwrite deletes it. Received: "
                    f"output_dir={str(options.output_dir)!r}, where {name} "
                    f"was {value!r} and is {now!r} now"
                )


_COSTS = ("parameters", "macs", "size", "latency")
_SAME_TIME = "same_time"


def define(options: flags.FlagValues) -> None:
    """Declares the flags."""
    data.define(options)
    data.define_subset(options)
    search_command.define_method(options)
    define_hyperparameters(options)
    define_tuning_folder(options)
    backend.define_devices(options)
    _define_trials(options)
    _define_judgement(options)


def _define_trials(options):
    flags.DEFINE_enum(
        "oracle",
        "random",
        ["random", "bayesian", "hyperband", "grid"],
        "What chooses the trials; hyperband lets the best of them search "
        "longer, up to --search_epochs.",
        flag_values=options,
    )
    for name, meaning in (
        ("max_trials", "Trials; if not given, 4, and all points of a grid"),
        (
            "search_epochs",
            "Passes of a search over its training part; if not given, the "
            "method's",
        ),
        (
            "train_epochs",
            "Passes of a training over the data; if not given, twice those "
            "of the search",
        ),
    ):
        flags.DEFINE_integer(
            name, None, f"{meaning}.", lower_bound=1, flag_values=options
        )
    flags.DEFINE_integer(
        "executions_per_trial",
        1,
        "Searches of a trial, with seeds of their own, of whose figures the "
        "mean counts.",
        lower_bound=1,
        flag_values=options,
    )


def _define_judgement(options):
    define_choices(
        options,
        "objective",
        None,
        [*tasks.FIGURES, *_COSTS],
        "What trials are judged by, one or more with commas between: "
        "val_accuracy, val_loss or val_perplexity of the trained network, or "
        "what it costs: parameters, macs, size (bytes) or latency (ms) as a "
        "LiteRT file. If not given, val_accuracy, or val_loss for running "
        "text. Of several, none is the best by itself: trials that no other "
        "beats are listed, and oracles go by KerasTuner's sum.",
    )
    define_share(
        options,
        "validation_split",
        0.2,
        "Share of the images or sentences that trained networks are judged "
        "on; of the others, a search takes one part for the architecture. "
        "Running text has a part of its own for that.",
    )
    flags.DEFINE_string(
        "random_baseline",
        "0",
        f"Random genotypes that are trained as well; {_SAME_TIME} takes as "
        "many as take the time of all trials.",
        flag_values=options,
    )
    flags.register_validator(
        "random_baseline",
        lambda text: text == _SAME_TIME or text.isdecimal(),
        f"must be a number or {_SAME_TIME}",
        flag_values=options,
    )


def run(options: flags.FlagValues) -> None:
    """Tunes; `options` are the parsed flags."""
    workers.refuse_several("tune")
    folder = begin_tuning(options)
    task = search_command.checked(options)
    check(options, task)
    objective = _objective(options, task)
    _check_trials(options)
    strategy = backend.start(threads=task.threads, devices=options.devices)
    dataset = task.load(options)
    with strategy.scope():
        hypermodel, search = made(options, task, dataset)
    tuner = _tuner(options, hypermodel, objective, search.recipe, strategy)
    worker = is_worker()
    if not worker:
        folders.remember(options, folder)
    print(_introduction(options, search, task, dataset), flush=True)
    resumable = folders.resumable("tune", folder, is_begun)
    with resumable, backend.retracing_unsaid():
        tuner.search(**_arguments(options, task, dataset, search.recipe))
    if not worker:
        print("\n".join(_conclusion(options, folder)))


def _objective(options, task):
    """The name of the objective, or a list of several.

    Raises:
        ValueError: for what no validation on such data gives.
    """
    names = options.objective or [task.judged_by[0]]
    known = [*task.judged_by, *_COSTS]
    for name in names:
        if name not in known:
            raise ValueError(
                f"`objective` must be one or more of {', '.join(known)} for "
                f"{task.noun}. Received: objective={name}"
            )
    return names[0] if len(names) == 1 else names


def _check_trials(options):
    if options.oracle == "hyperband" and options.max_trials is not None:
        raise ValueError(
            "`max_trials` must be left out for --oracle=hyperband, which has "
            "as many as --search_epochs needs. Received: "
            f"max_trials={options.max_trials}"
        )


def _tuner(options, hypermodel, objective, recipe, strategy):
    from keras_darts.tuner import DartsTuner

    folder, baseline = pathlib.Path(options.output_dir), options.random_baseline
    longest = {"max_epochs": options.search_epochs or recipe.epochs}
    max_trials = options.max_trials
    if options.oracle == "grid" and max_trials is None:
        # It ends there by itself, but tells no time that is left.
        max_trials = grid_size(options)
    return DartsTuner(
        hypermodel,
        objective,
        max_trials,
        oracle=options.oracle,
        train_epochs=options.train_epochs,
        random_baseline=baseline == _SAME_TIME or int(baseline),
        executions_per_trial=options.executions_per_trial,
        # Zero would be drawn again by KerasTuner.
        seed=1 + options.seed,
        distribution_strategy=strategy,
        directory=str(folder.parent),
        project_name=folder.name,
        overwrite=options.overwrite,
        **(longest if options.oracle == "hyperband" else {}),
    )


def _arguments(options, task, dataset, recipe):
    """Those of `DartsTuner.search`."""
    from keras_darts.cli import report

    return {
        **task.search_input(options, dataset, recipe),
        "epochs": options.search_epochs,
        "gradient_accumulation_steps": options.gradient_accumulation_steps,
        "verbose": report.verbosity(),
    }


def _introduction(options, search, task, dataset):
    from keras_darts.cli import report

    epochs = options.search_epochs or search.recipe.epochs
    space = task.supernet_in_words(search.search_space)
    return "\n".join(
        [
            f"tune: {options.oracle} oracle in {options.search_space}, "
            f"seed: {options.seed}",
            f"trials differ by: {in_words(options)}",
            f"epochs: {epochs} of a search, "
            f"{options.train_epochs or 2 * epochs} of a training",
            task.describe(dataset),
            f"supernet: {space}",
            f"device: {report.device(search.distribute_strategy)}",
        ]
    )


def _conclusion(options, folder):
    from keras_darts.tuner import results_page
    from keras_darts.tuner import results_text
    from keras_darts.tuner.results import read

    results = read(folder)
    page = folder / results_page.FILE
    if not results.ranked:
        raise RuntimeError(f"No trial has come to its end; {page} says why")
    yield ""
    yield from results_text.trial_lines(results)
    yield from results_text.pareto_lines(results)
    yield from results_text.baseline_lines(results)
    yield ""
    best = (results.pareto_front if results.several else results.ranked)[0]
    trial = folder / f"trial_{best.name}"
    if results.several:
        yield f"one of them: trial {best.name}"
    else:
        yield f"best trial:  {best.name}"
    yield best.genotype.to_text()
    yield f"genotype:    {trial / 'genotype.json'}"
    yield f"all results: {page}"
    yield (
        f"next:        keras-darts train --run={trial} "
        f"{data.given(options)} --output_dir={folder}-trained"
    )
