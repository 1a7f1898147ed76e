"""A search that won't fit into memory says so before it starts."""

import math
import typing
import warnings

import tensorflow as tf

from keras_darts.search.available_memory import memory_limit
from keras_darts.search.memory import predicted_peak
from keras_darts.search.memory import settings_of

_PARTIAL = 4


class Proposal(typing.NamedTuple):
    """A change of arguments, in words, and the bytes that it leads to."""

    change: str
    peak: int


def foretold(search, batch_size):
    """The predicted peak in bytes, or `None` for a recurrent search."""
    if search.search_space.modality == "language":
        return None
    return predicted_peak(search.search_space, settings_of(search, batch_size))


def proposals(search, batch_size):
    """What would take less memory, the least first.

    Args:
        search: `DartsSearch` on images or sentences, built.
        batch_size: Integer.

    Returns:
        List of `Proposal`s.
    """
    settings, space = settings_of(search, batch_size), search.search_space
    changes = {}
    for size in (batch_size // 2, batch_size // 4):
        if size:
            part = math.ceil(size / search.accumulation_steps)
            changes[f"batch_size={size}"] = {"batch_size": part}
    if not settings.rematerialize:
        changes["rematerialize=True"] = {"rematerialize": True}
    if settings.partial == 1 and space.filters % _PARTIAL == 0:
        changes['strategy="pc_darts"'] = {"partial": _PARTIAL, "drawn": False}
    found = [
        Proposal(words, predicted_peak(space, settings._replace(**change)))
        for words, change in changes.items()
    ]
    now = predicted_peak(space, settings)
    return sorted(
        (p for p in found if p.peak < now), key=lambda proposal: proposal.peak
    )


def check_memory(search, batch_size):
    """Warns of a search that is foretold to need more memory than there is.

    On a GPU, whose memory says itself when it is full, nothing is checked.

    Warns:
        RuntimeWarning: with what would need less.
    """
    if tf.config.list_physical_devices("GPU"):
        return
    peak, limit = foretold(search, batch_size), memory_limit()
    if peak is None or limit is None or peak <= limit:
        return
    less = [
        f"{in_gigabytes(found.peak)} with {found.change}"
        for found in proposals(search, batch_size)
    ]
    warnings.warn(
        f"The search is foretold to need {in_gigabytes(peak)} of memory with "
        f"batch_size={batch_size}, and may have {in_gigabytes(limit)}: the "
        "system may end it without a word. It would need "
        f"{', '.join(less) or 'less with fewer filters or cells'}.",
        RuntimeWarning,
        stacklevel=2,
    )


def in_gigabytes(count):
    """A number of bytes in the words of a person.

    Example:

    >>> in_gigabytes(6_670_000_000)
    '6.7 GB'
    """
    # Rounded up: too little would mislead.
    return f"{math.ceil(count / 1e8) / 10:.1f} GB"
