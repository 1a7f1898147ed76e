"""Search an architecture on a data set.

--search_space says on what kind of data: images for darts_cnn, nas_bench_201
and rdarts_s1 to rdarts_s4, running text for darts_rnn (darts_rnn_small for a
small text), labelled sentences for text_cnn. The folder of the run gets
genotype.json, the drawn cells, history.csv, alphas.npz, checkpoints and files
for TensorBoard, up to date after each epoch, and vocabulary.json for text.

  keras-darts search --dataset=digits --output_dir=runs/digits --epochs=20
  keras-darts search --output_dir=runs/digits --resume --epochs=40
  keras-darts search --search_space=darts_rnn_small --dataset=FOLDER \\
      --learning_rate=10 --batch_size=20 --output_dir=runs/text

--workers=2 tries on one machine what several do together, each on its part of
a batch. On a cluster the same command runs on every machine, without
--workers and with TF_CONFIG set; --output_dir must be a folder they share.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import pathlib
from typing import TYPE_CHECKING

from absl import flags

from keras_darts.cli import backend
from keras_darts.cli import data
from keras_darts.cli import folders
from keras_darts.cli import tasks
from keras_darts.cli import workers
from keras_darts.cli.options import check_strategy
from keras_darts.cli.options import define_path
from keras_darts.cli.options import define_share
from keras_darts.cli.options import require

if TYPE_CHECKING:
    from typing import Any

    from keras_darts.cli.tasks.base import TaskCommands
    from keras_darts.search.darts_search import DartsSearch
    from keras_darts.strategies.strategy import SearchStrategy

# What the method decides if it is not given, and then what the space does.
_METHOD_SIZES = {
    "batch_size": "Images, sentences or rows of text in a step",
}
_SPACE_SIZES = {
    "filters": "Channels of the first cells",
    "num_cells": "Cells of the supernet, or of a stage of it",
    "hidden_size": "Units of embedding and hidden state of a recurrent space",
}


def define(options: flags.FlagValues) -> None:
    """Declares the flags."""
    data.define(options)
    data.define_subset(options)
    define_search(options)
    folders.define(options, "; a larger --epochs extends it")
    _define_means(options)
    flags.DEFINE_bool(
        "grappler",
        False,
        "Let TensorFlow rewrite the graph first, which takes half of the time "
        "to the first step and was found to win nothing after it.",
        flag_values=options,
    )


def _define_means(options):
    """Declares the flags of what the search runs on."""
    backend.define_devices(options)
    workers.define(options)


def define_search(options: flags.FlagValues) -> None:
    """Declares the flags of what is searched, how, and for how long."""
    define_method(options)
    flags.DEFINE_integer(
        "epochs",
        None,
        "Passes over the training part; if not given, the method's.",
        lower_bound=1,
        flag_values=options,
    )
    define_share(
        options,
        "validation_split",
        0.5,
        "Share of the images or sentences on which the architecture is "
        "trained; running text has a part of its own for that.",
    )


def define_method(options: flags.FlagValues) -> None:
    """Declares the flags of what is searched and how."""
    _define_sizes(options)
    _define_target(options)
    backend.define_precision(options)
    backend.define_accumulation(options)
    backend.define_exactness(options)
    flags.DEFINE_bool(
        "rematerialize",
        False,
        "Compute each cell again in the backward pass: the same numbers with "
        "less memory and more time.",
        flag_values=options,
    )
    flags.DEFINE_string(
        "search_space", "darts_cnn", "Name of the space.", flag_values=options
    )
    flags.DEFINE_string(
        "strategy", "darts", "Name of the method.", flag_values=options
    )
    _define_rates(options)
    flags.DEFINE_integer(
        "seed",
        0,
        "Decides first values, split and order of the data.",
        flag_values=options,
    )


def _define_rates(options):
    flags.DEFINE_float(
        "learning_rate",
        None,
        "Of the weights, at the start; if not given, the method's. Small "
        "models of text need a lower one, such as 10.",
        lower_bound=0.0,
        flag_values=options,
    )
    flags.DEFINE_float(
        "arch_learning_rate",
        None,
        "Of the alphas, taken as it is; if not given, the method's, which is "
        "larger where a search makes fewer steps than it was published for.",
        lower_bound=0.0,
        flag_values=options,
    )
    flags.DEFINE_bool(
        "published_rates",
        False,
        "Take the method's learning rate of the alphas as it was published, "
        "however few steps the search makes.",
        flag_values=options,
    )


def _define_target(options):
    flags.DEFINE_float(
        "target_latency_ms",
        None,
        "How long the derived network shall take, by --latency_table.",
        lower_bound=0.0,
        flag_values=options,
    )
    define_path(
        options,
        "latency_table",
        None,
        "File of `keras-darts cost_table`, for networks of the sizes to be.",
    )


def _define_sizes(options):
    for owner, sizes in (("method", _METHOD_SIZES), ("space", _SPACE_SIZES)):
        for name, meaning in sizes.items():
            flags.DEFINE_integer(
                name,
                None,
                f"{meaning}; if not given, the {owner}'s.",
                lower_bound=1,
                flag_values=options,
            )


def run(options: flags.FlagValues) -> None:
    """Searches; `options` are the parsed flags."""
    if options.workers > 1:
        require(options, "output_dir")
        workers.launch("search", options)
    count, worker = workers.this_worker()
    folder = folders.begin(options)
    resumes = folders.resumes(options, folder)
    task = checked(options)
    if count > 1:
        print(f"worker {worker} of {count}, waits for the others", flush=True)
    strategy = backend.start(
        threads=task.threads,
        devices=options.devices,
        strategy=(lambda: workers.strategy(options)) if count > 1 else None,
    )
    from keras_darts.cli import report
    from keras_darts.training import ETALogger

    vocabulary = folders.vocabulary(folder) if resumes else None
    dataset = task.load(options, vocabulary)
    with strategy.scope():
        search = made_search(options, task, dataset)
    _check_batch_size(options, task, dataset, search.recipe)
    search.compile(grappler=options.grappler or None)
    callbacks = [ETALogger()]
    if not worker and (options.resume or not resumes):
        remember = functools.partial(
            folders.remember, options, folder, task.vocabulary(dataset)
        )
        # When the flags are found to be those of the run, if there is one.
        callbacks.append(report.AtBegin(remember))
    print(introduction(options, search, task, dataset), flush=True)
    with folders.resumable("search", folder):
        search.fit(
            **task.search_input(options, dataset, search.recipe),
            epochs=options.epochs,
            verbose=report.verbosity(),
            callbacks=callbacks,
            **folders.written(options, folder),
        )
    print(_conclusion(options, search, folder))


def checked(options: flags.FlagValues) -> TaskCommands:
    """The task, when all flags are right as far as one can see now.

    Called before TensorFlow loads, which takes seconds.

    Raises:
        absl.flags.Error: if --dataset is not given.
        ValueError: for the first flag that is wrong.
    """
    task = tasks.of_space(options.search_space)
    check_strategy(options.strategy)
    tasks.check_flags(options, task)
    data.check_source(options, task)
    _check_target(options)
    return task


def _check_batch_size(options, task, dataset, recipe):
    """Refuses batches that no half of the data can fill.

    Raises:
        ValueError: for those, which the user may have left to the method.
    """
    count = getattr(dataset, "num_train", None)
    if count is None:
        return
    share = min(options.validation_split, 1 - options.validation_split)
    half, size = (
        math.ceil(share * count),
        options.batch_size or recipe.batch_size,
    )
    if size > half:
        raise ValueError(
            f"`batch_size` must be at most {half}, the {task.things} in "
            f"the smaller part. Received: batch_size={size}"
            f"{'' if options.batch_size else ', as the method has it'}"
        )


def _check_target(options):
    latency, table = options.target_latency_ms, options.latency_table
    if (latency is None) != (table is None):
        raise ValueError(
            "`target_latency_ms` and `latency_table` must be given together. "
            f"Received: target_latency_ms={latency}, latency_table={table!r}"
        )
    if table is not None and not pathlib.Path(table).is_file():
        raise ValueError(
            "`latency_table` must be a file of `keras-darts cost_table`. "
            f"Received: latency_table={table!r}, where there is none"
        )


def made_search(
    options: flags.FlagValues, task: TaskCommands, dataset: Any
) -> DartsSearch:
    """The `DartsSearch` that the flags and the data describe."""
    from keras_darts.search import DartsSearch

    return DartsSearch(
        strategy=strategy_at(
            options.strategy, task.name, **chosen_rates(options)
        ),
        seed=options.seed,
        **made_of(options, task, dataset),
    )


def made_of(
    options: flags.FlagValues, task: TaskCommands, dataset: Any
) -> dict[str, Any]:
    """Arguments of `DartsSearch` besides method and seed."""
    return {
        "search_space": options.search_space,
        "sync_batch_norm": options.sync_batch_norm,
        "deterministic": options.deterministic,
        "rematerialize": options.rematerialize,
        "dtype": options.dtype,
        "target_latency_ms": options.target_latency_ms,
        "latency_table": options.latency_table,
        **task.search_sizes(options, dataset),
    }


def chosen_rates(options: flags.FlagValues) -> dict[str, Any]:
    """Arguments of `strategy_at` that flags of the same names give."""
    names = ("learning_rate", "arch_learning_rate", "published_rates")
    return {name: options[name].value for name in names}


def strategy_at(
    name: str,
    task: str,
    *,
    learning_rate: float | None,
    arch_learning_rate: float | None,
    published_rates: bool | None,
) -> SearchStrategy | str:
    """The method of a name, at the learning rates that were asked for."""
    from keras_darts import strategies

    strategy = strategies.get(name)
    recipe = strategy.recipe_for(task)
    if learning_rate is not None:
        recipe = recipe.with_learning_rate(learning_rate)
    if arch_learning_rate is None and published_rates:
        # As a plain number it is taken as it is.
        arch_learning_rate = float(recipe.arch_learning_rate)
    if arch_learning_rate is not None:
        recipe = dataclasses.replace(
            recipe, arch_learning_rate=arch_learning_rate
        )
    if recipe is strategy.recipe_for(task):
        # Of the name a search knows what it stands for.
        return name
    return dataclasses.replace(strategy, recipe=recipe)


def introduction(
    options: flags.FlagValues,
    search: DartsSearch,
    task: TaskCommands,
    dataset: Any,
) -> str:
    """What is searched, on what, with how much, and where."""
    from keras_darts.cli import report

    epochs = options.epochs or search.recipe.epochs
    return "\n".join(
        [
            f"search: {options.strategy} in {options.search_space}, "
            f"epochs: {epochs}, seed: {options.seed}",
            task.describe(dataset),
            f"supernet: {task.supernet_in_words(search.search_space)}, "
            f"{report.count(search.weight_variables)} weights, "
            f"{report.count(search.arch_variables)} alphas",
            f"device: {report.device(search.distribute_strategy)}",
        ]
    )


def _conclusion(options, search, folder):
    stopped = [search.stop_reason] if search.stop_reason else []
    return "\n".join(
        [
            *stopped,
            search.genotype().to_text(),
            f"genotype:    {folder / 'genotype.json'}",
            f"cells drawn: {folder / 'cells'}",
            f"history:     {folder / 'history.csv'}, {folder / 'alphas.npz'}",
            f"TensorBoard: tensorboard --logdir={folder / 'tensorboard'}",
            f"next:        keras-darts train --run={folder} "
            f"{data.given(options)} --output_dir={folder}-trained",
        ]
    )
