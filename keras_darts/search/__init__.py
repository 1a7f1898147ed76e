"""The search itself: a Keras model, its steps and its run on disk."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.search.darts_search import DartsSearch

__all__ = ["DartsSearch"]
