"""Images as the commands want them."""

import dataclasses
import pathlib

from keras_darts.cli.options import require


def load(options, image_size=None):
    """The `ImageData` that the flags describe, its images of that size."""
    require(options, "dataset")
    if pathlib.Path(options.dataset).exists():
        raise ValueError(
            "`dataset` must be the name of a data set of images, since the "
            "architecture is one for images. Text takes a recurrent one "
            "(darts_rnn, rnn_darts_v2), sentences one of text_cnn. Received: "
            f"dataset={options.dataset!r}, a folder or file"
        )
    from keras_darts import datasets

    return datasets.load(
        options.dataset, options.data_dir, image_size=image_size
    )


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
