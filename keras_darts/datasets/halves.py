"""What `fit` was given, as the two halves of a bilevel search."""

import dataclasses
import functools
import numbers

import numpy as np
import tensorflow as tf

from keras_darts.datasets import elements
from keras_darts.datasets import reading
from keras_darts.datasets.stratification import search_share

_DEFAULT_BATCH_SIZE = 64


@dataclasses.dataclass(frozen=True, eq=False)
class Halves:
    """The two data sets of a bilevel search, which share no element.

    Args:
        train: Unbatched `tf.data.Dataset` for the weights, of (image, label)
            or (image, label, sample weight), always in the same order.
        search: The same for the architecture.
        num_train: Integer, the elements in `train`.
        num_search: Integer, the elements in `search`.
        batch_size: Integer, the user's batch size.
        has_sample_weight: Boolean, whether elements carry a weight.
        description: String, a sentence for the log.
        train_labels: Array of the labels in `train`.
        search_labels: Array of the labels in `search`.

    Example:

    >>> halves = split(np.zeros((4, 8, 8, 1)), [0, 1, 1, 0])
    >>> halves.num_train, sorted(halves.search_labels.tolist())
    (2, [0, 1])
    """

    train: tf.data.Dataset
    search: tf.data.Dataset
    num_train: int
    num_search: int
    batch_size: int
    has_sample_weight: bool
    description: str
    train_labels: np.ndarray = dataclasses.field(repr=False)
    search_labels: np.ndarray = dataclasses.field(repr=False)


def split(
    x,
    y=None,
    *,
    sample_weight=None,
    validation_data=None,
    validation_split=0.5,
    batch_size=None,
    seed=0,
    steps_per_epoch=None,
    memory_limit=reading.MEMORY_LIMIT,
):
    """Makes the halves of a search from what a user has.

    The split is made by element before any shuffle, by a seed, and with the
    same share of every class in both halves where labels are classes. A data
    set whose order changes, or whose length is unknown, is read once and held.

    Args:
        x: Batched `tf.data.Dataset` of (x, y) or (x, y, sample weight); or
            an array; or a tuple of arrays (x, y) or (x, y, sample weight); or
            a pair of data sets, the second taken as `validation_data`.
        y: Array of labels, when `x` is an array. Defaults to `None`.
        sample_weight: Array of one weight an element, when `x` is an array.
            Defaults to `None`.
        validation_data: What the architecture is searched on, in any form of
            `x`. Defaults to `None`, in which case `x` is split.
        validation_split: Float between 0 and 1, the share of `x` that the
            architecture is searched on. Defaults to `0.5`.
        batch_size: Integer. Defaults to `None`: the batch size of the data
            set, or 64 for arrays.
        seed: Integer that decides the split. Defaults to `0`.
        steps_per_epoch: Integer, how many batches to read of a data set that
            never ends or whose length is unknown. Defaults to `None`.
        memory_limit: Integer, the bytes of images that may be held of each
            data set. Defaults to 1 GiB.

    Returns:
        The `Halves`.

    Raises:
        ValueError: If the data are empty, unbatched, without labels, not
            finite, of unequal lengths, endless without `steps_per_epoch`, or
            too large to be held when they must be.
        TypeError: If `x` is none of the above.

    Example:

    >>> images = np.zeros((10, 8, 8, 1), "uint8")
    >>> halves = split(images, np.arange(10) % 2, validation_split=0.4)
    >>> halves.description
    '10 elements split by class: 6 for the weights, 4 for the architecture'
    """
    _check_share(validation_split)
    _check_integer("batch_size", batch_size)
    _check_integer("steps_per_epoch", steps_per_epoch)
    _check_integer("seed", seed, lowest=0)
    x, validation_data = _pair(x, validation_data)
    read = functools.partial(
        reading.from_dataset,
        steps_per_epoch=steps_per_epoch,
        memory_limit=memory_limit,
    )
    whole = _elements(x, y, sample_weight, read)
    size = batch_size or whole.batch_size or _DEFAULT_BATCH_SIZE
    if validation_data is not None:
        other = _elements(validation_data, None, None, read)
        return _given(whole, other, size)
    return _split(whole, validation_split, seed, size)


