"""Search several times, train what is found, and keep the best.

A trial is a search, and a brief training of the network that it found, which
is judged on data that neither has seen. As in the paper of DARTS, trials
differ by their seeds; with --tune they differ by hyper-parameters, and have
the same seed. The folder gets results.html, a page that any browser shows,
up to date after each trial, and a folder for each trial. A tuning that was cut
goes on with the same command.

  keras-darts tune --dataset=digits --search_epochs=10 --output_dir=runs/tuned
  keras-darts tune --dataset=cifar10 --output_dir=runs/b --oracle=bayesian \\
      --tune=strategy=darts,pc_darts --tune=learning_rate=0.01..0.1
  keras-darts tune --dataset=digits --output_dir=runs/c \\
      --objective=val_accuracy,parameters --random_baseline=4

With a chief and workers of KerasTuner, all run the same command, with
KERASTUNER_ORACLE_IP, KERASTUNER_ORACLE_PORT and KERASTUNER_TUNER_ID set.
"""

import pathlib

from absl import flags

from keras_darts.cli import backend
from keras_darts.cli import data
from keras_darts.cli import folders
from keras_darts.cli import hyperparameters
from keras_darts.cli import modalities
from keras_darts.cli import search as search_command
from keras_darts.cli import tuning_folder
from keras_darts.cli import workers
from keras_darts.cli.options import define_choices
from keras_darts.cli.options import define_share

_COSTS = ("parameters", "macs", "size", "latency")
_SAME_TIME = "same_time"


def define(options):
    """Declares the flags."""
    data.define(options)
    data.define_subset(options)
    search_command.define_method(options)
    hyperparameters.define(options)
    tuning_folder.define(options)
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
            "Passes of a search over its training half; if not given, the "
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
        [*modalities.FIGURES, *_COSTS],
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
        "on; of the others, a search takes one half for the architecture. "
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


def run(options):
    """Tunes; `options` are the parsed flags."""
    workers.refuse_several("tune")
    folder = tuning_folder.begin(options)
    modality = search_command.checked(options)
    hyperparameters.check(options, modality)
    objective = _objective(options, modality)
    _check_trials(options)
    strategy = backend.start(threads=modality.threads, devices=options.devices)
    found = modality.load(options)
    with strategy.scope():
        hypermodel, search = hyperparameters.made(options, modality, found)
    tuner = _tuner(options, hypermodel, objective, search.recipe, strategy)
    worker = tuning_folder.is_worker()
    if not worker:
        folders.remember(options, folder)
    print(_introduction(options, search, modality, found), flush=True)
    resumable = folders.resumable("tune", folder, tuning_folder.is_begun)
    with resumable, backend.retracing_unsaid():
        tuner.search(**_arguments(options, modality, found, search.recipe))
    if not worker:
        print("\n".join(_conclusion(options, folder)))


def _objective(options, modality):
    """The name of the objective, or a list of several.

    Raises:
        ValueError: for what no validation on such data gives.
    """
    names = options.objective or [modality.judged_by[0]]
    known = [*modality.judged_by, *_COSTS]
    for name in names:
        if name not in known:
            raise ValueError(
                f"`objective` must be one or more of {', '.join(known)} for "
                f"{modality.noun}. Received: objective={name}"
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
        max_trials = hyperparameters.grid_size(options)
    return DartsTuner(
        hypermodel,
        objective,
        max_trials,
        oracle=options.oracle,
        train_epochs=options.train_epochs,
        random_baseline=baseline == _SAME_TIME or int(baseline),
        executions_per_trial=options.executions_per_trial,
        # Zero would be drawn anew by KerasTuner.
        seed=1 + options.seed,
        distribution_strategy=strategy,
        directory=str(folder.parent),
        project_name=folder.name,
        overwrite=options.overwrite,
        **(longest if options.oracle == "hyperband" else {}),
    )


def _arguments(options, modality, found, recipe):
    """Those of `DartsTuner.search`."""
    from keras_darts.cli import report

    return {
        **modality.search_input(options, found, recipe),
        "epochs": options.search_epochs,
        "accumulation_steps": options.accumulation_steps,
        "verbose": report.verbosity(),
    }


def _introduction(options, search, modality, found):
    from keras_darts.cli import report

    epochs = options.search_epochs or search.recipe.epochs
    space = modality.supernet_in_words(search.search_space)
    return "\n".join(
        [
            f"tune: {options.oracle} oracle in {options.search_space}, "
            f"seed: {options.seed}",
            f"trials differ by: {hyperparameters.in_words(options)}",
            f"epochs: {epochs} of a search, "
            f"{options.train_epochs or 2 * epochs} of a training",
            modality.describe(found),
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
        f"next:        keras-darts train --genotype={trial} "
        f"{data.given(options)} --output_dir={folder}-trained"
    )
