"""Splits the data of `fit` into the two parts of a bilevel search."""

from __future__ import annotations

import dataclasses
import functools
import numbers
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import tensorflow as tf

from keras_darts.datasets import reading
from keras_darts.datasets.elements import Names
from keras_darts.datasets.elements import search_share
from keras_darts.datasets.examples import class_weights
from keras_darts.datasets.examples import is_dataset
from keras_darts.datasets.examples import read_examples
from keras_darts.datasets.task import infer_from
from keras_darts.utils.errors import integer
from keras_darts.utils.errors import positive_integer
from keras_darts.utils.typing import ArrayLike
from keras_darts.utils.typing import Dataset

if TYPE_CHECKING:
    from keras_darts.datasets.elements import Elements


_DEFAULT_BATCH_SIZE = 64


@dataclasses.dataclass(frozen=True, eq=False)
class BilevelSplit:
    """The two data sets of a bilevel search, which share no element.

    Args:
        train: Unbatched `tf.data.Dataset` for the weights, of (image, label)
            or (image, label, sample weight), always in the same order.
        valid: The same for the architecture.
        num_train: Integer, the elements in `train`.
        num_valid: Integer, the elements in `valid`.
        batch_size: Integer, the user's batch size.
        has_sample_weight: Boolean, whether elements carry a weight.
        description: String, a sentence for the log.
        train_labels: Array of the labels in `train`.
        valid_labels: Array of the labels in `valid`.
        names: `Names`, what errors call the data for the weights.
        valid_names: The same for the architecture.
        batch_size_from: String, where the batch size comes from:
            `"batch_size"` (the argument), `"data"` (a batched data set) or
            `"default"`.

    Example:

    >>> split = bilevel_split(np.zeros((4, 8, 8, 1)), [0, 1, 1, 0])
    >>> split.num_train, sorted(split.valid_labels.tolist())
    (2, [0, 1])
    """

    train: Dataset
    valid: Dataset
    num_train: int
    num_valid: int
    batch_size: int
    has_sample_weight: bool
    description: str
    train_labels: np.ndarray = dataclasses.field(repr=False)
    valid_labels: np.ndarray = dataclasses.field(repr=False)
    names: Names = Names()
    valid_names: Names = Names()
    batch_size_from: str = "batch_size"

    @property
    def labels(self) -> dict[str, np.ndarray]:
        """Dictionary from what errors call the labels to all labels."""
        parts = {self.names.y: self.train_labels}
        known = parts.get(self.valid_names.y, self.valid_labels[:0])
        parts[self.valid_names.y] = np.concatenate([known, self.valid_labels])
        return parts


def bilevel_split(
    x: Any,
    y: ArrayLike | None = None,
    *,
    sample_weight: ArrayLike | None = None,
    validation_data: Any = None,
    validation_split: float = 0.5,
    batch_size: int | None = None,
    default_batch_size: int = _DEFAULT_BATCH_SIZE,
    seed: int = 0,
    steps_per_epoch: int | None = None,
    memory_limit: int = reading.MEMORY_LIMIT,
    class_weight: Mapping[int, float] | None = None,
    loss: Any = None,
    num_classes: int | None = None,
    rank: int | None = None,
) -> BilevelSplit:
    """Makes the split of a search from what a user has.

    The split is made by element before any shuffle, by a seed, and with the
    same share of every class in both parts where labels are classes. A data
    set whose order changes, or whose length is unknown, is read once and held.

    Args:
        x: Labelled data in any form that `read_examples` takes; or a pair of
            data sets, the second taken as `validation_data`.
        y: Array of labels, when `x` is an array. Defaults to `None`.
        sample_weight: Array of one weight an element, when `x` is an array.
            Defaults to `None`.
        validation_data: What the architecture is searched on, in any form of
            `x`. Defaults to `None`, in which case `x` is split.
        validation_split: Float between 0 and 1, the share of `x` that the
            architecture is searched on. Defaults to `0.5`.
        batch_size: Integer. Defaults to `None`: the batch size of the data
            set, or `default_batch_size` for what has none.
        default_batch_size: Integer, which is made smaller where a part holds
            less than that. Defaults to `64`.
        seed: Integer that decides the split. Defaults to `0`.
        steps_per_epoch: Integer, how many batches to read of a data set that
            never ends or whose length is unknown. Defaults to `None`.
        memory_limit: Integer, the bytes of images that may be held of each
            data set. Defaults to 1 GiB.
        class_weight: Dictionary from class numbers to weights, as in Keras,
            for both parts. Defaults to `None`.
        loss: A Keras loss, which may say that labels are no classes. Defaults
            to `None`: as the labels tell.
        num_classes: Integer, the number of classes for `class_weight`, where
            the labels need not show all. Defaults to `None`.
        rank: Integer, the axes of an element, as in `read_examples`. Defaults
            to `None`.

    Returns:
        The `BilevelSplit`.

    Raises:
        ValueError: If the data are empty, without labels, not finite, of
            unequal lengths, endless without `steps_per_epoch`, or too large to
            be held when they must be.
        TypeError: If `x` is none of the above.

    Example:

    >>> images = np.zeros((10, 8, 8, 1), "uint8")
    >>> labels = np.arange(10) % 2
    >>> options = {"validation_split": 0.4, "batch_size": 2}
    >>> split = bilevel_split(images, labels, **options)
    >>> split.description
    '10 elements split by class: 6 for the weights, 4 for the architecture'
    """
    _check_share(validation_split)
    counts = {"batch_size": batch_size, "steps_per_epoch": steps_per_epoch}
    for name, count in counts.items():
        if count is not None:
            positive_integer(name, count)
    integer("seed", seed, least=0)
    x, validation_data = _pair(x, validation_data)
    read = functools.partial(
        read_examples,
        rank=rank,
        batch_size=batch_size or default_batch_size,
        steps_per_epoch=steps_per_epoch,
        memory_limit=memory_limit,
    )
    parts = [read(x, y, sample_weight)]
    if validation_data is not None:
        parts.append(read(validation_data, argument="validation_data"))
    if class_weight is not None:
        parts = _class_weighted(parts, class_weight, loss, num_classes)
    if validation_data is None:
        split = _split(*parts, validation_split, seed, loss)
    else:
        split = _given(*parts)
    return _batched(split, batch_size, parts[0].batch_size, default_batch_size)


