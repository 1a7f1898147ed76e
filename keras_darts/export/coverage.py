"""Whether what calibrates a file stands for what it will be asked."""

import warnings

import numpy as np

_FEW = 100
_MOST_OUTSIDE = 0.01


def coverage(serving, data, samples):
    """What the model card says of calibration data; warns of what they lack.

    Args:
        serving: The `Serving` of a classifier.
        data: Array of representative inputs.
        samples: Array of other inputs.

    Raises:
        ValueError: If all representative inputs are the same.
    """
    if len(data) > 1 and (data == data[:1]).all():
        raise ValueError(
            "`representative_data` must hold inputs that differ: ranges are "
            f"read from them. Received: {len(data)} times the same"
        )
    known, other = (serving.expected(x)["logits"] for x in (data, samples))
    figures = {
        "samples": len(data),
        "inputs_outside": _outside(data, samples),
        "logits_outside": _outside(known, other),
    }
    lacks = []
    if len(data) < _FEW:
        lacks.append(f"{len(data)} inputs are few: give {_FEW} or more")
    for name in ("inputs_outside", "logits_outside"):
        share = figures[name]
        if share > _MOST_OUTSIDE:
            what = name.partition("_")[0]
            lacks.append(
                f"{share:.1%} of the {what} of `samples` lie outside their "
                "range and will be cut off: give data as the file will see"
            )
    if serving.best_is_an_answer:
        figures["classes"] = len(np.unique(known.argmax(-1)))
        missing = {*other.argmax(-1)} - {*known.argmax(-1)}
        if missing:
            lacks.append(
                f"the network finds no {_names(serving, missing)} among them: "
                "shuffle, so that all classes are there"
            )
    if lacks:
        warnings.warn(
            f"`representative_data`: {'; '.join(lacks)}.", stacklevel=3
        )
    return figures


def _outside(data, samples):
    """The share of numbers that the range of `data` leaves out."""
    low, high = data.min(), data.max()
    return float(np.mean((samples < low) | (samples > high)))


def _names(serving, classes):
    if serving.labels is not None:
        classes = [serving.labels[int(k)] for k in classes]
    return ", ".join(sorted(map(str, classes)))