def _check_share(share):
    if not isinstance(share, numbers.Real) or not 0 < share < 1:
        raise ValueError(
            "`validation_split` must be a number between 0 and 1. "
            f"Received: validation_split={share!r}"
        )


def _check_integer(name, value, lowest=1):
    if value is None:
        return
    if not isinstance(value, numbers.Integral) or value < lowest:
        raise ValueError(
            f"`{name}` must be an integer of at least {lowest}. "
            f"Received: {name}={value!r}"
        )


def _pair(x, validation_data):
    """A tuple of two data sets is training and search data."""
    datasets = isinstance(x, tuple) and [
        part for part in x if isinstance(part, tf.data.Dataset)
    ]
    if not datasets:
        return x, validation_data
    if len(x) != 2 or len(datasets) != 2 or validation_data is not None:
        raise ValueError(
            "`x` as a tuple of data sets must be the pair (training data, "
            "search data), without `validation_data`. Received: a tuple of "
            f"{len(x)}, validation_data={validation_data}"
        )
    return x


def _elements(x, y, sample_weight, read):
    if isinstance(x, tf.data.Dataset):
        if y is not None or sample_weight is not None:
            raise ValueError(
                "`y` and `sample_weight` must be left out when `x` is a data "
                "set, which gives them itself. Received: "
                f"{'y' if y is not None else 'sample_weight'}"
            )
        return read(x)
    if isinstance(x, tuple) and y is None and len(x) in (2, 3):
        return elements.from_arrays(*x)
    return elements.from_arrays(x, y, sample_weight)


def _search_mask(whole, share, seed):
    if whole.groups is None:
        mask, stratified = search_share(whole.labels, share, seed)
    else:
        # All copies of an element go where the first of them goes.
        _, firsts = np.unique(whole.groups, return_index=True)
        mask, stratified = search_share(whole.labels[firsts], share, seed)
        mask = mask[whole.groups]
    if mask.all() or not mask.any():
        raise ValueError(
            "`x` must hold enough elements for both halves. Received: "
            f"{len(mask)} elements with validation_split={share}"
        )
    return mask, stratified


def _split(whole, share, seed, batch_size):
    mask, stratified = _search_mask(whole, share, seed)
    train, search = whole.where(~mask), whole.where(mask)
    halves = Halves(
        train=train,
        search=search,
        num_train=int((~mask).sum()),
        num_search=int(mask.sum()),
        batch_size=batch_size,
        has_sample_weight=len(train.element_spec) == 3,
        description="",
        train_labels=whole.labels[~mask],
        search_labels=whole.labels[mask],
    )
    how = " by class" if stratified else ""
    return _described(halves, f"{len(whole)} elements split{how}", whole.notes)


def _given(whole, other, batch_size):
    """Halves that the user has made."""
    train = whole.where(np.ones(len(whole), bool))
    search = other.where(np.ones(len(other), bool))
    weighted = 3 in (len(train.element_spec), len(search.element_spec))
    halves = Halves(
        train=_weighted(train) if weighted else train,
        search=_weighted(search) if weighted else search,
        num_train=len(whole),
        num_search=len(other),
        batch_size=batch_size,
        has_sample_weight=weighted,
        description="",
        train_labels=whole.labels,
        search_labels=other.labels,
    )
    notes = dict.fromkeys((*whole.notes, *other.notes))
    return _described(halves, "two data sets as given", notes)


def _weighted(dataset):
    return dataset.map(
        lambda x, y, weight=1.0: (x, y, tf.cast(weight, "float32"))
    )


def _described(halves, how, notes):
    text = (
        f"{how}: {halves.num_train} for the weights, {halves.num_search} for "
        "the architecture"
    )
    text = "; ".join((text, *notes))
    return dataclasses.replace(halves, description=text)
