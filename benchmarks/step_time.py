"""Time and memory of a step of a search, next to the original code.

python benchmarks/step_time.py --filters=16 --num_cells=8 --batch_size=16
python benchmarks/step_time.py --search=recurrent --original=../darts
python benchmarks/step_time.py --breakdown --step_types=first_order
"""

import step_command

STEP_TYPES = ("weight", "first_order", "second_order", "exact")
SEARCHES = {
    "image": step_command.Case(
        module="keras_darts_step",
        original="original_step",
        original_file="cnn/architect.py",
        sizes={
            "filters": (16, "channels of the first cells"),
            "num_cells": (8, "cells of the supernet"),
            "batch_size": (16, "images in a step, for weights and alphas each"),
            "image_size": (32, "height and width of the images"),
            "num_nodes": (4, "nodes of a cell"),
            "num_primitives": (8, "candidates of an edge, the first of DARTS'"),
        },
        step_types=STEP_TYPES,
        title="{filters} filters, {num_cells} cells of {num_nodes} nodes, "
        "{num_primitives} primitives, batch {batch_size}, images "
        "{image_size}x{image_size}x3",
        alone=("exact",),
        fixed=("num_nodes", "num_primitives"),
        layouts=("channels_first", "channels_last"),
        threads="inter_op",
    ),
    "recurrent": step_command.Case(
        module="keras_darts_recurrent_step",
        original="original_recurrent_step",
        original_file="rnn/architect.py",
        sizes={
            "hidden_size": (300, "units of the embedding and of the cell"),
            "vocabulary_size": (10000, "words"),
            "segment_length": (35, "words of a text in a step"),
            "batch_size": (64, "texts in a step, for weights and alphas each"),
            "num_nodes": (8, "nodes of the cell"),
        },
        step_types=STEP_TYPES,
        title="{hidden_size} units, {num_nodes} nodes, {vocabulary_size:,} "
        "words, segments of {segment_length}, batch {batch_size}",
        alone=("exact",),
        fixed=("num_nodes",),
    ),
}

if __name__ == "__main__":
    step_command.main(__doc__, "search", SEARCHES)
