"""What tests leave out that are about something else.

Graphs, pictures, and the tuning of pipelines.
"""

import contextlib
from unittest import mock

import keras
import tensorflow as tf

from keras_darts.callbacks.tensorboard import ArchitectureTensorBoard
from keras_darts.networks import LanguageModel
from keras_darts.search_spaces import RecurrentSpace
from keras_darts.utils.tf_config import untuned

_DRAW = ArchitectureTensorBoard.draw


@contextlib.contextmanager
def without_pictures():
    """TensorBoard gets no picture of each epoch, which takes longer than it."""
    no_picture = lambda self, epoch: None  # noqa: E731
    with mock.patch.object(ArchitectureTensorBoard, "draw", no_picture):
        yield


@contextlib.contextmanager
def with_pictures():
    """Inside the other one, it gets them nevertheless."""
    with mock.patch.object(ArchitectureTensorBoard, "draw", _DRAW):
        yield


@contextlib.contextmanager
def without_tuned_pipelines():
    """Those of Keras and of tests end at once too, as the package's do."""
    begin = tf.data.Dataset.__iter__
    always = lambda self: begin(untuned(self))  # noqa: E731
    with mock.patch.object(tf.data.Dataset, "__iter__", always):
        yield


def has_no_loop(model):
    """Loops over the tokens of a text take longer without a graph."""
    space = getattr(model, "search_space", None)
    loops = isinstance(space, RecurrentSpace)
    return not (loops or isinstance(model, LanguageModel))


@contextlib.contextmanager
def without_graphs(where=lambda model: True):
    """Models run as Python does, whatever they are compiled with.

    Args:
        where: Function of a model, whether it does. Defaults to all.
    """
    always = property(where, lambda self, value: None)
    with mock.patch.object(keras.Model, "run_eagerly", always):
        yield
