"""Time and memory of a derived network's training and prediction.

python benchmarks/derived_step_time.py --original=../darts
python benchmarks/derived_step_time.py --network=language --breakdown
"""

import step_command

STEP_TYPES = ("training", "prediction")
NETWORKS = {
    "image": step_command.Case(
        module="keras_darts_derived_step",
        original="original_derived_step",
        original_file="cnn/model.py",
        sizes={
            "filters": (16, "channels of a node in the first cells"),
            "num_cells": (8, "cells of the network"),
            "batch_size": (32, "images in a step"),
            "image_size": (32, "height and width of the images"),
        },
        step_types=STEP_TYPES,
        title="`CifarNetwork`, darts_v2, {filters} filters, {num_cells} cells, "
        "batch {batch_size}, images {image_size}x{image_size}x3",
        items="images",
        layouts=("channels_first", "channels_last"),
    ),
    "language": step_command.Case(
        module="keras_darts_derived_step",
        original="original_derived_step",
        original_file="rnn/model.py",
        sizes={
            "hidden_size": (300, "units of the embedding and of the cell"),
            "vocabulary_size": (10000, "words"),
            "segment_length": (35, "words of a text in a step"),
            "batch_size": (64, "texts in a step"),
        },
        step_types=STEP_TYPES,
        title="`RecurrentLanguageModel`, rnn_darts_v2, {hidden_size} units, "
        "{vocabulary_size:,} words, segments of {segment_length}, batch "
        "{batch_size}",
        items="words",
    ),
}

if __name__ == "__main__":
    step_command.main(__doc__, "network", NETWORKS)
