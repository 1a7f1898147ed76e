"""What tests leave out that are about something else: graphs and pictures."""

import contextlib
from unittest import mock

import keras

from keras_darts.callbacks import tensorboard


@contextlib.contextmanager
def without_pictures():
    """TensorBoard gets no picture of each epoch, which takes longer than it."""
    board = tensorboard.ArchitectureTensorBoard
    with mock.patch.object(board, "draw", lambda self, epoch: None):
        yield


@contextlib.contextmanager
def without_graphs(where=lambda model: True):
    """Models run as Python does, whatever they are compiled with.

    Args:
        where: Function of a model, whether it does. Defaults to all.
    """
    always = property(where, lambda self, value: None)
    with mock.patch.object(keras.Model, "run_eagerly", always):
        yield
