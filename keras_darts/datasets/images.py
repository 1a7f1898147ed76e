"""Image data sets: digits, archives, folders of files, TensorFlow Datasets."""

from __future__ import annotations

import pathlib
import zipfile

import numpy as np
import tensorflow as tf

from keras_darts.datasets import image_data
from keras_darts.datasets import image_folder
from keras_darts.datasets import text_sources
from keras_darts.datasets import tfds_builder
from keras_darts.datasets.image_data import ImageData
from keras_darts.utils.files import user_path
from keras_darts.utils.typing import PathLike

_PARTS = {"train": "_train", "valid": "_val", "test": "_test"}
_KNOWN = "x_train, y_train, x_test, y_test (and x_val, y_val), or x, y"
_CHANNELS = (1, 3)


def read(
    path: PathLike, *, image_size: int | tuple[int, int] | str | None, seed: int
) -> ImageData:
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


# Fixed: another split would make figures on it incomparable.
_DIGITS_SEED = 0
_SPLIT = "train"


def load(
    source: PathLike,
    data_dir: PathLike | None = None,
    *,
    split: str = _SPLIT,
    test_split: str | None = None,
    image_size: int | tuple[int, int] | str | None = "auto",
    seed: int = 0,
) -> ImageData:
    """Loads labelled images, by name or from a user's own files.

    Args:
        source: String or path. `"digits"` (scikit-learn's 1,797 images of 8
            by 8 pixels with values from 0 to 16, nothing to download); a
            folder with a folder of JPEG, PNG, BMP or GIF files for each
            class, or one with `train` and `test` (maybe `val`) that hold
            such; an `.npz` file with the arrays `x_train`, `y_train`,
            `x_test` and `y_test`, or `x` and `y`; or any image classification
            set of TensorFlow Datasets, which is downloaded if it isn't there.
        data_dir: String or path, where TensorFlow Datasets keeps its files.
            Defaults to `None`, its own place.
        split: String, the training part in the words of TensorFlow Datasets,
            such as `"train[:2000]"`. Defaults to `"train"`.
        test_split: String, the other part. Defaults to `None`: `"test"`, else
            `"validation"`, else a fifth cut from the training part.
        image_size: Integer or (height, width), to which images are resized,
            or `None`: as they are. Defaults to `"auto"`: as they are, but for
            own files of many sizes: a square with the median of the shorter
            sides, of at most 64 pixels; and for own files whose sides are no
            multiples of four, to which they are rounded.
        seed: Integer, by which a fifth of each class is cut off for the test
            where own files have no test part. Defaults to `0`.

    Returns:
        The `ImageData`. Own files are held in memory where they take less
        than 1 GiB.

    Raises:
        ValueError: If there is no such data set, part or file, it isn't one
            of images with one label, or an image can't be read.
        RuntimeError: If it can't be downloaded.
        ImportError: If the package that holds it isn't installed.

    Example:

    >>> digits = load("digits")
    >>> digits.num_train, digits.num_test, digits.image_shape
    (1438, 359, (8, 8, 1))
    """
    if source != "digits" and text_sources.is_on_disk(source):
        _check_whole(source, split, test_split)
        return _own(source, image_size, seed)
    if source == "digits":
        _check_whole(source, split, test_split)
        data = _digits()
    else:
        data = _from_tfds(source, data_dir, split, test_split)
    if image_size is None or image_size == "auto":
        return data
    return data.resized(*image_data.chosen_size(image_size, ()))


def _check_whole(source, split, test_split):
    if split != _SPLIT or test_split is not None:
        raise ValueError(
            "`split` and `test_split` must be left out for "
            f"{str(source)}, whose parts are fixed. Received: "
            f"split={split!r}, test_split={test_split!r}"
        )


def _own(source, image_size, seed):
    path = user_path(source, "source")
    if path.is_dir():
        return image_folder.read(path, image_size=image_size, seed=seed)
    if path.suffix == ".npz":
        return read(path, image_size=image_size, seed=seed)
    raise ValueError(
        "`source` must be a folder of images or an .npz file. Received: the "
        f"file {str(source)!r}"
    )


def _digits():
    loader = tfds_builder.package("sklearn.datasets", "scikit-learn")
    bunch = loader.load_digits()
    images = bunch.images[..., None].astype("uint8")
    labels = bunch.target.astype("int64")
    parts, _ = image_data.with_test_part(
        {"train": (images, labels)}, _DIGITS_SEED
    )
    return ImageData(
        name="digits",
        train=tf.data.Dataset.from_tensor_slices(parts["train"]),
        test=tf.data.Dataset.from_tensor_slices(parts["test"]),
        num_train=len(parts["train"][1]),
        num_test=len(parts["test"][1]),
        label_names=tuple(map(str, bunch.target_names)),
        image_shape=images.shape[1:],
        description="scikit-learn's digits, a fifth of each class for the test",
    )


def _from_tfds(name, data_dir, split, test_split):
    builder = tfds_builder.find(
        name,
        data_dir,
        argument="source",
        expected="'digits', a folder of class folders or an .npz file that "
        "exists",
        also=("digits",),
    )
    image, label = _image_and_label(tfds_builder.package(), builder)
    tfds_builder.prepare(builder)
    known = sorted(builder.info.splits)
    if test_split is None:
        others = [part for part in ("test", "validation") if part in known]
        test_split = next(iter(others), None)
    train = _part(builder, "split", split)
    if test_split is None:
        description = f"{split}, a fifth of it cut off for the test"
        count = round(len(train) * image_data.TEST_SHARE)
        train, test = train.skip(count), train.take(count)
    else:
        description = f"{split} for training, {test_split} for the test"
        test = _part(builder, "test_split", test_split)
    return ImageData(
        name=name,
        train=train,
        test=test,
        num_train=len(train),
        num_test=len(test),
        label_names=tuple(label.names),
        image_shape=tuple(image.shape),
        description=f"{builder.info.full_name}: {description}",
    )


def _image_and_label(tfds, builder):
    features, keys = builder.info.features, builder.info.supervised_keys
    if keys and len(keys) == 2 and set(keys) <= set(features):
        image, label = (features[key] for key in keys)
        if isinstance(image, tfds.features.Image) and isinstance(
            label, tfds.features.ClassLabel
        ):
            return image, label
    raise ValueError(
        "`source` must be a data set of images with one label each. "
        f"Received: source={builder.name!r} with the features {list(features)}"
    )


def _part(builder, argument, split):
    try:
        dataset = builder.as_dataset(split=split, as_supervised=True)
        count = builder.info.splits[split].num_examples
    except (KeyError, ValueError, AssertionError) as error:
        raise ValueError(
            f"`{argument}` must be a part of {builder.name}: "
            f"{', '.join(builder.info.splits)}, or a slice such as "
            f"'train[:1000]'. Received: {argument}={split!r}"
        ) from error
    return dataset.apply(tf.data.experimental.assert_cardinality(count))
