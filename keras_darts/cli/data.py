"""The flags that say which images, shared by the subcommands."""

import dataclasses

from absl import flags

from keras_darts.cli.options import require


def define(options):
    """Declares the flags."""
    flags.DEFINE_string(
        "dataset",
        None,
        "Name: digits, which comes along, or any image classification data "
        "set of TensorFlow Datasets, such as cifar10.",
        flag_values=options,
    )
    flags.DEFINE_string(
        "data_dir",
        None,
        "Folder where TensorFlow Datasets keeps its files.",
        flag_values=options,
    )
    flags.DEFINE_integer(
        "image_size",
        None,
        "Height and width to which images are resized; needed where they are "
        "of many sizes.",
        lower_bound=1,
        flag_values=options,
    )


def define_subset(options):
    """Declares the flag for small machines."""
    flags.DEFINE_integer(
        "max_examples",
        None,
        "Work on so many training images only, the same share of each class, "
        "drawn by the seed.",
        lower_bound=2,
        flag_values=options,
    )


def load(options, image_size=None):
    """The `ImageData` that the flags describe, its images of that size."""
    require(options, "dataset")
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


def given(options):
    """The flags as they were given, for another command."""
    return " ".join(
        f"--{name}={options[name].value}"
        for name in ("dataset", "data_dir", "image_size")
        if options[name].value is not None
    )


def fill_in(options, saved):
    """Takes the flags that were not given from the `config.json` of a run."""
    for name, value in saved.get("data", {}).items():
        if name in options and not options[name].present:
            options[name].value = value


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


def describe(data):
    """Two lines for the beginning of a run."""
    sides = " x ".join(str(side or "?") for side in data.image_shape)
    return (
        f"data: {data.description}\n"
        f"      {data.num_train} training images, {data.num_test} test "
        f"images, {sides}, {data.num_classes} classes"
    )


def in_words(figures):
    """A line for the figures that were measured on the test images."""
    return (
        f"accuracy {figures['accuracy']:.2%}, loss {figures['loss']:.4f} on "
        f"{figures['num_examples']} test images"
    )
