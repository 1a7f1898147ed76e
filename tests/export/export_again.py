"""Exports again and again, for `test_killed_export.py`.

    export_again.py FOLDER RENAMES

After the first export in each format it kills itself at the so many-th time
that a file or folder is to be given its name.
"""

import os
import pathlib
import signal
import sys

import keras
import numpy as np

from keras_darts import export


def network(value):
    image = keras.Input((4, 4, 1))
    logits = keras.layers.Dense(2)(keras.layers.Flatten()(image))
    model = keras.Model(image, logits)
    model.set_weights([np.zeros((16, 2)), np.full(2, value)])
    return model


def write(folder, value):
    export.saved_model(network(value), folder / "net", warm_up=False)
    export.litert(network(value), folder / "net.tflite")


def main(folder, renames):
    folder, left = pathlib.Path(folder), int(renames)
    write(folder, 0)

    def die(event, arguments):
        nonlocal left
        if event != "os.rename":
            return
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(die)
    write(folder, 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
