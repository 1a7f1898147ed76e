"""What there is to know of an export, as JSON beside it."""

import datetime
import hashlib
import json
import math
import numbers
import os

import keras
import tensorflow as tf

from keras_darts.analysis import count_parameters
from keras_darts.export.parity import facts_of
from keras_darts.files import user_path
from keras_darts.version import __version__


def card_file(path):
    """Where the model card of an export lies.

    Args:
        path: `pathlib.Path` of a SavedModel's version or of a file.
    """
    if path.suffix:
        return path.with_name(f"{path.name}.model_card.json")
    return path / "assets.extra" / "model_card.json"


def make(serving, exported, measured, *, training, **facts):
    """The model card, a dict.

    Args:
        serving: The `Serving` that was exported.
        exported: The `Exported` of the result.
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


def write(file, card):
    """Writes a card where its folder exists."""
    file.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def publish(file, path, card):
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


def read(path):
    """The model card of an export.

    Args:
        path: Folder of a SavedModel's version, or a file.

    Raises:
        ValueError: If it has none.
    """
    file = card_file(user_path(path))
    if not file.is_file():
        raise ValueError(
            "`path` must be an export with a model card beside it. Received: "
            f"path={str(path)!r}, where {file.name} is missing"
        )
    return json.loads(file.read_text(encoding="utf-8"))


def training_figures(network, given):
    """What a card says of the training.

    Args:
        network: `keras.Model`.
        given: Dict of plain data, or `None` for the last epoch of the `fit`
            that the network went through in this process, if it did.

    Raises:
        TypeError: If it is no dict of plain data.
    """
    if given is None:
        return _of_last_epoch(getattr(network, "history", None))
    try:
        plain = json.loads(json.dumps(given, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise _not_plain(given, str(error)) from error
    if not isinstance(plain, dict):
        raise _not_plain(given, type(given).__name__)
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


def _not_plain(given, what):
    return TypeError(
        "`training` must be a dict of numbers, strings, lists and dicts, or "
        f"None. Received: training of type {type(given).__name__} ({what})"
    )
