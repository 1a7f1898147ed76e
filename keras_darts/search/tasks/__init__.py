"""Kinds of data that a search knows: images, texts, language."""

import numbers

from keras_darts.search.tasks.base import Modality
from keras_darts.search.tasks.image_classification import ImageModality
from keras_darts.search.tasks.language_modeling import LanguageModality
from keras_darts.search.tasks.text_classification import TextModality
from keras_darts.utils.errors import unknown_name

_MODALITIES = {
    "image": ImageModality,
    "language": LanguageModality,
    "text": TextModality,
}


def modality_for(search, **sizes):
    """A new `Modality` of the search's space, with what the user gave."""
    name = search.search_space.modality
    if name not in _MODALITIES:
        raise unknown_name("modality", name, _MODALITIES)
    for size in ("num_classes", "vocabulary_size"):
        number = sizes.get(size)
        integral = isinstance(number, numbers.Integral)
        if number is not None and not (integral and number > 0):
            raise ValueError(
                f"`{size}` must be a positive integer. "
                f"Received: {size}={number!r}"
            )
    return _MODALITIES[name](search, **sizes)


__all__ = ["Modality", "modality_for"]
