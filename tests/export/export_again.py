"""Exports one version after the other, for `test_killed_export.py`.

    export_again.py FOLDER KIND EVENT

Without an EVENT it goes on until it is killed; with one it kills itself after
the first export, at the first such event of the file system.
"""

import os
import signal
import sys

import keras
import numpy as np

from keras_darts import export


def network(value):
    image = keras.Input((8, 8, 1))
    dense = keras.layers.Dense(400, kernel_initializer="ones")
    logits = keras.layers.Dense(2)(dense(keras.layers.Flatten()(image)))
    model = keras.Model(image, logits)
    model.layers[-1].bias.assign(np.full(2, value))
    return model


def write(folder, kind, value):
    if kind == "saved_model":
        export.saved_model(network(value), folder / "net", warm_up=False)
    else:
        export.litert(network(value), folder / "net.tflite")


def main(folder, kind, event=None):
    import pathlib

    folder = pathlib.Path(folder)
    write(folder, kind, 0)
    print("written", flush=True)
    if event is not None:

        def die(name, arguments):
            if name == event:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(die)
    for value in range(1, 1000):
        write(folder, kind, value)


if __name__ == "__main__":
    main(*sys.argv[1:])
