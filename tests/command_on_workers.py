"""`keras-darts search --workers=2` in a tiny space, for `test_workers.py`.

The launcher, and each worker: the launcher starts them by `run`, which stands
in for the interpreter, since an installed command doesn't know the space.
"""

import os
import sys

import keras_darts as kd
from keras_darts.cli import workers
from keras_darts.cli.main import program
from keras_darts.runs import shutdown_timeout


@kd.register_search_space("tiny")
def tiny():
    return kd.search_spaces.darts_cnn(
        2, 1, num_nodes=1, primitives=("skip_connect", "max_pool_3x3")
    )


if __name__ == "__main__":
    arguments = sys.argv[1:]
    shutdown_timeout.SECONDS = 10
    if "TF_CONFIG" not in os.environ:
        folder, *arguments = arguments
        sys.executable = os.path.join(folder, "run")
        # A worker that hangs is not waited for.
        workers._GRACE = 2
    program(arguments)