def _check_share(share):
    if not isinstance(share, numbers.Real) or not 0 < share < 1:
        raise ValueError(
            "`validation_split` must be a number between 0 and 1. "
            f"Received: validation_split={share!r}"
        )


def _pair(x, validation_data):
    """A tuple or list of two data sets is training and search data."""
    several = isinstance(x, tuple | list)
    are_datasets = [is_dataset(part) for part in x] if several else []
    if not any(are_datasets):
        return x, validation_data
    if are_datasets != [True, True] or validation_data is not None:
        raise ValueError(
            "`x` as a tuple of data sets must be the pair (training data, "
            "search data), without `validation_data`. Received: a tuple of "
            f"{len(x)}, validation_data={type(validation_data).__name__}"
        )
    return x


def _class_weighted(parts, class_weight, loss, num_classes):
    labels = {part.names.y: part.labels for part in parts}
    task = infer_from(labels, loss, num_classes)
    return [
        part.weighted(
            class_weights(
                part.labels, class_weight, task=task, name=part.names.y
            )
        )
        for part in parts
    ]


def _batched(split, chosen, own, default):
    """The split with the batch size that holds for them."""
    if chosen or own:
        source = "batch_size" if chosen else "data"
        return dataclasses.replace(
            split, batch_size=chosen or own, batch_size_from=source
        )
    size = min(default, split.num_train, split.num_valid)
    description = split.description
    if size < default:
        description += f"; in batches of {size}, as the smaller part has"
    return dataclasses.replace(
        split,
        batch_size=size,
        batch_size_from="default",
        description=description,
    )


def search_mask(
    whole: Elements, share: float, seed: int, loss: Any = None
) -> tuple[np.ndarray, bool]:
    """Which elements the search part has, and whether that is by class."""
    if whole.groups is None:
        mask, stratified = search_share(whole.labels, share, seed, loss)
    else:
        # All copies of an element go where the first of them goes.
        _, firsts = np.unique(whole.groups, return_index=True)
        labels = whole.labels[firsts]
        mask, stratified = search_share(labels, share, seed, loss)
        mask = mask[whole.groups]
    if mask.all() or not mask.any():
        raise ValueError(
            f"{whole.names.x} must hold enough elements for both parts. "
            f"Received: {len(mask)} elements with validation_split={share}"
        )
    return mask, stratified


def _split(whole, share, seed, loss):
    mask, stratified = search_mask(whole, share, seed, loss)
    train, valid = whole.where(~mask), whole.where(mask)
    split = BilevelSplit(
        train=train,
        valid=valid,
        num_train=int((~mask).sum()),
        num_valid=int(mask.sum()),
        batch_size=1,
        has_sample_weight=whole.has_sample_weight,
        description="",
        train_labels=whole.labels[~mask],
        valid_labels=whole.labels[mask],
        names=whole.names,
        valid_names=whole.names,
    )
    how = " by class" if stratified else ""
    return _described(split, f"{len(whole)} elements split{how}", whole.notes)


def _given(whole, other):
    """A split that the user has made."""
    train = whole.where(np.ones(len(whole), bool))
    valid = other.where(np.ones(len(other), bool))
    weighted = whole.has_sample_weight or other.has_sample_weight
    split = BilevelSplit(
        train=_weighted(train) if weighted else train,
        valid=_weighted(valid) if weighted else valid,
        num_train=len(whole),
        num_valid=len(other),
        batch_size=1,
        has_sample_weight=weighted,
        description="",
        train_labels=whole.labels,
        valid_labels=other.labels,
        names=whole.names,
        valid_names=other.names,
    )
    notes = dict.fromkeys((*whole.notes, *other.notes))
    return _described(split, "two data sets as given", notes)


def _weighted(dataset):
    return dataset.map(
        lambda x, y, weight=1.0: (x, y, tf.cast(weight, "float32"))
    )


def _described(split, how, notes):
    text = (
        f"{how}: {split.num_train} for the weights, {split.num_valid} for "
        "the architecture"
    )
    text = "; ".join((text, *notes))
    return dataclasses.replace(split, description=text)
