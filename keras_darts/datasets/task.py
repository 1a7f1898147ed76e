"""Infers what is to be learned from the labels and the loss."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from keras_darts.utils.typing import ArrayLike

_SPARSE = ("sparsecategoricalcrossentropy",)
_ONE_HOT = (
    "categoricalcrossentropy",
    "categoricalfocalcrossentropy",
    "kld",
    "kldivergence",
)
_MULTI_LABEL = ("bce", "binarycrossentropy", "binaryfocalcrossentropy")
_REGRESSION = (
    "huber",
    "logcosh",
    "mae",
    "mape",
    "meanabsoluteerror",
    "meanabsolutepercentageerror",
    "meansquarederror",
    "meansquaredlogarithmicerror",
    "mse",
    "msle",
)
_LABEL_TYPES = {
    **dict.fromkeys(_SPARSE, "sparse"),
    **dict.fromkeys(_ONE_HOT, "one_hot"),
    **dict.fromkeys(_MULTI_LABEL, "multi_label"),
    **dict.fromkeys(_REGRESSION, "regression"),
}


# Outputs that no element has: more of them are a mistake, not a rare class.
_MANY_OUTPUTS = 1000
_GAP_RATIO = 10
# As far as the sum of a row's shares may be from one.
_ROUNDING = 1e-3
_ENCODE = (
    "number the classes from 0, as by classes, y = np.unique(y, "
    "return_inverse=True)"
)
_REGRESSION_REMEDY = "a loss such as 'mse' makes them targets of a regression"


@dataclasses.dataclass(frozen=True)
class Task:
    """What the network's head must give.

    Args:
        label_type: String, one of `"sparse"` (class numbers), `"one_hot"` (rows
            of shares of classes), `"multi_label"` (any number of classes an
            element, sigmoid), `"regression"` and `"next_token"` (running text).
        num_outputs: Integer, the width of the head.
        description: String, what the labels were taken for and why, for the
            log. Defaults to `""`. It has no part in comparisons.

    Example:

    >>> infer_task([0, 1, 2], loss="mse")
    Task(label_type='regression', num_outputs=1)
    """

    label_type: str
    num_outputs: int
    description: str = dataclasses.field(default="", compare=False, repr=False)

    @property
    def kind(self) -> str:
        """The `label_type`, for scripts that ask for it by this name."""
        return self.label_type


def infer_task(
    labels: ArrayLike,
    loss: Any = None,
    num_classes: int | None = None,
    *,
    name: str = "`y`",
) -> Task:
    """The task that labels and loss describe, with the labels checked.

    The loss decides, when one is given that is known. Otherwise whole numbers
    are classes, as integers, booleans or floats; rows that sum to one are
    classes too, one-hot or in shares (smoothed or mixed-up labels); other rows
    of zeros and ones are multi-label; other numbers are targets of a
    regression.

    Args:
        labels: Array of all labels, `(elements,)` or `(elements, outputs)`.
        loss: A Keras loss as object, name or function. Defaults to `None`.
        num_classes: Integer, the number of classes when the labels need not
            show all of them. Defaults to `None`, the largest label and one.
        name: String, what errors call the labels. Defaults to ``"`y`"``.

    Returns:
        A `Task`.

    Raises:
        ValueError: If the labels don't fit the task: not finite, negative, of
            `num_classes` or more, no whole numbers, rows that are not one-hot,
            or few numbers with so large gaps between them that most outputs
            would have no element.

    Example:

    >>> infer_task([2.0, 0.0, 1.0])
    Task(label_type='sparse', num_outputs=3)
    >>> infer_task([[0.9, 0.1], [0.5, 0.5]])
    Task(label_type='one_hot', num_outputs=2)
    >>> infer_task([[0, 1], [1, 1]])
    Task(label_type='multi_label', num_outputs=2)
    >>> infer_task([0.5, 1.25]).description
    'labels: a target of a regression (numbers that are not whole)'
    """
    return infer_from({name: labels}, loss, num_classes)


def infer_from(
    parts: Mapping[str, ArrayLike],
    loss: Any = None,
    num_classes: int | None = None,
) -> Task:
    """`infer_task` of labels that came in several arguments.

    Args:
        parts: Dictionary from what errors call the labels to the labels.
        loss: As in `infer_task`.
        num_classes: As in `infer_task`.
    """
    parts = {name: np.asarray(labels) for name, labels in parts.items()}
    for name, labels in parts.items():
        _check_numbers(labels, name)
    _check_widths(parts)
    name, first = next(iter(parts.items()))
    labels = np.concatenate([*parts.values()])
    by_loss = label_type_of_loss(loss)
    label_type = by_loss or _label_type_of(labels)
    if label_type is None:
        raise ValueError(
            f"{name} of several whole numbers an element must hold zeros and "
            "ones (one-hot or multi-label), or `loss` must say what they are. "
            f"Received: labels from {labels.min()} to {labels.max()}"
        )
    for name, part in parts.items():
        _CHECKS[label_type](part, num_classes, name)
    width = 1 if first.ndim == 1 else first.shape[1]
    if label_type == "sparse":
        width = int(labels.max()) + 1 if num_classes is None else num_classes
        _check_gaps(labels, width, num_classes, [*parts][0])
    words = _DESCRIPTIONS[label_type](labels, width, by_loss is not None)
    return Task(label_type, width, f"labels: {words}")


def label_type_of_loss(loss: Any) -> str | None:
    """The `label_type` that a Keras loss is for, `None` where unknown.

    Args:
        loss: A Keras loss as object, name, function or config, or one alone
            in a list or dictionary.

    Example:

    >>> label_type_of_loss("mse"), label_type_of_loss(None)
    ('regression', None)
    """
    return _LABEL_TYPES.get(_plain_name(loss))


def class_numbers(labels: np.ndarray, loss: Any = None) -> np.ndarray | None:
    """One class number an element, or `None` where labels are no classes."""
    readable = labels.size and labels.ndim in (1, 2)
    if not readable or labels.dtype.kind not in "biuf":
        return None
    label_type = _label_type_of(labels)
    if label_type_of_loss(loss) == "regression":
        return None
    if label_type == "one_hot":
        return labels.argmax(axis=1)
    return labels.reshape(-1) if label_type == "sparse" else None


def _plain_name(loss):
    if isinstance(loss, list | tuple) and len(loss) == 1:
        (loss,) = loss
    if isinstance(loss, dict):
        one = len(loss) == 1 and "class_name" not in loss
        loss = [*loss.values()][0] if one else loss.get("class_name", "")
    if not isinstance(loss, str):
        function = getattr(loss, "fn", loss)
        loss = getattr(function, "__name__", type(function).__name__)
    return loss.lower().replace("_", "")


def _label_type_of(labels):
    whole = labels.dtype.kind != "f" or (labels == np.floor(labels)).all()
    if labels.ndim == 1 or labels.shape[1] == 1:
        return "sparse" if whole else "regression"
    if labels.min() >= 0 and _sum_to_one(labels).all():
        return "one_hot"
    if np.isin(labels, (0, 1)).all():
        return "multi_label"
    return "regression" if labels.dtype.kind == "f" else None


def _sum_to_one(labels):
    return np.abs(labels.sum(axis=1, dtype="float64") - 1) <= _ROUNDING


# What the labels were taken for, as text


def _say_sparse(labels, width, by_loss):
    present = np.unique(labels)
    reasons = ["class numbers"]
    if labels.dtype.kind == "f":
        reasons = ["whole numbers"]
    elif labels.dtype.kind == "b":
        reasons = ["booleans"]
    if not by_loss and labels.dtype.kind == "f":
        reasons.append(_REGRESSION_REMEDY)
    text = f"{width} classes ({'; '.join(reasons)})"
    missing = width - len(present)
    if not missing:
        return text
    absent = np.setdiff1d(np.arange(min(width, 10**6)), present)
    some = ", ".join(map(str, absent[:5]))
    more = f" and {missing - 5} more" if missing > 5 else ""
    return (
        f"{text}; {missing} of these outputs {_have(missing)} no element: "
        f"{some}{more}"
    )


def _have(count):
    return "has" if count == 1 else "have"


def _say_one_hot(labels, width, by_loss):
    hard = np.isin(labels, (0, 1)).all()
    rows = "one-hot rows" if hard else "rows that sum to one"
    return f"{width} classes ({rows})"


def _say_multi_label(labels, width, by_loss):
    hard = np.isin(labels, (0, 1)).all()
    rows = "rows of zeros and ones" if hard else "numbers from 0 to 1"
    reason = "; by the loss" if by_loss else ""
    return (
        f"{width} labels that an element may have together, each yes or no "
        f"({rows}{reason})"
    )


def _say_regression(labels, width, by_loss):
    reason = "by the loss" if by_loss else "numbers that are not whole"
    if not by_loss and labels.ndim == 2 and width > 1:
        reason = "rows that don't sum to one"
    targets = "a target" if width == 1 else f"{width} targets"
    return f"{targets} of a regression ({reason})"


_DESCRIPTIONS = {
    "sparse": _say_sparse,
    "one_hot": _say_one_hot,
    "multi_label": _say_multi_label,
    "regression": _say_regression,
}


# Labels that don't fit


def _check_numbers(labels, name):
    if labels.dtype.kind in "USO":
        raise ValueError(
            f"{name} must be numbers, not names of classes: {_ENCODE}. In a "
            "tf.data.Dataset keras.layers.StringLookup(num_oov_indices=0) does "
            f"it. Received: labels of dtype {labels.dtype}, such as "
            f"{str(labels.flat[0]) if labels.size else ''!r}"
        )
    if labels.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} must be numbers: class numbers, one-hot rows or targets. "
            f"Received: labels of dtype {labels.dtype}"
        )
    if labels.ndim not in (1, 2):
        raise ValueError(
            f"{name} must be of shape (elements,) or (elements, outputs). "
            f"Received: shape {labels.shape}"
        )
    if labels.size == 0:
        raise ValueError(
            f"{name} must hold labels. Received: shape {labels.shape}"
        )
    if not np.isfinite(labels).all():
        raise ValueError(f"{name} must be finite. Received: NaN or infinity")


def _check_widths(parts):
    (name, first), *others = parts.items()
    for other, labels in others:
        if labels.shape[1:] != first.shape[1:]:
            raise ValueError(
                f"{other} must be of the shape of {name}. Received: "
                f"{labels.shape[1:]} and {first.shape[1:]} an element"
            )


def _check_sparse(labels, num_classes, name):
    if labels.ndim == 2 and labels.shape[1] != 1:
        raise ValueError(
            f"{name} must be one class number an element for a sparse loss. "
            f"Received: shape {labels.shape}"
        )
    if (labels != np.floor(labels)).any():
        raise ValueError(
            f"{name} must be whole class numbers for a sparse loss. Received: "
            f"{labels[labels != np.floor(labels)].reshape(-1)[0]}"
        )
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or (num_classes is not None and highest >= num_classes):
        bound = (
            "" if num_classes is None else f" below num_classes={num_classes}"
        )
        raise ValueError(
            f"{name} must be class numbers from 0{bound}: {_ENCODE}; "
            f"{_REGRESSION_REMEDY}. "
            f"Received: labels from {lowest} to {highest}"
        )


def _check_gaps(labels, width, num_classes, name):
    count = len(np.unique(labels))
    if num_classes is None and width > max(_MANY_OUTPUTS, _GAP_RATIO * count):
        raise ValueError(
            f"{name} must be class numbers without large gaps, since the "
            f"network has an output for each number from 0 up: {_ENCODE}; "
            f"{_REGRESSION_REMEDY}; `num_classes` says that there are so many. "
            f"Received: {count} different numbers, the largest {width - 1}"
        )


def _check_width(labels, num_classes, name):
    width = 1 if labels.ndim == 1 else labels.shape[1]
    if num_classes is not None and width != num_classes:
        raise ValueError(
            f"{name} must have one column a class. "
            f"Received: {width} columns, num_classes={num_classes}"
        )


def _check_multi_label(labels, num_classes, name, what="multi-label"):
    _check_width(labels, num_classes, name)
    if labels.min() < 0 or labels.max() > 1:
        raise ValueError(
            f"{name} must lie between 0 and 1 for {what} labels. "
            f"Received: labels from {labels.min()} to {labels.max()}"
        )


def _check_one_hot(labels, num_classes, name):
    if labels.ndim == 1:
        raise ValueError(
            f"{name} must be one-hot rows for this loss; class numbers go with "
            "'sparse_categorical_crossentropy'. "
            f"Received: shape {labels.shape}"
        )
    _check_multi_label(labels, num_classes, name, "one-hot")
    wrong = np.flatnonzero(~_sum_to_one(labels))
    if wrong.size:
        raise ValueError(
            f"{name} must be one-hot: each row must sum to one. Received: row "
            f"{wrong[0]} sums to {labels[wrong[0]].sum()}"
        )


def _check_regression(labels, num_classes, name):
    width = 1 if labels.ndim == 1 else labels.shape[1]
    if num_classes not in (None, width):
        raise ValueError(
            f"{name} must be classes, or `num_classes` be left out: these are "
            "targets of a regression, numbers that are not whole or a loss "
            "that is not for classes. Received: "
            f"num_classes={num_classes}, {width} numbers an element, from "
            f"{labels.min()} to {labels.max()}"
        )


_CHECKS = {
    "sparse": _check_sparse,
    "one_hot": _check_one_hot,
    "multi_label": _check_multi_label,
    "regression": _check_regression,
}
