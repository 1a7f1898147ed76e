"""The model card of an export: JSON next to it, with its accuracy."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
import numbers
import os
import typing
import warnings
from typing import TYPE_CHECKING

import keras
import numpy as np
import tensorflow as tf

from keras_darts.analysis import count_parameters
from keras_darts.export.exported_model import stage
from keras_darts.export.parity import facts_of
from keras_darts.export.samples import first_elements
from keras_darts.export.signatures import ClassifierServing
from keras_darts.utils.errors import non_negative
from keras_darts.utils.files import user_path
from keras_darts.version import __version__

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Mapping
    from typing import Any

    from keras_darts.export.exported_model import ExportedModel
    from keras_darts.export.parity import Parity
    from keras_darts.export.signatures import Serving
    from keras_darts.utils.typing import PathLike


def card_file(path: pathlib.Path) -> pathlib.Path:
    """Where the model card of an export lies.

    Args:
        path: `pathlib.Path` of a SavedModel's version or of a file.
    """
    if path.suffix:
        return path.with_name(f"{path.name}.model_card.json")
    return path / "assets.extra" / "model_card.json"


def make(
    serving: Serving,
    exported: ExportedModel,
    measured: Parity,
    *,
    training: dict[str, Any] | None,
    **facts: Any,
) -> dict[str, Any]:
    """The model card, a dict.

    Args:
        serving: The `Serving` that was exported.
        exported: The `ExportedModel` of the result.
        measured: Its `Parity`.
        training: What `training_figures` returned.
        **facts: Such as `format` and `size_bytes`.
    """
    network = _innermost(serving.network)
    return {
        **facts,
        "created": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}",
        "made_by": {
            "keras_darts": __version__,
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
        },
        "runtime": exported.runtime,
        "network": type(network).__name__,
        "parameters": count_parameters(network),
        "genotype": _genotype(network),
        "labels": None if serving.labels is None else list(serving.labels),
        "signatures": {
            name: _described(signature)
            for name, signature in exported.signatures.items()
        },
        "training": training,
        "parity": facts_of(measured),
    }


def write(file: pathlib.Path, card: Mapping[str, Any]) -> None:
    """Writes a card where its folder exists."""
    file.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def publish(
    file: pathlib.Path, path: pathlib.Path, card: Mapping[str, Any]
) -> None:
    """Puts a file from `staging(path.parent)` in its place, and its card.

    The card gets the file's size and checksum, by which a card can be told
    from that of an older file of the name.
    """
    content = file.read_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    scratch = file.with_name("model_card.json")
    write(scratch, {**card, "size_bytes": len(content), "sha256": checksum})
    os.replace(file, path)
    os.replace(scratch, card_file(path))


def read(path: PathLike) -> dict[str, Any]:
    """The model card of an export.

    Args:
        path: Folder of a SavedModel's version, or a file.

    Raises:
        ValueError: If it has none.
    """
    file = card_file(user_path(path))
    if not file.is_file():
        raise ValueError(
            "`path` must be an export with a model card next to it. Received: "
            f"path={str(path)!r}, where {file.name} is missing"
        )
    return json.loads(file.read_text(encoding="utf-8"))


def training_figures(
    network: keras.Model, training: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """What a card says of the training.

    Args:
        network: `keras.Model`.
        training: Dict of plain data, or `None` for the last epoch of the `fit`
            that the network went through in this process, if it did.

    Raises:
        TypeError: If it is no dict of plain data.
    """
    if training is None:
        return _of_last_epoch(getattr(network, "history", None))
    try:
        plain = json.loads(json.dumps(training, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise _not_plain(training, str(error)) from error
    if not isinstance(plain, dict):
        raise _not_plain(training, type(training).__name__)
    return plain


def _described(signature):
    shapes = {"inputs": signature.inputs, "outputs": signature.outputs}
    if signature.quantized:
        shapes["scales_and_zero_points"] = signature.quantized
    return shapes


def _innermost(network):
    """The network of a genotype, where layers of a recipe stand before it."""
    if hasattr(network, "genotype"):
        return network
    inner = [part for part in network.layers if hasattr(part, "genotype")]
    return inner[0] if len(inner) == 1 else network


def _genotype(network):
    genotype = getattr(network, "genotype", None)
    return None if genotype is None else genotype.to_text()


def _of_last_epoch(history):
    if history is None or not history.history:
        return None
    last = {name: values[-1] for name, values in history.history.items()}
    figures = {
        name: float(value)
        for name, value in last.items()
        if isinstance(value, numbers.Real) and math.isfinite(value)
    }
    return {"epochs": len(history.epoch), **figures}


def _not_plain(training, what):
    return TypeError(
        "`training` must be a dict of numbers, strings, lists and dicts, or "
        f"None. Received: training of type {type(training).__name__} ({what})"
    )


LIMIT = 2000
FILES_LIMIT = 256


class Labelled(typing.NamedTuple):
    """Inputs, class numbers, and the drop of accuracy not warned of."""

    inputs: Any
    labels: np.ndarray
    most: float


def labelled(serving: Serving, data: Any, most: float) -> Labelled | None:
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


def compared(
    serving: Serving, exported: ExportedModel, data: Labelled
) -> dict[str, Any]:
    """What the model card says of both accuracies; warns of a drop.

    Args:
        serving: The `Serving`.
        exported: `ExportedModel`.
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
    accuracy = {
        name: float(np.mean(values.argmax(-1) == labels[: len(values)]))
        for name, values in logits.items()
    }
    drop = accuracy["network"] - accuracy["export"]
    if of_files is not None:
        few = labels[:FILES_LIMIT]
        before = np.mean(logits["network"][: len(few)].argmax(-1) == few)
        _warn_of_files(accuracy["files"], float(before), len(few), most)
    if drop > most:
        warnings.warn(
            f"The export is right on {accuracy['export']:.2%} of "
            f"{len(labels)} inputs, the network on {accuracy['network']:.2%}. "
            "Try more `representative_data` of all classes, "
            "`quantization='dynamic'` (weights alone) or 'float16', or train "
            "the network longer.",
            stacklevel=3,
        )
    return {"inputs": len(labels), **accuracy, "drop": drop}


def _warn_of_files(accuracy, before, count, most):
    if before - accuracy > most:
        warnings.warn(
            f"serving_bytes is right on {accuracy:.2%} of {count} images as "
            f"PNG files, the network on {before:.2%} of them as arrays. "
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


_FEW = 100
_MOST_OUTSIDE = 0.01


def calibration_coverage(
    serving: Serving, data: Any, samples: Any
) -> dict[str, Any]:
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
