"""Images as the commands want them."""

import dataclasses
import pathlib

from keras_darts.cli.modalities.modality import named_dataset
from keras_darts.cli.options import require

_ENDING = ".npz"


def check_source(path):
    """Refuses own files that hold no images.

    Raises:
        ValueError: for any other file than an archive of arrays.
    """
    if path.is_file() and path.suffix != _ENDING:
        raise ValueError(
            "`dataset` must be a folder of images or an .npz file, since the "
            "architecture is one for images. Text takes a recurrent one "
            "(darts_rnn, rnn_darts_v2), sentences one of text_cnn. Received: "
            f"dataset={str(path)!r}, a file"
        )


def is_own(options):
    """Whether the data are files of the user and not known by a name."""
    return (
        options.dataset != "digits" and pathlib.Path(options.dataset).exists()
    )


def load(options, image_size="auto"):
    """The `ImageData` that the flags describe, its images of that size."""
    require(options, "dataset")
    from keras_darts import datasets

    with named_dataset():
        return datasets.load(
            options.dataset, options.data_dir, image_size=image_size
        )


def for_network(options, network_shape, saved):
    """The `ImageData` for what was trained on images of a shape.

    Args:
        options: The flags.
        network_shape: Tuple, height, width and channels.
        saved: What `config.json` of the training run says, or nothing.
    """
    size = options.image_size
    if size is None and is_own(options) and not _crops(network_shape, saved):
        # Own files of many sizes, as they were when the network was made.
        size = tuple(network_shape[:2])
    return load(options, size)


def check_classes(data, saved):
    """Refuses images of other classes than a network was trained on.

    Raises:
        ValueError: if the names or their order differ.
    """
    known = saved.get("data", {}).get("label_names")
    if known is not None and known != list(data.label_names):
        raise ValueError(
            f"`dataset` must have the {len(known)} classes of the network, "
            f"{', '.join(known)}. Received: {data.name!r} with "
            f"{', '.join(data.label_names)}"
        )


def _crops(network_shape, saved):
    """Whether the middle of larger images is what the network sees."""
    from keras_darts import training

    if saved.get("recipe"):
        return saved["recipe"].get("resize") is not None
    return training.image_recipe_name(min(network_shape[:2])) == "imagenet"


def subset(options, data):
    """The `ImageData` with as many training images as the flags allow."""
    if options.max_examples is None:
        return data
    from keras_darts import datasets

    count = min(options.max_examples, data.num_train)
    return dataclasses.replace(
        data,
        train=datasets.stratified_subset(data.train, count, options.seed),
        num_train=count,
    )


def test_batches(data, shape, saved, batch_size=100):
    """Batches of the test images in the shape that a network takes."""
    return batches(data.test, data, shape, saved, batch_size)


def batches(part, data, shape, saved, batch_size=100):
    """Batches of a part of the data, in the shape that a network takes.

    Args:
        part: `data.train` or `data.test`.
        data: `ImageData`.
        shape: Tuple, height, width and channels.
        saved: What `config.json` of the training run says, or nothing.
        batch_size: Integer. Defaults to `100`.
    """
    from keras_darts import datasets

    resize = saved.get("recipe", {}).get("resize")
    if resize is None and data.image_shape[:2] != tuple(shape[:2]):
        # As the ImageNet recipe evaluates: 224 of 256 pixels.
        resize = {"size": shape[0], "resize": round(shape[0] * 256 / 224)}
    crop = resize and datasets.ResizeCenterCrop(**resize)
    return datasets.evaluation(part, batch_size, crop)


def check_one_size(data):
    """Raises `ValueError` where images are of many sizes."""
    if None in data.image_shape:
        raise ValueError(
            "`image_size` must be given for a data set with images of many "
            f"sizes. Received: image_size=None, dataset={data.name!r}"
        )
