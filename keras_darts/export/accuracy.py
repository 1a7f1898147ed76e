"""How often an export is right, beside the network that it is of."""

import typing
import warnings

import numpy as np

from keras_darts.errors import non_negative
from keras_darts.export.announcing import stage
from keras_darts.export.classifier_serving import ClassifierServing
from keras_darts.export.samples import first_elements

LIMIT = 2000
FILES_LIMIT = 256


class Labelled(typing.NamedTuple):
    """Inputs, class numbers, and the drop of accuracy not warned of."""

    inputs: object
    labels: np.ndarray
    most: float


def labelled(serving, data, most):
    """What to judge an export by, `Labelled` or `None`.

    Args:
        serving: The `Serving`.
        data: Pair of arrays, or a data set of pairs, batched or not, of
            which the first 2,000 are taken; or `None`.
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
    inputs, labels = _pair(data, serving.rank)
    inputs = serving.inputs(inputs, "validation_data", LIMIT)
    labels = np.asarray(labels)[:LIMIT]
    if labels.ndim == 2 and labels.shape[1] > 1:
        labels = labels.argmax(-1)
    if labels.shape == (len(inputs), 1):
        labels = labels[:, 0]
    if labels.dtype.kind == "f" and (labels == np.rint(labels)).all():
        labels = labels.astype("int64")
    if labels.shape != (len(inputs),) or labels.dtype.kind not in "biu":
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
    stage("measuring its accuracy on %d inputs", len(labels))
    logits = {
        "network": serving.expected(inputs)["logits"],
        "export": serving.actual(exported, inputs)["logits"],
    }
    of_files = serving.logits_of_files(exported, inputs[:FILES_LIMIT])
    if of_files is not None:
        logits["files"] = of_files["logits_of_files"]
    found = {
        name: float(np.mean(values.argmax(-1) == labels[: len(values)]))
        for name, values in logits.items()
    }
    drop = found["network"] - found["export"]
    if of_files is not None:
        few = labels[:FILES_LIMIT]
        before = np.mean(logits["network"][: len(few)].argmax(-1) == few)
        _warn_of_files(found["files"], float(before), len(few), most)
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


def _warn_of_files(found, before, count, most):
    if before - found > most:
        warnings.warn(
            f"serving_bytes is right on {found:.2%} of {count} images as PNG "
            f"files, the network on {before:.2%} of them as arrays. "
            "`pixel_range` says what black and white are as numbers of the "
            "images that the network was trained on.",
            stacklevel=4,
        )


def _pair(data, rank):
    name = "validation_data"
    data = first_elements(data, LIMIT, rank=rank, argument=name)
    if not isinstance(data, tuple | list) or len(data) < 2:
        raise TypeError(
            "`validation_data` must be a pair of inputs and labels, or a "
            "`tf.data.Dataset` of such. Received: validation_data of type "
            f"{type(data).__name__}"
        )
    return data[0], data[1]
