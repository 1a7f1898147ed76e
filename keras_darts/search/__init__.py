"""The search itself: a Keras model, its steps and its run on disk."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.export.specification import describe
from keras_darts.search.darts_search import DartsSearch

__all__ = ["DartsSearch"]


@describe.register(DartsSearch)
def _no_export(network, **arguments):
    raise TypeError(
        "`network` must have an architecture of its own: "
        "`search.derived_network()` returns it, to be trained and exported. "
        f"Received: network of type {type(network).__name__}"
    )
