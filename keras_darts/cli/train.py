"""Train the network of a genotype from scratch, and measure it.

The folder of the run gets model.keras, which takes raw images or token ids and
gives logits, config.json, genotype.json, history.csv, evaluation.json, files
for TensorBoard, and vocabulary.json for text. A training that was cut continues
with the same command.

  keras-darts train --run=runs/digits --dataset=digits \\
      --output_dir=runs/digits-trained --epochs=20
  keras-darts train --genotype=darts_v2 --dataset=cifar10 --output_dir=runs/b
  keras-darts train --genotype=rnn_darts_v2 --dataset=FOLDER --output_dir=runs/c
"""

from __future__ import annotations

import math

from absl import flags

from keras_darts.cli import backend
from keras_darts.cli import data
from keras_darts.cli import folders
from keras_darts.cli import genotype
from keras_darts.cli import tasks
from keras_darts.cli import workers
from keras_darts.cli.tasks.base import check_recipe
from keras_darts.utils.files import write_json

# Examples that are measured to one that is trained on.
_MOST_JUDGED = 4
# As for `runs.manifest.is_finished`.
_RUN_TYPE = "network"


def define(options: flags.FlagValues) -> None:
    """Declares the flags."""
    genotype.define(options)
    data.define(options)
    data.define_subset(options)
    backend.define_devices(options)
    backend.define_precision(options)
    backend.define_accumulation(options)
    backend.define_synchronization(options)
    folders.define(options)
    _define_training(options)
    flags.DEFINE_integer(
        "seed",
        0,
        "Decides first weights, dropout, order and augmentation.",
        flag_values=options,
    )


def _define_training(options):
    flags.DEFINE_enum(
        "recipe",
        None,
        tasks.RECIPES,
        "How to train. Images: cifar (nas_bench_201 for architectures of it) "
        "if not given, small below 32 pixels, imagenet from 128 up, where "
        "--image_size is the side of the crops, 224 if not given. Running "
        "text: small_text if not given, ptb, wikitext2. Sentences: sentences.",
        flag_values=options,
    )
    for name, meaning in (
        ("epochs", "Passes over the training data"),
        ("batch_size", "Images, sentences or rows of text in a step"),
        ("filters", "Channels of a node in the first cells"),
        ("num_cells", "Cells of the network, or of a stage of it"),
        ("hidden_size", "Units of embedding and hidden state for text"),
    ):
        flags.DEFINE_integer(
            name,
            None,
            f"{meaning}; if not given, the recipe's.",
            lower_bound=1,
            flag_values=options,
        )
    flags.DEFINE_integer(
        "validation_freq",
        None,
        "Epochs from one measurement of the validation part to the next; "
        "images without such a part are measured on the test part, as "
        "test_accuracy and test_loss, by which nothing is chosen. If not "
        "given, each epoch, or so seldom that no more than four times as many "
        "examples are measured as trained on.",
        lower_bound=1,
        flag_values=options,
    )
    flags.DEFINE_bool(
        "auxiliary",
        None,
        "Train with a second classifier half-way; if not given, where the "
        "images are large enough.",
        flag_values=options,
    )


def run(options: flags.FlagValues) -> None:
    """Trains; `options` are the parsed flags."""
    workers.refuse_several("train")
    folder = folders.begin(options, _RUN_TYPE)
    resumes = folders.resumes(options, folder)
    network_genotype, _ = genotype.find(options)
    task = genotype.task(options, network_genotype)
    tasks.check_flags(options, task)
    data.check_source(options, task)
    check_recipe(options, task)
    strategy = backend.start(devices=options.devices)
    from keras_darts import training
    from keras_darts.cli import report
    from keras_darts.search.mixed_precision import default_policy

    with strategy.scope(), default_policy(options.dtype):
        read, plan = task.training(options, network_genotype)
    frequency = _validation_freq(options, plan)
    print(_introduction(task, read, plan, frequency), flush=True)
    # Not before: what is written over goes first.
    remember = [] if resumes else [_remembering(options, folder)]
    with folders.resumable("train", folder):
        plan.recipe.fit(
            plan.network,
            plan.train,
            plan.validation,
            verbose=report.verbosity(),
            validation_freq=frequency,
            callbacks=[
                *remember,
                *([report.TestFigures()] if plan.tested else []),
                training.ETALogger(),
            ],
            config=_config(options, task, read, plan),
            vocabulary=task.vocabulary(read),
            **folders.written(options, folder),
        )
    figures = task.trained_figures(plan, read)
    write_json(folder / "evaluation.json", {"dataset": read.name, **figures})
    print(_conclusion(task.in_words(figures), folder))


def _remembering(options, folder):
    """A callback that keeps the flags when the training begins."""
    from keras_darts.cli import report

    return report.AtBegin(lambda: folders.remember(options, folder))


def _validation_freq(options, plan):
    if options.validation_freq is not None:
        return options.validation_freq
    often = math.ceil(plan.num_validation / (_MOST_JUDGED * plan.num_train))
    return min(max(1, often), plan.recipe.epochs)


def _config(options, task, read, plan):
    return {
        "recipe": {"name": plan.name, **plan.recipe.get_config()},
        "data": {
            "task": task.name,
            **task.data_config(options, read, plan),
        },
        "seed": options.seed,
    }


def _introduction(task, read, plan, frequency):
    from keras_darts.cli import report

    often = "each epoch" if frequency == 1 else f"every {frequency} epochs"
    judged = (
        [
            f"measured after {often} on the test {task.things}, as "
            "test_...; nothing is chosen by that"
        ]
        if plan.tested
        else []
    )
    return "\n".join(
        [
            f"train: {plan.name} recipe, epochs: {plan.recipe.epochs}, "
            f"seed: {plan.recipe.seed}",
            task.describe(read),
            f"network: {task.network_in_words(plan.network)}, "
            f"{report.count(plan.network.trainable_variables)} weights",
            *judged,
            f"device: {report.device(plan.network.distribute_strategy)}",
        ]
    )


def _conclusion(figures, folder):
    return "\n".join(
        [
            figures,
            f"network:     {folder / 'model.keras'}",
            f"history:     {folder / 'history.csv'}",
            f"TensorBoard: tensorboard --logdir={folder / 'tensorboard'}",
            f"next:        keras-darts export --run={folder}",
        ]
    )
