"""Labelled images in an .npz file."""

import pathlib
import zipfile

import numpy as np
import tensorflow as tf

from keras_darts.datasets import image_data
from keras_darts.datasets.image_data import ImageData

_PARTS = {"train": "_train", "valid": "_val", "test": "_test"}
_KNOWN = "x_train, y_train, x_test, y_test (and x_val, y_val), or x, y"
_CHANNELS = (1, 3)


def read(path, *, image_size, seed):
    """The `ImageData` of a file; arguments as for `datasets.load`."""
    arrays = _arrays(path)
    whole = {"x", "y"} <= {*arrays}
    suffixes = {"train": ""} if whole else _PARTS
    raw = {
        part: (arrays[f"x{suffix}"], arrays[f"y{suffix}"])
        for part, suffix in suffixes.items()
        if f"x{suffix}" in arrays and f"y{suffix}" in arrays
    }
    if "train" not in raw or len(arrays) != 2 * len(raw):
        raise _unexpected(path, f"the arrays {_KNOWN}", ", ".join(arrays))
    images = {part: _images(path, *pair) for part, pair in raw.items()}
    label_names = _label_names(path, raw)
    parts, cut = image_data.with_test_part(
        {
            part: (images[part], _numbers(path, part, labels, label_names))
            for part, (_, labels) in raw.items()
        },
        seed,
    )
    shape = images["train"].shape[1:]
    if {of_part.shape[1:] for of_part in images.values()} != {shape}:
        raise _unexpected(
            path, "images of one shape", [x.shape for x in images.values()]
        )
    data = ImageData(
        name=pathlib.Path(path).stem,
        **{
            part: tf.data.Dataset.from_tensor_slices(pair)
            for part, pair in parts.items()
        },
        **{f"num_{part}": len(labels) for part, (_, labels) in parts.items()},
        label_names=label_names,
        image_shape=shape,
        description=f"{path}: arrays of images{cut}",
    )
    size = image_data.chosen_size(image_size, [shape[:2]])
    return data if size in (None, shape[:2]) else data.resized(*size)


def _arrays(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        reason = str(error).partition(".")[0]
        raise _unexpected(
            path, "arrays that NumPy reads without pickle", reason
        ) from error


def _images(path, x, y):
    if x.ndim == 3:
        x = x[..., None]
    if x.ndim != 4 or x.shape[-1] not in _CHANNELS or not x.size:
        raise _unexpected(
            path,
            "images of (number, height, width) or (number, height, width, 1 "
            "or 3 channels)",
            f"shape {x.shape}",
        )
    if len(y) != len(x):
        raise _unexpected(
            path, "a label an image", f"{len(x)} images, {len(y)} labels"
        )
    if x.dtype.kind not in "biuf":
        raise _unexpected(path, "images of numbers", f"dtype {x.dtype}")
    bytes_alone = x.dtype.kind != "f" and x.min() >= 0 and x.max() <= 255
    return x.astype("uint8" if bytes_alone else "float32")


def _label_names(path, raw):
    """Names of the classes, of all that occur in the training part."""
    classes = np.unique(_classes(path, raw["train"][1]))
    if len(classes) < 2:
        raise _unexpected(path, "two classes at least", f"{len(classes)}")
    return tuple(map(str, classes))


def _classes(path, labels):
    """One class an element, of numbers or names."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2 and ((labels == 0) | (labels == 1)).all():
        # One-hot rows.
        if (labels.sum(axis=1) == 1).all():
            return labels.argmax(axis=1)
    whole = labels.dtype.kind == "f" and (labels == np.rint(labels)).all()
    if labels.ndim == 1 and (whole or labels.dtype.kind in "biuUS"):
        if labels.dtype.kind == "S":
            return labels.astype(str)
        return labels.astype("int64") if labels.dtype.kind != "U" else labels
    raise _unexpected(
        path,
        "one class an image as labels: numbers, names or one-hot rows",
        f"{labels.dtype} of shape {labels.shape}",
    )


def _numbers(path, part, labels, label_names):
    classes = _classes(path, labels).astype(str)
    strange = sorted({*classes} - {*label_names})
    if strange:
        raise _unexpected(
            path,
            f"classes in its {part} part that the training part has too",
            ", ".join(strange[:5]),
        )
    numbers = {name: number for number, name in enumerate(label_names)}
    return np.array([numbers[name] for name in classes], "int64")


def _unexpected(path, expected, received):
    return ValueError(
        f"`source` as an .npz file of images must have {expected}. Received: "
        f"{str(path)!r} with {received}"
    )
