"""How often an export is right, beside the network that it is of."""

import typing
import warnings

import numpy as np
import tensorflow as tf

from keras_darts.errors import non_negative
from keras_darts.export.classifier_serving import ClassifierServing

LIMIT = 2000


class Labelled(typing.NamedTuple):
    """Inputs, class numbers, and the drop of accuracy not warned of."""

    inputs: object
    labels: np.ndarray
    most: float


def labelled(serving, data, most):
    """What to judge an export by, `Labelled` or `None`.

    Args:
        serving: The `Serving`.
        data: Pair of arrays, or a batched `tf.data.Dataset` of pairs, of which
            the first 2,000 are taken; or `None`.
        most: Float, the drop that is not warned of.

    Raises:
        ValueError: If the network does not answer with one class, or a label
            is none of its classes.
        TypeError: If it is no such pair.
    """
    if data is None:
        return None
    classifier = isinstance(serving, ClassifierServing)
    if not classifier or not serving.best_is_an_answer:
        raise ValueError(
            "`validation_data` must be None for a network that does not answer "
            "with one class of each input. Received: validation_data of type "
            f"{type(data).__name__}"
        )
    inputs, labels = _pair(data)
    inputs = serving.inputs(inputs, "validation_data", LIMIT)
    labels = np.asarray(labels)[:LIMIT]
    if labels.ndim == 2:
        labels = labels.argmax(-1)
    if labels.shape != (len(inputs),) or labels.dtype.kind not in "iu":
        raise ValueError(
            "`validation_data` must hold a class number for each input, or "
            f"one-hot labels. Received: {len(inputs)} inputs and labels of "
            f"shape {labels.shape}, {labels.dtype}"
        )
    return Labelled(inputs, labels, non_negative("max_accuracy_drop", most))


def compared(serving, exported, data):
    """What the model card says of both accuracies; warns of a drop.

    Args:
        serving: The `Serving`.
        exported: `Exported`.
        data: `Labelled`.
    """
    inputs, labels, most = data
    logits = {
        "network": serving.expected(inputs)["logits"],
        "export": serving.actual(exported, inputs)["logits"],
    }
    found = {
        name: float(np.mean(values.argmax(-1) == labels))
        for name, values in logits.items()
    }
    drop = found["network"] - found["export"]
    if drop > most:
        warnings.warn(
            f"The export is right on {found['export']:.2%} of "
            f"{len(labels)} inputs, the network on {found['network']:.2%}. "
            "Try more `representative_data` of all classes, "
            "`quantization='dynamic'` (weights alone) or 'float16', or train "
            "the network longer.",
            stacklevel=3,
        )
    return {"inputs": len(labels), **found, "drop": drop}


def _pair(data):
    if isinstance(data, tf.data.Dataset):
        data = next(iter(data.unbatch().batch(LIMIT)), None)
    if not isinstance(data, tuple | list) or len(data) < 2:
        raise TypeError(
            "`validation_data` must be a pair of inputs and labels, or a "
            "batched `tf.data.Dataset` of such. Received: validation_data of "
            f"type {type(data).__name__}"
        )
    return data[0], data[1]
