"""Images in folders, one a class."""

from __future__ import annotations

import collections
import logging
import pathlib
import warnings

import numpy as np
import PIL.Image
import tensorflow as tf

from keras_darts.datasets import image_data
from keras_darts.datasets.image_data import ImageData
from keras_darts.datasets.reading import MEMORY_LIMIT
from keras_darts.utils.typing import PathLike

_LOG = logging.getLogger("keras_darts")
_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif")
_FORMATS = ("JPEG", "PNG", "BMP", "GIF")
_GRAY = ("1", "L", "LA", "I", "I;16", "I;16B", "F")
_PARTS = {
    "train": ("train", "training"),
    "valid": ("valid", "validation", "val", "dev"),
    "test": ("test", "testing"),
}


def read(
    folder: PathLike,
    *,
    image_size: int | tuple[int, int] | str | None,
    seed: int,
) -> ImageData:
    """The `ImageData` of a folder; arguments as for `datasets.load`."""
    folders, left_out = _parts(folder), collections.Counter()
    result = {
        part: _files_by_class(path, left_out) for part, path in folders.items()
    }
    label_names = tuple(result["train"])
    _check_classes(folder, result, label_names)
    parts, cut = image_data.with_test_part(
        {part: _listed(of, label_names) for part, of in result.items()}, seed
    )
    every = np.concatenate([files for files, _ in parts.values()])
    sizes, channels = _headers(every)
    size = image_data.chosen_size(image_size, sizes)
    _LOG.info("reading %s images of %s", f"{len(every):,}", folder)
    made = {
        part: _dataset(*pair, size, channels) for part, pair in parts.items()
    }
    shape = size or (sizes[0] if (sizes == sizes[0]).all() else (None, None))
    return ImageData(
        name=pathlib.Path(folder).resolve().name,
        **made,
        **{f"num_{part}": len(files) for part, (files, _) in parts.items()},
        label_names=label_names,
        image_shape=(*(side and int(side) for side in shape), channels),
        description=(
            f"{folder}: folders of images{cut}, {_sizes_in_words(sizes, size)}"
            f"{_left_out_in_words(left_out)}"
        ),
    )


def _parts(folder):
    """Paths of the parts by name; a folder without parts is all `train`."""
    inside = {path.name.lower(): path for path in _folders(folder)}
    parts = {}
    for part, names in _PARTS.items():
        present = [inside[name] for name in names if name in inside]
        if len(present) > 1:
            raise _unexpected(
                folder, "one folder a part", f"both {_names(present)}"
            )
        if present:
            (parts[part],) = present
    # A class may be called so as well, but holds images.
    if not any(_folders(path) for path in parts.values()):
        return {"train": pathlib.Path(folder)}
    if "train" not in parts:
        raise _unexpected(
            folder, "a folder `train` among its parts", _names(parts.values())
        )
    others = sorted({*inside.values()} - {*parts.values()})
    if others or _images(folder):
        raise _unexpected(
            folder,
            f"nothing besides its parts {_names(parts.values())}",
            _names(others or _images(folder)),
        )
    return parts


def _files_by_class(folder, left_out):
    """From the names of the folders to their files, both in order."""
    classes = _folders(folder)
    loose = _images(folder)
    if loose or not classes:
        raise _unexpected(
            folder,
            "a folder of images for each class",
            f"{_names(loose)} next to them" if loose else "no folder in it",
        )
    result = {}
    for path in classes:
        nested, files = _folders(path), _images(path)
        if nested or not files:
            raise _unexpected(
                path,
                "images (jpg, png, bmp, gif) and no more folders",
                _names(nested or _others(path)) or "nothing",
            )
        left_out.update(other.suffix.lower() for other in _others(path))
        result[path.name] = files
    return result


def _check_classes(folder, files, label_names):
    if len(label_names) < 2:
        raise _unexpected(
            folder, "folders of two classes at least", _names(label_names)
        )
    for part, classes in files.items():
        strange = [name for name in classes if name not in label_names]
        if strange:
            raise _unexpected(
                folder,
                f"no classes in {part} but those in train, "
                f"{_names(label_names)}",
                _names(strange),
            )


