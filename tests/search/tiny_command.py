"""The command `search` on a space that is traced in seconds.

A process of its own for `test_signals.py`, which ends it by signals.
"""

import sys

import keras_darts as kd
from keras_darts.cli.main import main


@kd.register_search_space("tiny")
def tiny():
    return kd.search_spaces.darts_cnn(
        2, 2, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
    )


if __name__ == "__main__":
    flags = ["--search_space=tiny", "--dataset=digits", "--batch_size=256"]
    sys.exit(main(["search", *flags, *sys.argv[1:]]))
