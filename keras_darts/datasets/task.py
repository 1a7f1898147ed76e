"""What is to be learned, read from the labels and the loss."""

import dataclasses

import numpy as np

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
_KINDS = {
    **dict.fromkeys(_SPARSE, "sparse"),
    **dict.fromkeys(_ONE_HOT, "one_hot"),
    **dict.fromkeys(_MULTI_LABEL, "multi_label"),
    **dict.fromkeys(_REGRESSION, "regression"),
}


@dataclasses.dataclass(frozen=True)
class Task:
    """What the network's head must give.

    Args:
        kind: String, one of `"sparse"` (class numbers), `"one_hot"`,
            `"multi_label"` (any number of classes an element, sigmoid),
            `"regression"` and `"next_token"` (running text).
        num_outputs: Integer, the width of the head.

    Example:

    >>> infer_task([0, 1, 2], loss="mse")
    Task(kind='regression', num_outputs=1)
    """

    kind: str
    num_outputs: int


def infer_task(labels, loss=None, num_classes=None):
    """The task that labels and loss describe, with the labels checked.

    The loss decides, when one is given that is known. Otherwise whole numbers
    are classes; rows of zeros and ones are one-hot when each sums to one and
    multi-label when not; other numbers are targets of a regression.

    Args:
        labels: Array of all labels, `(elements,)` or `(elements, outputs)`.
        loss: A Keras loss as object, name or function. Defaults to `None`.
        num_classes: Integer, the number of classes when the labels need not
            show all of them. Defaults to `None`, the largest label and one.

    Returns:
        A `Task`.

    Raises:
        ValueError: If the labels don't fit the task: not finite, negative, of
            `num_classes` or more, no whole numbers, rows that are not one-hot.

    Example:

    >>> infer_task([2, 0, 1])
    Task(kind='sparse', num_outputs=3)
    >>> infer_task([[0, 1], [1, 1]])
    Task(kind='multi_label', num_outputs=2)
    >>> infer_task([0.5, 1.25])
    Task(kind='regression', num_outputs=1)
    """
    labels = np.asarray(labels)
    _check_numbers(labels)
    kind = kind_of_loss(loss) or _kind_of(labels)
    if kind is None:
        raise ValueError(
            "`y` of several whole numbers an element must hold zeros and ones "
            "(one-hot or multi-label), or `loss` must say what they are. "
            f"Received: labels from {labels.min()} to {labels.max()}"
        )
    if kind == "sparse":
        return Task(kind, _check_sparse(labels, num_classes))
    width = 1 if labels.ndim == 1 else labels.shape[1]
    if kind != "regression":
        _check_width(width, num_classes)
        _check_rows(labels, kind)
    return Task(kind, width)


def kind_of_loss(loss):
    """The kind of a `Task` that a loss stands for, or `None`.

    Args:
        loss: A Keras loss as object, name, function or config.

    Example:

    >>> kind_of_loss("categorical_focal_crossentropy")
    'one_hot'
    """
    return _KINDS.get(_plain_name(loss))


def class_numbers(labels):
    """One class number an element, or `None` where labels are no classes."""
    if labels.ndim not in (1, 2) or labels.dtype.kind not in "biuf":
        return None
    if _kind_of(labels) == "one_hot":
        return labels.argmax(axis=1)
    single = labels.ndim == 1 or labels.shape[1] == 1
    # Class numbers may come as floats: Keras' losses take them.
    whole = single and (labels == np.floor(labels)).all()
    return labels.reshape(-1) if whole else None


def _plain_name(loss):
    if isinstance(loss, dict):
        loss = loss.get("class_name", "")
    if not isinstance(loss, str):
        function = getattr(loss, "fn", loss)
        loss = getattr(function, "__name__", type(function).__name__)
    return loss.lower().replace("_", "")


def _kind_of(labels):
    if labels.ndim == 1 or labels.shape[1] == 1:
        return "regression" if labels.dtype.kind == "f" else "sparse"
    if np.isin(labels, (0, 1)).all():
        single = (labels.sum(axis=1) == 1).all()
        return "one_hot" if single else "multi_label"
    return "regression" if labels.dtype.kind == "f" else None


def _check_numbers(labels):
    if labels.dtype.kind not in "biuf":
        raise ValueError(
            "`y` must be numbers: class numbers, one-hot rows or targets. "
            f"Received: labels of dtype {labels.dtype}"
        )
    if labels.ndim not in (1, 2):
        raise ValueError(
            "`y` must be of shape (elements,) or (elements, outputs). "
            f"Received: shape {labels.shape}"
        )
    if labels.size == 0:
        raise ValueError(
            f"`y` must hold labels. Received: shape {labels.shape}"
        )
    if not np.isfinite(labels).all():
        raise ValueError("`y` must be finite. Received: NaN or infinity")


def _check_sparse(labels, num_classes):
    if labels.ndim == 2 and labels.shape[1] != 1:
        raise ValueError(
            "`y` must be one class number an element for a sparse loss. "
            f"Received: shape {labels.shape}"
        )
    if (labels != np.floor(labels)).any():
        raise ValueError(
            "`y` must be whole class numbers for a sparse loss. Received: "
            f"{labels[labels != np.floor(labels)].reshape(-1)[0]}"
        )
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or (num_classes is not None and highest >= num_classes):
        bound = (
            "" if num_classes is None else f" below num_classes={num_classes}"
        )
        raise ValueError(
            f"`y` must be class numbers from 0{bound}. "
            f"Received: labels from {lowest} to {highest}"
        )
    return highest + 1 if num_classes is None else num_classes


def _check_width(width, num_classes):
    if num_classes is not None and width != num_classes:
        raise ValueError(
            "`y` must have one column a class. "
            f"Received: {width} columns, num_classes={num_classes}"
        )


def _check_rows(labels, kind):
    if labels.min() < 0 or labels.max() > 1:
        raise ValueError(
            f"`y` must lie between 0 and 1 for {kind.replace('_', '-')} "
            f"labels. Received: labels from {labels.min()} to {labels.max()}"
        )
    if kind != "one_hot":
        return
    if labels.ndim == 1:
        raise ValueError(
            "`y` must be one-hot rows for this loss; class numbers go with "
            "'sparse_categorical_crossentropy'. "
            f"Received: shape {labels.shape}"
        )
    sums = labels.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1) > 1e-3)
    if wrong.size:
        raise ValueError(
            "`y` must be one-hot: each row must sum to one. Received: row "
            f"{wrong[0]} sums to {sums[wrong[0]]}"
        )