def _listed(classes, label_names):
    """Arrays of the files of all classes, and of their numbers."""
    pairs = [
        (str(file), label_names.index(name))
        for name, files in classes.items()
        for file in files
    ]
    files, labels = zip(*pairs, strict=True)
    return np.array(files), np.array(labels, "int64")


def _headers(files):
    """(height, width) of all files, and the channels they have in common."""
    sizes, colours = [], False
    for file in files:
        try:
            with warnings.catch_warnings():
                # Of what is allowed all the same, such as very large images.
                warnings.simplefilter("ignore")
                with PIL.Image.open(str(file), formats=_FORMATS) as image:
                    sizes.append((image.height, image.width))
                    mode, form = image.mode, image.format
        except (OSError, ValueError, SyntaxError) as error:
            raise _unreadable(file, error) from error
        if form == "BMP" and mode == "P":
            raise _unreadable(file, "a BMP image with a palette")
        colours = colours or mode not in _GRAY
    return np.array(sizes), 3 if colours else 1


def _dataset(files, labels, size, channels):
    """Images, held as they are read if there is room for all of them."""

    def read_one(file, label):
        image = _decoded(tf.io.read_file(file), channels)
        if size is not None:
            image = image_data.resized_image(image, *size)
            image.set_shape((*size, channels))
        return image, label

    dataset = tf.data.Dataset.from_tensor_slices((files, labels))
    dataset = dataset.map(read_one, num_parallel_calls=tf.data.AUTOTUNE)
    held = None
    if size is not None and len(files) * np.prod((*size, channels)) <= (
        MEMORY_LIMIT
    ):
        held = np.empty((len(files), *size, channels), "uint8")
    # Also shows which file is damaged, before hours and not after them.
    images, number = dataset.as_numpy_iterator(), 0
    for number, file in enumerate(files):
        try:
            image, _ = next(images)
        except tf.errors.OpError as error:
            raise _unreadable(file, error.message) from error
        if held is not None:
            held[number] = image
    if held is None:
        return dataset
    return tf.data.Dataset.from_tensor_slices((held, labels))


def _decoded(content, channels):
    """An image, whatever channels are in its file; alpha is left out."""
    image = tf.io.decode_image(content, expand_animations=False)
    image.set_shape((None, None, None))
    if channels == 1:
        return image[..., :1]
    image = tf.cond(
        tf.shape(image)[-1] < channels,
        lambda: tf.repeat(image[..., :1], channels, axis=-1),
        lambda: image[..., :channels],
    )
    image.set_shape((None, None, channels))
    return image


def _sizes_in_words(sizes, size):
    distinct = len(np.unique(sizes, axis=0))
    if distinct == 1:
        before = "{} by {}".format(*sizes[0])
        same = size is None or tuple(sizes[0]) == size
    else:
        before, same = f"{distinct} sizes", size is None
    if same:
        return f"images of {before}"
    return (
        f"images of {before} resized to {size[0]} by {size[1]} "
        "(`image_size` chooses another)"
    )


def _left_out_in_words(left_out):
    if not left_out:
        return ""
    endings = ", ".join(sorted(ending or "no ending" for ending in left_out))
    return f"; {left_out.total()} other files are left out ({endings})"


def _folders(folder):
    return [path for path in _visible(folder) if path.is_dir()]


def _images(folder):
    return [
        path
        for path in _visible(folder)
        if path.suffix.lower() in _ENDINGS and path.is_file()
    ]


def _others(folder):
    images = {*_images(folder)}
    return [
        path
        for path in _visible(folder)
        if path.is_file() and path not in images
    ]


def _visible(folder):
    """What is in a folder, in the order of the names."""
    return sorted(
        path
        for path in pathlib.Path(folder).iterdir()
        if not path.name.startswith(".")
    )


def _names(things, most=5):
    names = [getattr(thing, "name", thing) for thing in things]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(str, names[:most])) + more


def _unexpected(folder, expected, received):
    return ValueError(
        f"`source` must be a folder of class folders, or one with these in "
        f"`train` and `test`: {str(folder)!r} must have {expected}. Received: "
        f"{received}"
    )


def _unreadable(file, reason):
    first = str(reason).partition("\n")[0].partition(" [Op:")[0]
    return ValueError(
        "`source` must hold images that can be read: repair or remove the "
        f"file. Received: {str(file)!r} ({first})"
    )
