"""The short form: a classifier from data and a time, with sizes chosen."""

from keras_darts import surroundings  # noqa: F401
from keras_darts.auto.image import ImageClassifier
from keras_darts.auto.text import TextClassifier

__all__ = ["ImageClassifier", "TextClassifier"]
