"""Estimate the memory and the hours of a search, and what would need less.

Takes the flags of search that decide them. The hours are those of a few real
steps and batches of validation, timed on this machine after the first one,
which builds the graph; the machine should do nothing else meanwhile. --notime
leaves them out and needs seconds. The memory is for a CPU, where the system
ends a process that takes too much without a word.

  keras-darts estimate --dataset=cifar10 --batch_size=64
  keras-darts estimate --dataset=digits --strategy=pc_darts --filters=16
"""

from __future__ import annotations

from absl import flags

from keras_darts.cli import backend
from keras_darts.cli import data
from keras_darts.cli import search as search_command


def define(options: flags.FlagValues) -> None:
    """Declares the flags."""
    data.define(options)
    data.define_subset(options)
    search_command.define_search(options)
    flags.DEFINE_bool(
        "time",
        True,
        "Time a few steps, which takes about as long as a search takes to its "
        "first ones.",
        flag_values=options,
    )


def run(options: flags.FlagValues) -> None:
    """Prints the plan; `options` are the parsed flags."""
    task = search_command.checked(options)
    if not task.estimates_memory:
        raise ValueError(
            "`search_space` must be one of images or sentences: the memory of "
            "a recurrent search is not estimated. Received: "
            f"search_space={options.search_space!r}"
        )
    backend.start(threads=task.threads)
    dataset = task.load(options)
    search = search_command.made_search(options, task, dataset)
    inputs = task.search_input(options, dataset, search.recipe)
    read, sizes = _read(search, **inputs)
    search.data_sizes.take(**sizes)
    search.build_supernet()
    _take_parts(search, read.batch_size, options.gradient_accumulation_steps)
    print(search_command.introduction(options, search, task, dataset))
    print("\n".join(_plan(options, search, read)), flush=True)
    if options.time and not _fits(search, read):
        print("time: not measured, since memory does not suffice")
    elif options.time:
        inputs = task.search_input(options, dataset, search.recipe)
        _print_time(options, search, read, inputs)


def _read(search, x, **options):
    from keras_darts.search.fit_plan import read_and_check

    read, _, sizes = read_and_check(search, x, None, None, **options)
    return read, sizes


def _fits(search, read):
    from keras_darts.search.memory import estimate_peak_memory
    from keras_darts.search.memory import memory_limit

    peak, limit = estimate_peak_memory(search, read.batch_size), memory_limit()
    return limit is None or peak <= limit


def _print_time(options, search, read, inputs):
    from keras_darts.cli import step_times

    print("timing a few steps; --notime leaves that out", flush=True)
    epochs = options.epochs or search.recipe.epochs
    times = step_times.measured(
        search,
        **inputs,
        epochs=epochs,
        gradient_accumulation_steps=options.gradient_accumulation_steps,
    )
    words = times.in_words(
        epochs + search.extra_epochs,
        search.task_adapter.steps_per_epoch(read, search.recipe),
        step_times.judged_batches(
            search.task_adapter.evaluation(read, search.recipe)
        ),
    )
    print(f"time: {words}")
    if search.stages:
        print("      as if all stages were like the first one")
    waits = [c for c in search.strategy.callbacks if _is_warm_up(c)]
    if waits:
        print("      less where the weights are trained alone at first")


def _is_warm_up(callback):
    from keras_darts.callbacks import WeightWarmUp

    return isinstance(callback, WeightWarmUp)


def _take_parts(search, batch_size, steps):
    from keras_darts.search.memory import check_accumulation

    check_accumulation(search, batch_size, steps)
    search.gradient_accumulation_steps = steps


def _plan(options, search, read):
    from keras_darts.search.memory import estimate_peak_memory
    from keras_darts.search.memory import in_gigabytes
    from keras_darts.search.memory import memory_limit
    from keras_darts.search.memory import proposals

    peak, limit = estimate_peak_memory(search, read.batch_size), memory_limit()
    steps = search.task_adapter.steps_per_epoch(read, search.recipe)
    epochs = options.epochs or search.recipe.epochs
    yield f"steps: {steps} an epoch, {steps * epochs} in all"
    amount = in_gigabytes(peak)
    yield f"estimated peak memory: {amount}, batch {read.batch_size}"
    if limit is not None:
        verdict = "enough" if peak <= limit else "TOO LITTLE"
        yield f"memory to be had: {in_gigabytes(limit)}, {verdict}"
    changes = proposals(search, read.batch_size)
    yield (
        "less memory, what changes the search least first:"
        if changes
        else ("less memory: with fewer filters or cells")
    )
    for change in changes:
        yield f"  {in_gigabytes(change.peak):>8}  {change.change}"
