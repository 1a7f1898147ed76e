"""A running text as the two halves of a bilevel search."""

import dataclasses

import numpy as np
import tensorflow as tf

from keras_darts.datasets import TokenStreams
from keras_darts.datasets import token_streams


@dataclasses.dataclass(frozen=True, eq=False)
class TextHalves:
    """What a language search runs on.

    Args:
        train: `TokenStreams`, for the weights.
        search: `TokenStreams`, for the architecture.
        description: String, a sentence for the log.
        vocabulary: `Vocabulary`, or `None` where only ids are known.
        vocabulary_size: Integer, or `None` where it is not known yet.
    """

    train: TokenStreams
    search: TokenStreams
    description: str
    vocabulary: object = None
    vocabulary_size: int = None

    @property
    def batch_size(self):
        return self.train.batch_size

    @property
    def largest_id(self):
        """The largest token id in both texts."""
        return max(
            int(ids.max())
            for streams in (self.train, self.search)
            for ids in (streams.inputs, streams.targets)
        )


def text_halves(
    text, search_text, share, *, batch_size, default_batch_size, **options
):
    """The halves of one text, or of two.

    Args:
        text: Array of token ids, a data set of consecutive segments, a pair
            of arrays (ids, next ids), or a tuple of two of these, the second
            being `search_text`.
        search_text: The same, or `None`: the last part of `text`.
        share: Float in (0, 1), how much of a single text is searched on.
        batch_size: Integer, the rows of the text, or `None`.
        default_batch_size: Integer, where neither `batch_size` nor a data set
            says it.
        **options: `vocabulary_size` and `steps` of `token_streams`.

    Raises:
        ValueError: if a text is too short, or `share` no share.
    """
    if search_text is None and _is_pair_of_texts(text):
        text, search_text = text
    given = search_text is not None
    if not given:
        text, search_text = _cut(text, share, batch_size, options)
    if _is_line(text):
        batch_size = batch_size or default_batch_size
    train = token_streams(text, batch_size, name="x", **options)
    search = token_streams(
        search_text,
        batch_size or train.batch_size,
        name="validation_data" if given else "x",
        **options,
    )
    return TextHalves(
        train=train,
        search=search,
        description=(
            f"{train.num_tokens} tokens for the weights, {search.num_tokens} "
            f"for the architecture, in {train.batch_size} rows"
        ),
    )


def _is_line(text):
    """Whether a text is one array of ids, yet to be cut into rows."""
    return not isinstance(text, tf.data.Dataset | TokenStreams) and (
        not isinstance(text, tuple) and np.ndim(text) == 1
    )


def _is_pair_of_texts(text):
    return (
        isinstance(text, tuple | list)
        and len(text) == 2
        and all(
            isinstance(part, tf.data.Dataset) or np.ndim(part) == 1
            for part in text
        )
    )


def _cut(text, share, batch_size, options):
    """The first part of a text, and the rest."""
    if not 0 < share < 1:
        raise ValueError(
            "`validation_split` must be a number between 0 and 1. "
            f"Received: validation_split={share!r}"
        )
    if _is_line(text):
        ids = np.asarray(text)
        place = round(len(ids) * (1 - share))
        return ids[:place], ids[place:]
    rows = token_streams(text, batch_size, name="x", **options)
    place = round(rows.length * (1 - share))
    return [
        (rows.inputs[:, part], rows.targets[:, part])
        for part in (slice(place), slice(place, None))
    ]
