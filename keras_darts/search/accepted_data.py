"""What `fit` takes for each kind of search space, told by its type."""

import collections.abc

from keras_darts import datasets

_TAKES = {
    "image": "a data set of (image, label), or an array of images with `y`",
    "text": "a data set of (token ids, label), or an array of token ids with "
    "`y`",
    "language": "a datasets.Corpus, an array of token ids, or a "
    "tf.data.Dataset of consecutive segments",
}
_NO_DATA = (str, bytes, type(None), collections.abc.Iterator)


def check_data(modality, x):
    """Refuses what is no data, or data for another kind of search space.

    Args:
        modality: String, that of the search space.
        x: What the user gave to `fit`.

    Raises:
        TypeError: if it is refused.
    """
    hint = ""
    if isinstance(x, datasets.Corpus):
        if modality == "language":
            return
        hint = "; running text is for the search space 'darts_rnn'"
    elif isinstance(x, datasets.SentenceData | datasets.ImageData):
        hint = {
            "language": "; labelled data are for other search spaces",
        }.get(modality, "; give its part, such as x.train.batch(64)")
    elif isinstance(x, collections.abc.Generator):
        hint = "; wrap a generator in tf.data.Dataset.from_generator"
    elif datasets.is_dataset(x) or not isinstance(x, _NO_DATA):
        return
    raise TypeError(
        f"`x` must be {_TAKES[modality]}{hint}. Received: "
        f"{'x=' + repr(x) if isinstance(x, str | None) else type(x).__name__}"
    )
