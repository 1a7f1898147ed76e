"""Checks of the data before training begins."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from keras_darts.datasets.task import infer_from

if TYPE_CHECKING:
    from keras_darts.datasets.split import BilevelSplit
    from keras_darts.datasets.task import Task


def validate_split(
    split: BilevelSplit,
    *,
    check_element: Callable[..., Any] | None = None,
    loss: Any = None,
    num_classes: int | None = None,
    batch_size: int | None = None,
    reductions: int = 2,
) -> Task:
    """Refuses a split on which a search can't work, and says what to learn.

    Args:
        split: What `bilevel_split` returned.
        check_element: Function of the `tf.TensorSpec` of an element and of
            what errors call them, which refuses what a network can't take.
            Defaults to `None`: images, whose sides are halved `reductions`
            times.
        loss: A Keras loss as object, name or function. Defaults to `None`.
        num_classes: Integer, the number of classes. Defaults to `None`, in
            which case the labels tell.
        batch_size: Integer. Defaults to `None`, the one of `split`.
        reductions: Integer, how often the network halves the sides of an
            image. Defaults to `2`.

    Returns:
        The `Task` of the labels of both parts.

    Raises:
        ValueError: If images or labels are of another form than the network
            and the loss need, there is one class only, or a part holds less
            than a batch.

    Example:

    >>> import numpy as np
    >>> from keras_darts.datasets.split import bilevel_split
    >>> images = np.zeros((6, 8, 8, 1), "uint8")
    >>> split = bilevel_split(images, [0, 1, 0, 1, 0, 1], batch_size=2)
    >>> validate_split(split)
    Task(label_type='sparse', num_outputs=2)
    """
    spec, name = split.train.element_spec[0], split.names.x
    if check_element is None:
        check_images(spec, reductions, name)
    else:
        check_element(spec, name)
    _check_same_shapes(split)
    _check_batch_size(split, batch_size or split.batch_size)
    task = infer_from(split.labels, loss, num_classes)
    if task.label_type != "regression":
        _check_classes(split.train_labels, task, split.names.y)
    return task


def check_images(spec: Any, reductions: int = 2, name: str = "`x`") -> None:
    """Refuses elements that are no images or whose sides don't divide."""
    shape, divisor = spec.shape, 2**reductions
    if shape.rank != 3:
        raise ValueError(
            f"{name} must be images of shape (batch, height, width, channels): "
            "add the axis of the channels, as x[..., None], where it is "
            f"missing. Received: elements of shape {shape} in a batch"
        )
    if not (spec.dtype.is_floating or spec.dtype.is_integer):
        raise ValueError(
            f"{name} must be numbers, integer or float. "
            f"Received: images of dtype {spec.dtype.name}"
        )
    height, width, channels = shape
    if channels_first(shape):
        raise ValueError(
            f"{name} must be images of shape (height, width, channels): these "
            "have their channels first; np.moveaxis(x, 1, -1) moves them in "
            f"an array. Received: images of shape {shape}"
        )
    if not channels:
        raise ValueError(
            f"{name} must be images of at least one channel. "
            f"Received: images of shape {shape}"
        )
    if min(height, width) < divisor or height % divisor or width % divisor:
        raise ValueError(
            f"{name} must be images whose height and width can be divided by "
            f"{divisor}, since the network halves them {reductions} times; "
            f"smaller ones are too small. Received: images of shape {shape}"
        )


def channels_first(shape: Sequence[int | None]) -> bool:
    """Whether a shape of an image looks like (channels, height, width).

    Example:

    >>> channels_first((3, 32, 32)), channels_first((32, 32, 3))
    (True, False)
    """
    first, height, width = shape
    few = (1, 3, 4)
    return first in few and width not in few and min(height, width) > first


def check_sentences(spec: Any, reductions: int = 2, name: str = "`x`") -> None:
    """Refuses elements that are no token ids or whose length won't divide."""
    shape, divisor = spec.shape, 2**reductions
    if shape.rank != 1 or not spec.dtype.is_integer:
        raise ValueError(
            f"{name} must be token ids of shape (batch, time), as "
            "datasets.load_text_classification or datasets.TextEncoder gives "
            f"them. Received: elements of shape {shape} and dtype "
            f"{spec.dtype.name}"
        )
    if shape[0] is None or shape[0] < divisor or shape[0] % divisor:
        raise ValueError(
            f"{name} must be sentences padded to one length that can be "
            f"divided by {divisor}, since the network halves it {reductions} "
            f"times. Received: sentences of length {shape[0]}"
        )


def check_not_empty(count: int, name: str = "`x`") -> None:
    if count == 0:
        raise ValueError(
            f"{name} must hold elements. Received: an empty data set"
        )


def check_finite(x: np.ndarray, name: str = "`x`", start: int = 0) -> None:
    if x.dtype.kind in "biuOSU":
        return
    finite = np.isfinite(x)
    if not finite.all():
        bad = np.flatnonzero(~finite.reshape(len(x), -1).all(axis=1))[0]
        raise ValueError(
            f"{name} must be finite. Received: NaN or infinity in element "
            f"{start + bad}"
        )


def check_weights(
    weights: np.ndarray | None, name: str = "`sample_weight`"
) -> None:
    if weights is None:
        return
    if weights.ndim != 1 or weights.dtype.kind not in "iuf":
        raise ValueError(
            f"{name} must be one number an element. Received: shape "
            f"{weights.shape}, dtype {weights.dtype}"
        )
    if not np.isfinite(weights).all() or weights.min() < 0:
        raise ValueError(
            f"{name} must be finite and not negative. Received: "
            f"values from {weights.min()} to {weights.max()}"
        )


def _check_same_shapes(split):
    (x, y), (search_x, search_y) = (
        half.element_spec[:2] for half in (split.train, split.valid)
    )
    names, valid_names = split.names, split.valid_names
    if (x.shape, x.dtype) != (search_x.shape, search_x.dtype):
        raise ValueError(
            f"{valid_names.x} must have elements of the shape and dtype of "
            f"{names.x}. Received: {search_x.shape} of {search_x.dtype.name} "
            f"and {x.shape} of {x.dtype.name}"
        )
    if y.shape != search_y.shape:
        raise ValueError(
            f"{valid_names.y} must be of the shape of {names.y}. "
            f"Received: {search_y.shape} and {y.shape} an element"
        )


def _check_batch_size(split, batch_size):
    smaller = min(split.num_train, split.num_valid)
    if batch_size > smaller:
        of_data = split.batch_size_from == "data"
        source = (
            f"the batches of {split.names.x}" if of_data else "`batch_size`"
        )
        raise ValueError(
            f"{source} must be at most the number of elements in the "
            f"smaller part, {smaller}: the batch is larger than the data. "
            f"Received: batch_size={batch_size}, {split.num_train} elements "
            f"for the weights and {split.num_valid} for the architecture"
        )


def _check_classes(labels, task, name):
    if task.label_type == "multi_label":
        return
    numbers = labels.argmax(axis=1) if task.label_type == "one_hot" else labels
    present = np.unique(numbers)
    if len(present) < 2:
        raise ValueError(
            f"{name} must have two classes or more, since one alone teaches "
            f"nothing. Received: class {int(present[0])} only"
        )
