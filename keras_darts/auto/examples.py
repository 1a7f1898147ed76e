"""A user's data, in the form that a tuning needs."""

import dataclasses

import numpy as np
import tensorflow as tf

from keras_darts import datasets
from keras_darts.auto.labels import Labels
from keras_darts.datasets.examples import is_dataset

# Of data that come one by one, where nothing else is known.
_BATCH_SIZE = 32


@dataclasses.dataclass(frozen=True, eq=False)
class Examples:
    """What is searched, trained and judged on.

    Args:
        halves: `datasets.Halves`: `train`, and in `search` what networks are
            judged on.
        labels: `Labels`.
        adapter: `Images` or `Texts`.
        own_validation: Boolean, whether the user has given the data to judge
            on, which are then never trained on.
        batch_size: Integer, that of the user's data set, or `None`.
    """

    halves: datasets.Halves
    labels: Labels
    adapter: object
    own_validation: bool
    batch_size: int | None

    @property
    def everything(self):
        """What the last training is on, unbatched."""
        halves = self.halves
        if self.own_validation:
            return halves.train
        return halves.train.concatenate(halves.search)

    @property
    def judged(self):
        """What trials are judged on, unbatched, every element alike."""
        return self.halves.search.map(lambda x, y, *_: (x, y))

    @property
    def num_everything(self):
        halves = self.halves
        return halves.num_train + (
            0 if self.own_validation else halves.num_search
        )

    def describe(self):
        """Plain values that tell these data from others."""
        halves = self.halves
        return {
            "elements": [halves.num_train, halves.num_search],
            "classes": self.labels.classes.tolist(),
            **self.adapter.describe(),
        }


def read(
    adapter_of,
    x,
    y,
    *,
    validation_data=None,
    validation_split=0.2,
    num_classes=None,
    class_weight=None,
):
    """The `Examples` of what `fit` was given.

    Args:
        adapter_of: Function of `Elements` that gives `Images` or `Texts`.
        x: As in `Classifier.fit`, like all that follows.
        y: Likewise.
        validation_data: Likewise.
        validation_split: Likewise.
        num_classes: Integer or `None`.
        class_weight: Dictionary from labels to weights, or `None`.
    """
    given = _elements(x, y, "x")
    labels = Labels.of(given.labels, num_classes, name=given.names.y)
    adapter = adapter_of(given)
    if class_weight is not None:
        given = given.weighted(labels.weights(given.labels, class_weight))
    judged = None
    if validation_data is not None:
        judged = _elements(validation_data, None, "validation_data")
        judged = _converted(adapter, labels, judged)
    halves = datasets.split(
        _converted(adapter, labels, given),
        validation_data=judged,
        validation_split=validation_split,
    )
    return Examples(
        halves, labels, adapter, judged is not None, given.batch_size
    )


def labelled(adapter, labels, x, y, batch_size):
    """A batched data set of (raw x, class number), to be evaluated on."""
    given = _elements(x, y, "x")
    labels.encode(given.labels, name=given.names.y)
    if isinstance(given.source, tuple):
        adapter.checked(given.source[0])
    batches = given.dataset.batch(given.batch_size or batch_size)
    return batches.map(lambda x, y, *_: (x, labels.encode_batch(y)))


def unlabelled(adapter, x, batch_size):
    """A batched data set of raw x."""
    if isinstance(x, tf.data.Dataset):
        if isinstance(x.element_spec, tuple):
            x = x.map(lambda x, *_: x)
        single = x.element_spec.shape.rank == len(adapter.shape)
        return x.batch(batch_size) if single else x
    if is_dataset(x):
        x = np.concatenate([_first(batch) for batch in x])
    return tf.data.Dataset.from_tensor_slices(adapter.checked(x)).batch(
        batch_size
    )


def _first(batch):
    return np.asarray(batch[0] if isinstance(batch, tuple | list) else batch)


def _elements(x, y, argument):
    """`datasets.Elements` of data that end."""
    endless = tf.data.INFINITE_CARDINALITY
    if isinstance(x, tf.data.Dataset) and int(x.cardinality()) == endless:
        raise ValueError(
            f"`{argument}` must be a data set that ends: leave out repeat(). "
            "Received: one that never ends"
        )
    if isinstance(x, str | bytes) or hasattr(x, "__fspath__"):
        raise ValueError(
            f"`{argument}` must be data, and no path: "
            "keras_darts.datasets.load(FOLDER) or Keras' "
            "image_dataset_from_directory and text_dataset_from_directory "
            f"read a folder. Received: {argument}={x!r}"
        )
    return datasets.read_examples(x, y, argument=argument)


def _converted(adapter, labels, given):
    """As the network has it, with class numbers: arrays, or a data set."""
    labels.encode(given.labels, name=given.names.y)
    if isinstance(given.source, tuple):
        x, y, *weights = given.source
        return (adapter.convert(x), labels.encode(y), *weights)
    size = given.batch_size or _BATCH_SIZE
    return given.dataset.batch(size).map(
        lambda x, y, *weights: (
            adapter.tensors(x),
            labels.encode_batch(y),
            *weights,
        )
    )
