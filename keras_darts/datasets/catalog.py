"""Image data sets by name: digits, and those of TensorFlow Datasets."""

import dataclasses

import tensorflow as tf

from keras_darts.datasets import tfds_builder
from keras_darts.datasets.stratification import search_share

_TEST_SHARE = 0.2
# Fixed: another split would make figures on it incomparable.
_DIGITS_SEED = 0


@dataclasses.dataclass(frozen=True, eq=False)
class ImageData:
    """A data set of labelled images, in two parts.

    Args:
        name: String.
        train: Unbatched `tf.data.Dataset` of (image, class number), always in
            the same order.
        test: The same, of other images.
        num_train: Integer, the elements in `train`.
        num_test: Integer, the elements in `test`.
        label_names: Tuple of strings, one a class.
        image_shape: Tuple of height, width and channels; height and width are
            `None` where the images are of many sizes.
        description: String, a sentence for the log.

    Example:

    >>> load("digits").label_names[:3]
    ('0', '1', '2')
    """

    name: str
    train: tf.data.Dataset
    test: tf.data.Dataset
    num_train: int
    num_test: int
    label_names: tuple
    image_shape: tuple
    description: str

    @property
    def num_classes(self):
        return len(self.label_names)


def load(
    name, data_dir=None, *, split="train", test_split=None, image_size=None
):
    """Loads a data set by its name, downloading it if it isn't there.

    Args:
        name: String, `"digits"` (scikit-learn's 1,797 images of 8 by 8 pixels
            with values from 0 to 16, nothing to download) or any image
            classification set of TensorFlow Datasets.
        data_dir: String or path, where TensorFlow Datasets keeps its files.
            Defaults to `None`, its own place.
        split: String, the training part in the words of TensorFlow Datasets,
            such as `"train[:2000]"`. Defaults to `"train"`.
        test_split: String, the other part. Defaults to `None`: `"test"`, else
            `"validation"`, else a fifth cut from the training part.
        image_size: Integer, to which height and width are resized. Defaults
            to `None`, as they are.

    Returns:
        The `ImageData`.

    Raises:
        ValueError: If there is no such data set or part, or it isn't one of
            images with one label.
        RuntimeError: If it can't be downloaded.
        ImportError: If the package that holds it isn't installed.

    Example:

    >>> digits = load("digits")
    >>> digits.num_train, digits.num_test, digits.image_shape
    (1438, 359, (8, 8, 1))
    """
    if name == "digits":
        if split != "train" or test_split is not None:
            raise ValueError(
                "`split` and `test_split` must be left out for digits, whose "
                f"parts are fixed. Received: split={split!r}, "
                f"test_split={test_split!r}"
            )
        data = _digits()
    else:
        data = _from_tfds(name, data_dir, split, test_split)
    return data if image_size is None else _resized(data, image_size)


def _digits():
    loader = tfds_builder.package("sklearn.datasets", "scikit-learn")
    bunch = loader.load_digits()
    images = bunch.images[..., None].astype("uint8")
    labels = bunch.target.astype("int64")
    held_out, _ = search_share(labels, _TEST_SHARE, _DIGITS_SEED)
    train, test = (
        tf.data.Dataset.from_tensor_slices((images[part], labels[part]))
        for part in (~held_out, held_out)
    )
    return ImageData(
        name="digits",
        train=train,
        test=test,
        num_train=int((~held_out).sum()),
        num_test=int(held_out.sum()),
        label_names=tuple(map(str, bunch.target_names)),
        image_shape=images.shape[1:],
        description="scikit-learn's digits, a fifth of each class for the test",
    )


def _from_tfds(name, data_dir, split, test_split):
    builder = tfds_builder.find(
        name, data_dir, argument="name", expected="'digits'", also=("digits",)
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
        count = round(len(train) * _TEST_SHARE)
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
        "`name` must be the name of a data set of images with one label each. "
        f"Received: name={builder.name!r} with the features {list(features)}"
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


def _resized(data, size):
    def resize(image, label):
        resized = tf.image.resize(image, (size, size), antialias=True)
        if image.dtype.is_integer:
            resized = tf.round(resized)
        return tf.saturate_cast(resized, image.dtype), label

    return dataclasses.replace(
        data,
        train=data.train.map(resize, num_parallel_calls=tf.data.AUTOTUNE),
        test=data.test.map(resize, num_parallel_calls=tf.data.AUTOTUNE),
        image_shape=(size, size, data.image_shape[-1]),
        description=f"{data.description}, resized to {size} by {size}",
    )
