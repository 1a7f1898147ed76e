"""The short form: a classifier from data and a time, with sizes chosen."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.auto.image import ImageClassifier
from keras_darts.auto.text import TextClassifier

__all__ = ["ImageClassifier", "TextClassifier"]
