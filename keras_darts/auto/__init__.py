"""The short form: a classifier from data and a time, with sizes chosen."""

from keras_darts.auto.image import ImageClassifier
from keras_darts.auto.text import TextClassifier
from keras_darts.utils import surroundings  # noqa: F401

__all__ = ["ImageClassifier", "TextClassifier"]
