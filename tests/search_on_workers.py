"""Searches as one of some number of workers, for `test_workers.py`.

A process of its own for each worker, which finds the others by `TF_CONFIG`.
Writes what the searches were like as JSON; several workers then continue until
one of them is killed.
"""

import ctypes
import dataclasses
import json
import pathlib
import signal
import sys

import keras
import numpy as np
import search_on_replicas as small
import tensorflow as tf
from recorded_steps import Recorder

import keras_darts as kd
from keras_darts.distributed.multi_worker import connect_workers
from keras_darts.distributed.multi_worker import workers_of
from keras_darts.runs import shutdown_timeout
from keras_darts.runs.monitor import Terminated


def main(workers, path, *names):
    devices = tf.distribute.get_strategy()
    if workers != "1":
        devices = connect_workers(minutes=5)
    path = pathlib.Path(path)
    with devices.scope():
        results = {name: SEARCHES[name](path.parent) for name in names}
        path.write_text(json.dumps(results))
        if workers != "1":
            endless(path.parent)


def on_images(strategy, eager=True, epochs=2, callbacks=(), **options):
    """Nine images to judge on: the last batch is too small for two workers."""
    space = kd.search_spaces.darts_cnn(
        2, 2, num_nodes=1, primitives=("none", "skip_connect", "dil_conv_3x3")
    )
    space = dataclasses.replace(space, normalization=None)
    search = small.make_search(space, strategy, eager, weight_decay=0.1)
    recorder = Recorder()
    history = search.fit(
        np.random.default_rng(0).normal(size=(25, 8, 8, 1)).astype("float32"),
        np.arange(25) % 2,
        batch_size=4,
        validation_split=0.36,
        epochs=epochs,
        steps_per_epoch=2,
        verbose=0,
        callbacks=[recorder, *callbacks],
        **options,
    )
    return {"moved": recorder.values, "history": history.history}


def written(folder):
    return on_images("darts_second_order", output_dir=folder / "written")


class Send(keras.callbacks.Callback):
    """A signal to the last worker, in the first step of the second epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        self.due = epoch == 1

    def on_train_batch_begin(self, batch, logs=None):
        workers = workers_of(self.model)
        if self.due and workers.index == workers.count - 1:
            signal.raise_signal(signal.SIGTERM)
        self.due = False


def cut(folder):
    """What `written` does, with a stop in between."""
    options = {"output_dir": folder / "cut", "checkpoint_minutes": 0}
    try:
        on_images("darts_second_order", callbacks=[Send()], **options)
    except Terminated as error:
        output = str(error)
    result = on_images("darts_second_order", **options)
    return {**result, "said": output.replace(str(folder), "")}


def endless(folder):
    """Until the process or another worker is killed.

    The end hangs where no Python runs any more, as TensorFlow's does now and
    then.
    """
    shutdown_timeout.SECONDS = 5
    libc = ctypes.CDLL(None)
    libc.__cxa_atexit(libc.pause, None, None)
    return on_images("darts", epochs=10000, output_dir=folder / "endless")


SEARCHES = {
    "drawn": lambda folder: on_images("gdas"),
    "second order": written,
    "cut": cut,
    "traced": lambda folder: on_images("darts", eager=False),
    "text": lambda folder: {"moved": small.on_text("darts", eager=True)},
}


if __name__ == "__main__":
    main(*sys.argv[1:])
