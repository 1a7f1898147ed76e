"""A search that won't fit into memory says so before it starts."""

import math
import typing
import warnings

import tensorflow as tf

from keras_darts.devices import check_batch_size
from keras_darts.search.available_memory import memory_limit
from keras_darts.search.memory import predicted_peak
from keras_darts.search.memory import settings_of
from keras_darts.search.micro_batches import check_accumulation

_PARTIAL = 4
# Bytes of a number, and the policy that has such.
_HALF, _MIXED = 2, "mixed_bfloat16"


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
    """What would take less memory, what changes the search least first.

    Computing cells again gives the same numbers; a batch in parts is
    normalised part by part; half precision rounds; a smaller batch has other
    gradients; and partial channels are another method.

    Args:
        search: `DartsSearch` on images or sentences, built.
        batch_size: Integer.

    Returns:
        List of `Proposal`s, each a change of its own.
    """
    settings, space = settings_of(search, batch_size), search.search_space
    now = predicted_peak(space, settings)
    found = [
        Proposal(words, predicted_peak(space, settings._replace(**change)))
        for words, change in _changes(search, settings, batch_size)
    ]
    return [proposal for proposal in found if proposal.peak < now]


def _changes(search, settings, batch_size):
    """In words, and as fields of `Settings`."""
    if not settings.rematerialize:
        yield "rematerialize=True", {"rematerialize": True}
    parts = search.accumulation_steps
    for steps in (2 * parts, 4 * parts):
        if _is_accepted(search, batch_size, steps):
            part = math.ceil(batch_size / steps)
            yield f"accumulation_steps={steps}", {"batch_size": part}
    if settings.bytes_per_number > _HALF:
        yield f'dtype="{_MIXED}"', {"bytes_per_number": _HALF}
    for size in (batch_size // 2, batch_size // 4):
        if size and _is_accepted(search, size, parts):
            part = math.ceil(size / parts)
            yield f"batch_size={size}", {"batch_size": part}
    if settings.partial == 1 and search.search_space.filters % _PARTIAL == 0:
        partial = {"partial": _PARTIAL, "drawn": False, "exact": False}
        yield 'strategy="pc_darts"', partial


def _is_accepted(search, batch_size, steps):
    """Whether `fit` would take them."""
    try:
        check_batch_size(batch_size, search.distribute_strategy)
        check_accumulation(search, batch_size, steps)
    except ValueError:
        return False
    return True


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
