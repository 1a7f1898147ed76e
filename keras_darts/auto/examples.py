"""A user's data, in the form that a tuning needs."""

import dataclasses

import numpy as np
import tensorflow as tf

from keras_darts import datasets
from keras_darts.auto import labels as label_lists
from keras_darts.auto.labels import Labels
from keras_darts.auto.texts import Texts


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
    adapter_class,
    adapter_of,
    x,
    y,
    *,
    validation_data,
    validation_split,
    num_classes,
):
    """The `Examples` of what `fit` was given."""
    x, y = _given(adapter_class, x, y)
    dataset = isinstance(x, tf.data.Dataset)
    labels = Labels.of(label_lists.read(x) if dataset else y, num_classes)
    adapter = adapter_of(x)
    if validation_data is not None:
        validation_data = _converted(
            adapter, labels, *_given(adapter_class, *_pair(validation_data))
        )
        if isinstance(validation_data[0], tf.data.Dataset):
            validation_data = validation_data[0]
    x, y = _converted(adapter, labels, x, y)
    halves = datasets.split(
        x,
        y,
        validation_data=validation_data,
        validation_split=validation_split,
    )
    return Examples(
        halves,
        labels,
        adapter,
        validation_data is not None,
        halves.batch_size if dataset else None,
    )


def labelled(adapter, labels, x, y, batch_size):
    """A batched data set of (raw x, class number), to be evaluated on."""
    x, y = _given(type(adapter), x, y)
    if isinstance(x, tf.data.Dataset):
        labels.encode(label_lists.read(x))
        return x.map(lambda x, y: (x, labels.encode_batch(y)))
    x, y = adapter.checked(x), labels.encode(y)
    _check_lengths(x, y)
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(batch_size)


def unlabelled(adapter, x, batch_size):
    """A batched data set of raw x."""
    if isinstance(x, tf.data.Dataset):
        if isinstance(x.element_spec, tuple):
            x = x.map(lambda x, *_: x)
        return x
    return tf.data.Dataset.from_tensor_slices(adapter.checked(x)).batch(
        batch_size
    )


def _given(adapter_class, x, y):
    """Arrays, or a data set that can be read to its end."""
    if not isinstance(x, tf.data.Dataset):
        if y is None:
            raise ValueError(
                "`y` must hold the labels where `x` is no tf.data.Dataset. "
                "Received: y=None"
            )
        return x, np.asarray(y)
    if y is not None:
        raise ValueError(
            "`y` must be left out where `x` is a tf.data.Dataset, which gives "
            "the labels itself. Received: y"
        )
    _check_dataset(x)
    if adapter_class is not Texts:
        return x, None
    # In one pass, since its order may change.
    texts, numbers = zip(*x.as_numpy_iterator(), strict=True)
    return np.concatenate(texts), np.concatenate(numbers)


def _check_dataset(x):
    spec = x.element_spec
    pairs = isinstance(spec, tuple) and len(spec) == 2
    batched = pairs and all(
        isinstance(part, tf.TensorSpec) and part.shape.rank for part in spec
    )
    if not batched:
        raise ValueError(
            "`x` as a data set must give batches of (x, y): call ds.batch(32). "
            f"Received: elements of {spec}"
        )
    if int(x.cardinality()) == tf.data.INFINITE_CARDINALITY:
        raise ValueError(
            "`x` must be a data set that ends: leave out repeat(). Received: "
            "one that never ends"
        )


def _pair(validation_data):
    if isinstance(validation_data, tf.data.Dataset):
        return validation_data, None
    if not isinstance(validation_data, tuple | list) or (
        len(validation_data) != 2
    ):
        raise ValueError(
            "`validation_data` must be a pair (x, y) or a batched "
            "tf.data.Dataset of such pairs. Received: "
            f"{type(validation_data).__name__}"
        )
    return tuple(validation_data)


def _converted(adapter, labels, x, y):
    """As the network has it, with class numbers."""
    if isinstance(x, tf.data.Dataset):
        labels.encode(label_lists.read(x))
        return x.map(
            lambda x, y: (adapter.tensors(x), labels.encode_batch(y))
        ), None
    x, y = adapter.convert(x), labels.encode(y)
    _check_lengths(x, y)
    return x, y


def _check_lengths(x, y):
    if len(x) != len(y):
        raise ValueError(
            "`x` and `y` must be of the same length. Received: "
            f"{len(x)} and {len(y)}"
        )
