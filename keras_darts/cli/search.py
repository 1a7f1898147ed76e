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
"""

import dataclasses

from absl import flags

from keras_darts import search_spaces
from keras_darts.cli import backend
from keras_darts.cli import data
from keras_darts.cli import folders
from keras_darts.cli import modalities

# What the method decides if it is not given, and then what the space does.
_METHOD_SIZES = {
    "epochs": "Passes over the training half",
    "batch_size": "Images, sentences or rows of text in a step",
}
_SPACE_SIZES = {
    "filters": "Channels of the first cells",
    "num_cells": "Cells of the supernet, or of a stage of it",
    "hidden_size": "Units of embedding and hidden state of a recurrent space",
}


def define(options):
    """Declares the flags."""
    data.define(options)
    data.define_subset(options)
    _define_search(options)
    flags.DEFINE_string(
        "output_dir", None, "Folder of the run.", flag_values=options
    )
    backend.define_precision(options)
    flags.DEFINE_integer(
        "accumulation_steps",
        1,
        "Parts of a batch that are computed one after the other, to save "
        "memory.",
        lower_bound=1,
        flag_values=options,
    )
    flags.DEFINE_bool(
        "resume",
        False,
        "Go on with the run in --output_dir, with its flags; a larger "
        "--epochs extends it.",
        flag_values=options,
    )
    flags.DEFINE_bool(
        "graph_optimizer",
        False,
        "Let TensorFlow rewrite the graph first, which takes half of the time "
        "to the first step and was found to win nothing after it.",
        flag_values=options,
    )


def _define_search(options):
    flags.DEFINE_string(
        "search_space", "darts_cnn", "Name of the space.", flag_values=options
    )
    flags.DEFINE_string(
        "strategy", "darts", "Name of the method.", flag_values=options
    )
    for owner, sizes in (("method", _METHOD_SIZES), ("space", _SPACE_SIZES)):
        for name, meaning in sizes.items():
            flags.DEFINE_integer(
                name,
                None,
                f"{meaning}; if not given, the {owner}'s.",
                lower_bound=1,
                flag_values=options,
            )
    flags.DEFINE_float(
        "learning_rate",
        None,
        "Of the weights, at the start; if not given, the method's. Small "
        "models of text need a lower one, such as 10.",
        lower_bound=0.0,
        flag_values=options,
    )
    flags.DEFINE_float(
        "validation_split",
        0.5,
        "Share of the images or sentences on which the architecture is "
        "trained; running text has a part of its own for that.",
        lower_bound=0.0,
        upper_bound=1.0,
        flag_values=options,
    )
    flags.DEFINE_integer(
        "seed",
        0,
        "Decides first values, split and order of the data.",
        flag_values=options,
    )


def run(options):
    """Searches; `options` are the parsed flags."""
    begin = folders.earlier_run if options.resume else folders.new_run
    folder = begin(options)
    modality = modalities.of_space(options.search_space)
    modalities.check_flags(options, modality)
    backend.start(threads=modality.threads)
    from keras_darts.cli import report
    from keras_darts.search import DartsSearch

    vocabulary = folders.vocabulary(folder) if options.resume else None
    found = modality.load(options, vocabulary)
    search = DartsSearch(
        options.search_space,
        _strategy(options),
        seed=options.seed,
        dtype=options.precision,
        **modality.search_sizes(options, found),
    )
    search.compile(graph_optimizer=options.graph_optimizer or None)
    folders.remember(options, folder, modality.vocabulary(found))
    print(_introduction(options, search, modality, found), flush=True)
    search.fit(
        **modality.search_input(options, found, search.recipe),
        epochs=options.epochs,
        accumulation_steps=options.accumulation_steps,
        verbose=report.verbosity(),
        callbacks=[report.TimeLeft()],
        **{"resume_from" if options.resume else "output_dir": folder},
    )
    print(_conclusion(options, search, folder))


def _strategy(options):
    """The method, at the learning rate that was asked for."""
    from keras_darts import strategies

    strategy = strategies.get(options.strategy)
    if options.learning_rate is None:
        return strategy
    modality = search_spaces.get(options.search_space).modality
    recipe = strategy.recipe_for(modality)
    return dataclasses.replace(
        strategy, recipe=recipe.at_rate(options.learning_rate)
    )


def _introduction(options, search, modality, found):
    from keras_darts.cli import report

    epochs = options.epochs or search.recipe.epochs
    return "\n".join(
        [
            f"search: {options.strategy} in {options.search_space}, "
            f"epochs: {epochs}, seed: {options.seed}",
            modality.describe(found),
            f"supernet: {modality.supernet_in_words(search.search_space)}, "
            f"{report.count(search.weight_variables)} weights, "
            f"{report.count(search.arch_variables)} alphas",
            f"device: {report.device()}",
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
            f"next:        keras-darts train --genotype={folder} "
            f"{data.given(options)} --output_dir={folder}-trained",
        ]
    )
